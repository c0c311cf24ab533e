import { expect, test } from 'vitest';

import { Packets } from '../src/packets.js';

test('packets are read from the welcome on, in their order', () => {
  const packets = new Packets();
  expect(packets.next(7, false)).toBe('drop');
  expect(packets.next(1, true)).toBe('read');
  expect(packets.next(2, false)).toBe('read');
  expect(packets.next(3, true)).toBe('read');
});

test('one that is missing, or comes again, is noticed', () => {
  for (const next of [2, 4]) {
    const packets = new Packets();
    packets.next(1, true);
    packets.next(2, false);
    expect(packets.next(next, false)).toBe('missing');
  }
});

test('after a new beginning only a welcome counts', () => {
  const packets = new Packets();
  packets.next(1, true);
  expect(packets.begin(0)).toBe(true);
  expect(packets.next(2, false)).toBe('drop');
  expect(packets.next(1, true)).toBe('read');
});

test('it begins again three times in ten seconds', () => {
  const packets = new Packets();
  expect([0, 1, 2, 3].map((now) => packets.begin(now))).toEqual([true, true, true, false]);
  expect(packets.begin(20_000)).toBe(true);
});
