// SQLite's values in JavaScript, and parameters on their way in.
//
// INTEGER is a number while Number.isSafeInteger, else a bigint; REAL a number; TEXT a string (bytes that are not UTF-8
// become U+FFFD); BLOB a Uint8Array; NULL null.

import { type Reader, Writer, badFrame } from './bytes.js';
import { TidewaterError } from './errors.js';

/** A value of a result. */
export type Value = null | number | bigint | string | Uint8Array;

/**
 * A value given to SQLite. Integral numbers become INTEGER while they are exact (`Number.isSafeInteger`) and REAL otherwise, like
 * all other numbers; booleans become 1 and 0; a Date becomes its ISO 8601 text; undefined becomes NULL.
 */
export type Parameter = Value | boolean | Date | ArrayBuffer | undefined;

/** Parameters by position (`?`, `?1`) or by name (`:name`, `@name`, `$name`, given without the sigil). */
export type Parameters = readonly Parameter[] | { readonly [name: string]: Parameter };

const NULL = 0;
const INTEGER = 1;
const REAL = 2;
const TEXT = 3;
const BLOB = 4;
const SMALL_INTEGER = 5;

const I64_MIN = -(2n ** 63n);
const I64_MAX = 2n ** 63n - 1n;

// A byte order mark at the beginning is a character like any other.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const encoder = new TextEncoder();

export function readValue(reader: Reader): Value {
  const tag = reader.u8();
  switch (tag) {
    case NULL:
      return null;
    case SMALL_INTEGER:
      return reader.i8();
    case INTEGER: {
      const integer = reader.i64();
      const number = Number(integer);
      return Number.isSafeInteger(number) ? number : integer;
    }
    case REAL:
      return reader.f64();
    case TEXT:
      return decoder.decode(reader.sized());
    case BLOB:
      return reader.sized().slice();
    default:
      throw badFrame(`an unknown tag: ${tag}`);
  }
}

/** A parameter frame, or undefined for no parameters. */
export function parameterFrame(parameters: Parameters | undefined): Uint8Array | undefined {
  if (parameters === undefined) return undefined;
  const writer = new Writer();
  if (isPositional(parameters)) {
    if (parameters.length === 0) return undefined;
    writer.header('positional', parameters.length);
    for (const value of parameters) writeValue(writer, value);
  } else {
    const named = Object.entries(parameters);
    if (named.length === 0) return undefined;
    writer.header('named', named.length);
    for (const [name, value] of named) {
      writer.sized(encoder.encode(name.replace(/^[:@$]/, '')));
      writeValue(writer, value);
    }
  }
  return writer.finish();
}

function isPositional(parameters: Parameters): parameters is readonly Parameter[] {
  return Array.isArray(parameters);
}

function writeValue(writer: Writer, value: Parameter): void {
  switch (typeof value) {
    case 'undefined':
      return writer.u8(NULL);
    case 'boolean':
      return writeInteger(writer, value ? 1n : 0n);
    case 'bigint':
      return writeInteger(writer, value);
    case 'number':
      // -0 is no integer: SQLite's INTEGER has one zero.
      if (Number.isSafeInteger(value) && !Object.is(value, -0)) return writeInteger(writer, BigInt(value));
      return writeReal(writer, value);
    case 'string':
      writer.u8(TEXT);
      return writer.sized(encoder.encode(value));
    default:
      return writeObject(writer, value);
  }
}

function writeReal(writer: Writer, value: number): void {
  // SQLite stores a NaN as NULL.
  if (Number.isNaN(value)) return writer.u8(NULL);
  writer.u8(REAL);
  writer.f64(value);
}

function writeObject(writer: Writer, value: unknown): void {
  if (value === null) return writer.u8(NULL);
  if (value instanceof Date) {
    if (Number.isNaN(value.getTime())) throw badParameter('a parameter is an invalid Date');
    writer.u8(TEXT);
    return writer.sized(encoder.encode(value.toISOString()));
  }
  const bytes = asBytes(value);
  if (bytes === undefined) throw badParameter(`a parameter cannot be a ${Object.prototype.toString.call(value)}`);
  writer.u8(BLOB);
  writer.sized(bytes);
}

function asBytes(value: unknown): Uint8Array | undefined {
  if (value instanceof Uint8Array) return value;
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  return undefined;
}

function writeInteger(writer: Writer, value: bigint): void {
  if (value < I64_MIN || value > I64_MAX) throw badParameter(`${value} does not fit into SQLite's 64-bit INTEGER`);
  if (value >= -128n && value <= 127n) {
    writer.u8(SMALL_INTEGER);
    writer.u8(Number(value) & 0xff);
  } else {
    writer.u8(INTEGER);
    writer.i64(value);
  }
}

function badParameter(message: string): TidewaterError {
  return new TidewaterError('bad_parameters', message);
}
