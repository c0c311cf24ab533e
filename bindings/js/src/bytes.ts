// Reading and writing the little-endian bytes of frames.

import { TidewaterError } from './errors.js';
import { FRAME_VERSION, codes, frameKinds } from './generated/protocol.js';

const HEADER = 8;

export function badFrame(why: string): TidewaterError {
  return new TidewaterError(codes.badMessage, `not a frame: ${why}`);
}

export class Reader {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Reads the header; gives the count. */
  open(kind: keyof typeof frameKinds): number {
    if (this.bytes.byteLength < HEADER) throw badFrame('it ends too early');
    if (this.u8() !== FRAME_VERSION) throw badFrame('another version');
    if (this.u8() !== frameKinds[kind]) throw badFrame('another kind');
    this.at = 4;
    return this.u32();
  }

  u8(): number {
    const value = this.view.getUint8(this.at);
    this.at += 1;
    return value;
  }

  i8(): number {
    const value = this.view.getInt8(this.at);
    this.at += 1;
    return value;
  }

  u32(): number {
    const value = this.view.getUint32(this.at, true);
    this.at += 4;
    return value;
  }

  i64(): bigint {
    const value = this.view.getBigInt64(this.at, true);
    this.at += 8;
    return value;
  }

  /** An id, which is below 2^53. */
  id(): number {
    return Number(this.i64());
  }

  f64(): number {
    const value = this.view.getFloat64(this.at, true);
    this.at += 8;
    return value;
  }

  /** Bytes after their length, not copied. */
  sized(): Uint8Array {
    const length = this.u32();
    const end = this.at + length;
    if (end > this.bytes.byteLength) throw badFrame('it ends too early');
    const bytes = this.bytes.subarray(this.at, end);
    this.at = end;
    return bytes;
  }
}

export class Writer {
  #bytes = new Uint8Array(64);
  #view = new DataView(this.#bytes.buffer);
  #at = 0;

  header(kind: keyof typeof frameKinds, count: number): void {
    this.u8(FRAME_VERSION);
    this.u8(frameKinds[kind]);
    this.u8(0);
    this.u8(0);
    this.u32(count);
  }

  u8(value: number): void {
    this.#need(1);
    this.#view.setUint8(this.#at, value);
    this.#at += 1;
  }

  u32(value: number): void {
    this.#need(4);
    this.#view.setUint32(this.#at, value, true);
    this.#at += 4;
  }

  i64(value: bigint): void {
    this.#need(8);
    this.#view.setBigInt64(this.#at, value, true);
    this.#at += 8;
  }

  f64(value: number): void {
    this.#need(8);
    this.#view.setFloat64(this.#at, value, true);
    this.#at += 8;
  }

  /** The length of the bytes, then the bytes. */
  sized(bytes: Uint8Array): void {
    this.u32(bytes.byteLength);
    this.#need(bytes.byteLength);
    this.#bytes.set(bytes, this.#at);
    this.#at += bytes.byteLength;
  }

  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#at);
  }

  #need(count: number): void {
    if (this.#at + count <= this.#bytes.byteLength) return;
    const larger = new Uint8Array(Math.max(this.#bytes.byteLength * 2, this.#at + count));
    larger.set(this.#bytes);
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }
}
