// Two tabs and one database.

import { expect, test } from '../src/browser.js';

const ALL = 'SELECT id, body FROM note ORDER BY id';

test('a tab opens a database that persists', async ({ chrome }) => {
  const tab = await chrome.tab();
  await tab.open();
  expect((await tab.status()).storage).toBe('opfs');
  await tab.subscribe(ALL);
  await tab.exec('INSERT INTO note(body) VALUES (?), (?)', ['one', 'two']);
  // The answer to a write comes after its diffs: no waiting here.
  expect(await tab.rows(ALL)).toEqual([
    { id: 1, body: 'one' },
    { id: 2, body: 'two' },
  ]);
  await chrome.close();

  const again = await chrome.tab();
  await again.open();
  expect(await again.query('SELECT body FROM note ORDER BY id')).toEqual([{ body: 'one' }, { body: 'two' }]);
});

test('two tabs see each other’s writes', async ({ chrome }) => {
  const [one, two] = [await chrome.tab(), await chrome.tab()];
  await Promise.all([one.open(), two.open()]);
  await Promise.all([one.subscribe(ALL), two.subscribe(ALL)]);
  await one.exec("INSERT INTO note(body) VALUES ('from one')");
  await two.expectRows(ALL, [{ id: 1, body: 'from one' }]);
  await two.exec("INSERT INTO note(body) VALUES ('from two')");
  const both = [
    { id: 1, body: 'from one' },
    { id: 2, body: 'from two' },
  ];
  expect(await two.rows(ALL)).toEqual(both);
  await one.expectRows(ALL, both);
  const roles = [(await one.status()).role, (await two.status()).role];
  expect(roles.sort()).toEqual(['active', 'follower']);
});

test('a second tab never gets an empty database', async ({ chrome }) => {
  const first = await chrome.tab();
  await first.open();
  await first.exec("INSERT INTO note(body) VALUES ('kept')");
  for (let round = 0; round < 5; round += 1) {
    const other = await chrome.tab();
    await other.open();
    expect(await other.query('SELECT count(*) AS n FROM note')).toEqual([{ n: 1 }]);
    expect((await other.status()).storage).toBe('opfs');
    await other.page.close();
  }
});

test('ten tabs at once', async ({ chrome }) => {
  const tabs = await Promise.all(Array.from({ length: 10 }, () => chrome.tab()));
  await Promise.all(tabs.map((tab) => tab.open()));
  await Promise.all(tabs.map((tab) => tab.subscribe('SELECT count(*) AS n FROM note')));
  await Promise.all(tabs.map((tab, index) => tab.exec('INSERT INTO note(body) VALUES (?)', [`tab ${index}`])));
  for (const tab of tabs) await tab.expectRows('SELECT count(*) AS n FROM note', [{ n: 10 }]);
  const roles = await Promise.all(tabs.map(async (tab) => (await tab.status()).role));
  expect(roles.filter((role) => role === 'active')).toHaveLength(1);
});
