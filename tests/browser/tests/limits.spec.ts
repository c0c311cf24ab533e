// What one tab asks for is limited: the others wait for it, and the next active tab has to do as the last one did.

import { type AnyBrowser, expect, test } from '../src/browser.js';
import type { Tab } from '../src/tab.js';

const ENDLESS = 'WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n';
const ALL = 'SELECT body FROM note ORDER BY id';

async function pair(chrome: AnyBrowser, foreignKeys?: boolean): Promise<[Tab, Tab]> {
  const tabs: [Tab, Tab] = [await chrome.tab(), await chrome.tab()];
  for (const tab of tabs) await tab.open(foreignKeys === undefined ? {} : { foreignKeys });
  return tabs;
}

/** What a call comes to: `done`, or the code or the name of its error. */
function outcome(tab: Tab, sql: string, options: { timeout?: number; abortAfter?: number } = {}): Promise<string> {
  return tab.page.evaluate(
    async ({ sql, options: { timeout, abortAfter } }) => {
      const signal = abortAfter === undefined ? {} : { signal: AbortSignal.timeout(abortAfter) };
      const limit = timeout === undefined ? {} : { timeout };
      return window.db.query(sql, undefined, { ...signal, ...limit }).then(
        () => 'done',
        (error: { code?: string | number; name: string }) => (typeof error.code === 'string' ? error.code : error.name),
      );
    },
    { sql, options },
  );
}

test('an endless query times out, and the other tabs wait no longer than it may run', async ({ chrome }) => {
  const [one, two] = await pair(chrome);
  await two.subscribe(ALL);
  const endless = outcome(one, ENDLESS, { timeout: 1_000 });
  await two.exec("INSERT INTO note(body) VALUES ('after it')");
  expect(await endless).toBe('timeout');
  await two.expectRows(ALL, [{ body: 'after it' }]);
  // The limit was that call's alone, and there is one if nothing is said.
  expect(await outcome(two, ENDLESS)).toBe('timeout');
  expect(await outcome(one, ENDLESS.replace('FROM n)', 'FROM n LIMIT 1000000)'), { timeout: 60_000 })).toBe('done');
  const failed = await two.page.evaluate(async (sql) => {
    const subscription = window.db.subscribe(sql);
    return subscription.ready.then(
      () => 'ready',
      (error: { code: string }) => error.code,
    );
  }, ENDLESS);
  expect(failed).toBe('timeout');
});

test('a signal ends the wait, whatever the host does', async ({ chrome }) => {
  const [one, two] = await pair(chrome);
  const begun = Date.now();
  expect(await outcome(two, ENDLESS, { timeout: 3_000, abortAfter: 100 })).toBe('TimeoutError');
  expect(Date.now() - begun).toBeLessThan(2_000);
  await one.exec("INSERT INTO note(body) VALUES ('after it')");
  expect(await two.query(ALL)).toEqual([{ body: 'after it' }]);
});

test('a result that would take all memory is refused, and the host lives', async ({ chrome }) => {
  const [one, two] = await pair(chrome);
  const { epoch } = await one.status();
  const huge = 'WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x, randomblob(1000000) FROM n';
  expect(await outcome(two, huge, { timeout: 60_000 })).toBe('result_too_large');
  expect(await outcome(one, huge, { timeout: 60_000 })).toBe('result_too_large');
  await two.exec("INSERT INTO note(body) VALUES ('after it')");
  expect(await one.query(ALL)).toEqual([{ body: 'after it' }]);
  expect((await one.status()).epoch).toBe(epoch);
});

test('a query that every host dies of is given up, and everybody else is answered', async ({ chrome }) => {
  const tabs = [await chrome.tab(), await chrome.tab(), await chrome.tab()] as const;
  for (const tab of tabs) await tab.open({ worker: '/poisonable-worker.js' });
  const [one, two, three] = tabs;
  await three.subscribe(ALL);
  const poisoned = Promise.all([outcome(two, 'SELECT 1 -- poison'), outcome(two, 'SELECT 2'), outcome(one, 'SELECT 3')]);
  expect(await poisoned).toEqual(['poisoned_request', 'done', 'done']);
  await two.exec("INSERT INTO note(body) VALUES ('after it')");
  await three.expectRows(ALL, [{ body: 'after it' }]);
  expect(await one.query(ALL)).toEqual([{ body: 'after it' }]);
});

test('a subscription that every host dies of ends, and no other does', async ({ chrome }) => {
  const tabs = [await chrome.tab(), await chrome.tab()] as const;
  for (const tab of tabs) await tab.open({ worker: '/poisonable-worker.js' });
  const [one, two] = tabs;
  await two.subscribe(ALL);
  const code = await two.page.evaluate(async () => {
    const poison = window.db.subscribe('SELECT 1 -- poison');
    window.subscriptions['innocent'] = window.db.subscribe('SELECT count(*) AS n FROM note');
    return poison.ready.then(
      () => 'ready',
      (error: { code: string }) => error.code,
    );
  });
  expect(code).toBe('poisoned_request');
  await one.exec("INSERT INTO note(body) VALUES ('after it')");
  await two.expectRows(ALL, [{ body: 'after it' }]);
  await two.expectRows('innocent', [{ n: 1 }]);
});

const TABLES = 'CREATE TABLE parent(id INTEGER PRIMARY KEY); CREATE TABLE child(parent REFERENCES parent)';
const ORPHAN = 'INSERT INTO child VALUES (7)';

for (const [foreignKeys, orphan] of [[true, 'constraint'], [false, 'done']] as const) {
  test(`foreignKeys: ${foreignKeys} holds across a takeover`, async ({ chrome }) => {
    const [one, two] = await pair(chrome, foreignKeys);
    await one.exec(TABLES);
    expect(await outcome(two, `PRAGMA foreign_keys = ${foreignKeys ? 'OFF' : 'ON'}`)).toBe('passes_away');
    expect(await outcome(two, ORPHAN)).toBe(orphan);
    await one.page.close();
    // A write to a tab that is about to be gone may have an unknown outcome.
    await two.expectRole('active');
    expect(await outcome(two, ORPHAN)).toBe(orphan);
    const three = await chrome.tab();
    await expect(three.open({ foreignKeys: !foreignKeys })).rejects.toThrow(/foreignKeys: (true|false).*foreignKeys: (true|false)/);
    await three.open({ foreignKeys });
    expect(await outcome(three, ORPHAN)).toBe(orphan);
  });
}
