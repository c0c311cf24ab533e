// Where a coordinator is: what its lock's name says, and whose are followed.

import { describe, expect, test } from 'vitest';

import { PROTOCOL } from '../src/generated/protocol.js';
import { ON_BUS, placeOf, urlIn } from '../src/place.js';

const URL_OF_A_BUILD = 'https://shop.example/assets/coordinator-3f2a.js?v=1/2';

describe('a place', () => {
  test('is written with the range of protocols and the instance, and read again', () => {
    expect(placeOf('c1', URL_OF_A_BUILD)).toBe(`${PROTOCOL}-${PROTOCOL}/c1/${URL_OF_A_BUILD}`);
    expect(urlIn(placeOf('c1', URL_OF_A_BUILD), 'https://shop.example')).toBe(URL_OF_A_BUILD);
    expect(urlIn(`1-900/c1/${URL_OF_A_BUILD}`, 'https://shop.example')).toBe(URL_OF_A_BUILD);
  });

  test('of one that is no SharedWorker says so', () => {
    expect(urlIn(placeOf('c1', ON_BUS), 'https://shop.example')).toBe(ON_BUS);
  });

  test('of another origin, or none at all, is not followed', () => {
    expect(urlIn(placeOf('c1', URL_OF_A_BUILD), 'https://other.example')).toBeUndefined();
    for (const place of ['', 'c1', '1-1/c1/', '1-1/c1/no url', `x/c1/${URL_OF_A_BUILD}`, '1-1/c1/javascript:alert(1)']) {
      expect(urlIn(place, 'https://shop.example')).toBeUndefined();
    }
  });
});
