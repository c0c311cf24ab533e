// Server-side rendering imports the package where there is no browser.

import { expect, test } from 'vitest';

test('importing does nothing, and opening says what is missing', async () => {
  const before = Object.getOwnPropertyNames(globalThis).length;
  const { open } = await import('../src/index.js');
  expect(Object.getOwnPropertyNames(globalThis)).toHaveLength(before);
  await expect(open({ name: 'shop' })).rejects.toMatchObject({ code: 'unavailable' });
  await expect(open({ name: 'no/name' })).rejects.toMatchObject({ code: 'bad_name' });
});
