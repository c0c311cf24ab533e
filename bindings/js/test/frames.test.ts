// The codec against the bytes that the Rust side has written out by hand (golden_tests.rs of tidewater-protocol).

import { describe, expect, test } from 'vitest';

import { Reader } from '../src/bytes.js';
import { readDelivery, readRows } from '../src/rows.js';
import { parameterFrame, readValue } from '../src/values.js';

const bytes = (...values: number[]) => new Uint8Array(values);

describe('values', () => {
  const cases: [unknown, number[]][] = [
    [null, [0]],
    [0, [5, 0]],
    [127, [5, 127]],
    [-128, [5, 128]],
    [128, [1, 128, 0, 0, 0, 0, 0, 0, 0]],
    [-129, [1, 127, 255, 255, 255, 255, 255, 255, 255]],
    [(1n << 53n) + 1n, [1, 1, 0, 0, 0, 0, 0, 32, 0]],
    [1.5, [2, 0, 0, 0, 0, 0, 0, 248, 63]],
    [-0, [2, 0, 0, 0, 0, 0, 0, 0, 128]],
    ['hé', [3, 3, 0, 0, 0, 0x68, 0xc3, 0xa9]],
    ['\ufeffa', [3, 4, 0, 0, 0, 0xef, 0xbb, 0xbf, 0x61]],
    [bytes(), [4, 0, 0, 0, 0]],
  ];
  test.each(cases)('%s is read', (value, encoded) => {
    expect(readValue(new Reader(bytes(...encoded)))).toEqual(value);
  });
  test.each(cases)('%s is written', (value, encoded) => {
    expect(parameterFrame([value as never])).toEqual(bytes(1, 3, 0, 0, 1, 0, 0, 0, ...encoded));
  });
  test('text that is not UTF-8 is read as U+FFFD', () => {
    expect(readValue(new Reader(bytes(3, 1, 0, 0, 0, 0xff)))).toBe('\ufffd');
  });
  test('a blob is a copy that does not keep the frame alive', () => {
    const blob = readValue(new Reader(bytes(4, 1, 0, 0, 0, 7))) as Uint8Array;
    expect(blob.buffer.byteLength).toBe(1);
  });
});

describe('parameters', () => {
  test('by position', () => {
    expect(parameterFrame([5, null])).toEqual(bytes(1, 3, 0, 0, 2, 0, 0, 0, 5, 5, 0));
  });
  test('by name, with and without the sigil', () => {
    const frame = bytes(1, 4, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 0x69, 0x64, 5, 5);
    expect(parameterFrame({ id: 5 })).toEqual(frame);
    expect(parameterFrame({ ':id': 5 })).toEqual(frame);
  });
  test('none', () => {
    expect(parameterFrame(undefined)).toBeUndefined();
    expect(parameterFrame([])).toBeUndefined();
    expect(parameterFrame({})).toBeUndefined();
  });
  test('booleans, dates, NaN, undefined and buffers', () => {
    expect(parameterFrame([true, false])).toEqual(bytes(1, 3, 0, 0, 2, 0, 0, 0, 5, 1, 5, 0));
    expect(parameterFrame([new Date(0)])).toEqual(parameterFrame(['1970-01-01T00:00:00.000Z']));
    expect(parameterFrame([Number.NaN, undefined])).toEqual(parameterFrame([null, null]));
    expect(parameterFrame([bytes(1, 2).buffer])).toEqual(parameterFrame([bytes(1, 2)]));
  });
  test('what SQLite has no value for is refused', () => {
    for (const value of [2n ** 63n, -(2n ** 63n) - 1n, Symbol('x'), () => 1, { a: 1 }, new Date(Number.NaN)]) {
      expect(() => parameterFrame([value as never])).toThrow(expect.objectContaining({ code: 'bad_parameters' }));
    }
  });
});

describe('frames', () => {
  test('rows', () => {
    const frame = bytes(1, 1, 0, 0, 2, 0, 0, 0, 8, 0, 0, 0, 10, 0, 0, 0, 5, 1, 3, 1, 0, 0, 0, 0x61, 0, 0);
    expect(readRows(frame, ['a', 'b'])).toEqual([
      { a: 1, b: 'a' },
      { a: null, b: null },
    ]);
  });
  test('a column may have any name', () => {
    const frame = bytes(1, 1, 0, 0, 1, 0, 0, 0, 4, 0, 0, 0, 5, 1, 5, 2);
    const [row] = readRows(frame, ['__proto__', 'constructor']);
    expect(Object.entries(row!)).toEqual([['__proto__', 1], ['constructor', 2]]);
  });
  test('a delivery', () => {
    const frame = bytes(
      ...[1, 2, 0, 0, 2, 0, 0, 0, 2, 1, 0, 0, 0, 0, 0, 0],
      ...[7, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0],
      ...[0, 0, 0, 0, 0, 2, 0, 0, 0, 5, 255],
      ...[1, 1, 0, 0, 0],
      ...[2, 2, 0, 0, 0, 2, 0, 0, 0, 5, 255],
      ...[3, 3, 0, 0, 0, 4, 0, 0, 0],
      ...[8, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0],
      ...[1, 0, 0, 0, 0],
    );
    const { commit, edits } = readDelivery(frame, (id) => (id === 7 ? ['x'] : []));
    expect(commit).toBe(258);
    expect(edits.get(7)).toEqual([
      { type: 'insert', index: 0, row: { x: -1 } },
      { type: 'remove', index: 1 },
      { type: 'replace', index: 2, row: { x: -1 } },
      { type: 'move', from: 3, to: 4 },
    ]);
    expect(edits.get(8)).toEqual([{ type: 'remove', index: 0 }]);
    // A subscription that was closed meanwhile is skipped.
    expect([...readDelivery(frame, (id) => (id === 8 ? [] : undefined)).edits.keys()]).toEqual([8]);
  });
  test('what is no frame is refused', () => {
    for (const frame of [bytes(), bytes(2, 1, 0, 0, 0, 0, 0, 0), bytes(1, 2, 0, 0, 0, 0, 0, 0)]) {
      expect(() => readRows(frame, [])).toThrow(expect.objectContaining({ code: 'bad_message' }));
    }
  });
});
