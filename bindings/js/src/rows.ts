// Rows of results: from frames to objects.

import { Reader, badFrame } from './bytes.js';
import { type Value, readValue } from './values.js';

/** A row as an object; of columns with the same name the last one counts. */
export type Row = { [column: string]: Value };

/** One step that brings a result up to date. Indices count in the list as it stands when the step is reached. */
export type Edit<T = Row> =
  | { type: 'insert'; index: number; row: T }
  | { type: 'remove'; index: number }
  | { type: 'replace'; index: number; row: T }
  /** Take the row at `from` out, then put it in so that it stands at `to`. */
  | { type: 'move'; from: number; to: number };

const INSERT = 0;
const REMOVE = 1;
const REPLACE = 2;
const MOVE = 3;

export function readRow(reader: Reader, columns: readonly string[]): Row {
  const row: Row = {};
  for (const column of columns) {
    const value = readValue(reader);
    if (column === '__proto__') define(row, column, value);
    else row[column] = value;
  }
  return row;
}

/** Assigned, a column of this name would be lost, or become the row's prototype. */
function define(row: Row, column: string, value: Value): void {
  Object.defineProperty(row, column, { value, configurable: true, enumerable: true, writable: true });
}

/** The rows of a rows frame. */
export function readRows(frame: Uint8Array, columns: readonly string[]): Row[] {
  const reader = new Reader(frame);
  const count = reader.open('rows');
  reader.at += count * 4;
  const rows: Row[] = new Array(count);
  for (let index = 0; index < count; index += 1) rows[index] = readRow(reader, columns);
  return rows;
}

/** The subscriptions of a delivery frame, each with its edits; `columnsOf` is undefined for one that is not known. */
export function readDelivery(
  frame: Uint8Array,
  columnsOf: (subscription: number) => readonly string[] | undefined,
): { commit: number; edits: Map<number, Edit[]> } {
  const reader = new Reader(frame);
  const count = reader.open('delivery');
  const commit = reader.id();
  const edits = new Map<number, Edit[]>();
  for (let index = 0; index < count; index += 1) {
    const subscription = reader.id();
    const columns = columnsOf(subscription);
    const list = readEdits(reader, columns);
    if (columns !== undefined) edits.set(subscription, list);
  }
  return { commit, edits };
}

function readEdits(reader: Reader, columns: readonly string[] | undefined): Edit[] {
  const count = reader.u32();
  const edits: Edit[] = [];
  for (let index = 0; index < count; index += 1) {
    const edit = readEdit(reader, columns);
    if (edit !== undefined) edits.push(edit);
  }
  return edits;
}

function readEdit(reader: Reader, columns: readonly string[] | undefined): Edit | undefined {
  const tag = reader.u8();
  const first = reader.u32();
  switch (tag) {
    case INSERT:
    case REPLACE: {
      const length = reader.u32();
      const end = reader.at + length;
      const row = columns && readRow(reader, columns);
      reader.at = end;
      return row && { type: tag === INSERT ? 'insert' : 'replace', index: first, row };
    }
    case REMOVE:
      return { type: 'remove', index: first };
    case MOVE:
      return { type: 'move', from: first, to: reader.u32() };
    default:
      throw badFrame(`an unknown edit: ${tag}`);
  }
}

/** Throws if an edit names a row beyond a result of this many rows. */
export function checkEdits(rows: number, edits: readonly Edit<unknown>[]): void {
  let length = rows;
  for (const edit of edits) {
    if (edit.type === 'insert') length += 1;
    const farthest = edit.type === 'move' ? Math.max(edit.from, edit.to) : edit.index;
    if (farthest >= length) throw badFrame('an edit beyond the rows');
    if (edit.type === 'remove') length -= 1;
  }
}

/** Performs the edits of a {@link Diff} on `rows`, an array that is as the result was before. */
export function applyEdits<T>(rows: T[], edits: readonly Edit<T>[]): void {
  for (const edit of edits) {
    switch (edit.type) {
      case 'insert':
        rows.splice(edit.index, 0, edit.row);
        break;
      case 'remove':
        rows.splice(edit.index, 1);
        break;
      case 'replace':
        rows[edit.index] = edit.row;
        break;
      case 'move': {
        const [row] = rows.splice(edit.from, 1);
        rows.splice(edit.to, 0, row as T);
        break;
      }
    }
  }
}

/**
 * The edits from `before` to `after`, two whole results, with the equal rows of `before` in place of those of `after`: what an
 * application sees of a new host's result.
 */
export function compareResults(before: readonly Row[], after: readonly Row[]): { rows: Row[]; edits: Edit[] } {
  const shorter = Math.min(before.length, after.length);
  let head = 0;
  while (head < shorter && isSameRow(before[head] as Row, after[head] as Row)) head += 1;
  let tail = 0;
  while (
    tail < shorter - head &&
    isSameRow(before[before.length - 1 - tail] as Row, after[after.length - 1 - tail] as Row)
  ) {
    tail += 1;
  }
  const middle = reuse(before.slice(head, before.length - tail), after.slice(head, after.length - tail));
  const edits: Edit[] = [];
  const removed = before.length - tail - head;
  const replaced = Math.min(removed, middle.length);
  for (let offset = 0; offset < replaced; offset += 1) {
    const row = middle[offset] as Row;
    if (row !== before[head + offset]) edits.push({ type: 'replace', index: head + offset, row });
  }
  for (let offset = removed; offset > replaced; offset -= 1) edits.push({ type: 'remove', index: head + offset - 1 });
  for (let offset = replaced; offset < middle.length; offset += 1) {
    edits.push({ type: 'insert', index: head + offset, row: middle[offset] as Row });
  }
  const rows = [...before.slice(0, head), ...middle, ...before.slice(before.length - tail)];
  return { rows, edits };
}

/** `after`, with the objects of `before` for rows that are equal. */
function reuse(before: readonly Row[], after: readonly Row[]): Row[] {
  if (before.length === 0) return after.slice();
  const known = new Map<string, Row[]>();
  for (const row of before) {
    const key = rowKey(row);
    const same = known.get(key);
    if (same) same.push(row);
    else known.set(key, [row]);
  }
  return after.map((row) => known.get(rowKey(row))?.shift() ?? row);
}

/** Equal for rows with equal values, types included, and for no others. */
function rowKey(row: Row): string {
  return JSON.stringify(Object.values(row).map(keyOfValue));
}

function keyOfValue(value: Value): unknown {
  if (typeof value === 'bigint') return [1, value.toString()];
  if (value instanceof Uint8Array) return [2, Array.from(value)];
  if (typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0))) return [3, Object.is(value, -0) ? '-0' : String(value)];
  return value;
}

function isSameRow(a: Row, b: Row): boolean {
  for (const column in b) {
    if (!isSameValue(a[column] as Value, b[column] as Value)) return false;
  }
  return true;
}

function isSameValue(a: Value, b: Value): boolean {
  if (Object.is(a, b)) return true;
  if (!(a instanceof Uint8Array && b instanceof Uint8Array) || a.byteLength !== b.byteLength) return false;
  return a.every((byte, index) => byte === b[index]);
}
