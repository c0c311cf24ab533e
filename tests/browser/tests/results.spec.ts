// What queries, writes and subscriptions give.

import { expect, test } from '../src/browser.js';

test('values come back as they went in', async ({ chrome }) => {
  const tab = await chrome.tab();
  await tab.open();
  const seen = await tab.page.evaluate(async () => {
    const given = [1, 1.5, 2 ** 53 - 1, 9007199254740993n, 'hé', new Uint8Array([0, 255]), null, true, undefined];
    const row = (await window.db.get(`SELECT ${given.map((_, n) => `?${n + 1} AS c${n}, typeof(?${n + 1}) AS t${n}`)}`, given))!;
    return Object.values(row).map((value) => (typeof value === 'bigint' ? `${value}n` : value instanceof Uint8Array ? [...value] : value));
  });
  expect(seen).toEqual([
    ...[1, 'integer', 1.5, 'real', 2 ** 53 - 1, 'integer', '9007199254740993n', 'integer', 'hé', 'text'],
    ...[[0, 255], 'blob', null, 'null', 1, 'integer', null, 'null'],
  ]);
});

test('errors have codes and change nothing', async ({ chrome }) => {
  const tab = await chrome.tab();
  await tab.open();
  const codes = await tab.page.evaluate(async () => {
    const code = (promise: Promise<unknown>) => promise.then(() => 'none', (error) => (error as { code: string }).code);
    return [
      await code(window.db.exec('INSERT INTO missing VALUES (1)')),
      await code(window.db.exec('INSERT INTO note(body) VALUES (NULL)')),
      await code(window.db.transaction(["INSERT INTO note(body) VALUES ('x')", 'INSERT INTO missing VALUES (1)'])),
      await code(window.db.exec('BEGIN')),
      await code(window.db.subscribe('SELECT missing FROM note').ready),
      await code(window.db.exec('SELECT ?', [Symbol() as never])),
    ];
  });
  expect(codes).toEqual(['sql_error', 'constraint', 'sql_error', 'in_transaction', 'sql_error', 'bad_parameters']);
  expect(await tab.query('SELECT count(*) AS n FROM note')).toEqual([{ n: 0 }]);
});

test('unchanged rows keep their identity and changes give a new array', async ({ chrome }) => {
  const tab = await chrome.tab();
  await tab.open();
  await tab.exec("INSERT INTO note(body) VALUES ('a'), ('b'), ('c')");
  const seen = await tab.page.evaluate(async () => {
    const subscription = window.db.subscribe<{ id: number; body: string }>('SELECT id, body FROM note ORDER BY id');
    await subscription.ready;
    const before = subscription.rows;
    const diffs: unknown[] = [];
    subscription.on('diff', ({ edits }) => diffs.push(edits));
    await window.db.exec("UPDATE note SET body = 'B' WHERE id = 2");
    const after = subscription.rows;
    return {
      diffs,
      before: before.map(({ body }) => body),
      after: after.map(({ body }) => body),
      kept: after.map((row, index) => row === before[index]),
      isNew: after !== before,
    };
  });
  expect(seen.diffs).toEqual([[{ type: 'replace', index: 1, row: { id: 2, body: 'B' } }]]);
  expect(seen).toMatchObject({ before: ['a', 'b', 'c'], after: ['a', 'B', 'c'], kept: [true, false, true], isNew: true });
});

test('writes that return rows, transactions, explain, stats, full text', async ({ chrome }) => {
  const tab = await chrome.tab();
  await tab.open();
  const seen = await tab.page.evaluate(async () => {
    const inserted = await window.db.query("INSERT INTO note(body) VALUES ('a') RETURNING id");
    const batch = await window.db.transaction([['INSERT INTO note(body) VALUES (?)', ['b']], 'SELECT count(*) AS n FROM note']);
    const explain = await window.db.explain('SELECT * FROM note WHERE id = ?', [1]);
    await window.db.exec("CREATE VIRTUAL TABLE search USING fts5(body); INSERT INTO search VALUES ('hello there')");
    const found = await window.db.query("SELECT body FROM search WHERE search MATCH 'hello'");
    const stats = await window.db.stats();
    return { inserted, results: batch.results, tables: explain.tables, found, commits: stats.commits };
  });
  expect(seen.inserted).toEqual([{ id: 1 }]);
  expect(seen.results).toEqual([{ changes: 1, rows: [] }, { changes: 0, rows: [{ n: 2 }] }]);
  expect(seen.tables).toEqual([{ table: 'note', columns: ['id', 'body'] }]);
  expect(seen.found).toEqual([{ body: 'hello there' }]);
  expect(seen.commits).toBeGreaterThan(0);
});

test('handles share a client and the last one closes it', async ({ chrome }) => {
  const tab = await chrome.tab();
  await tab.open();
  const seen = await tab.page.evaluate(async () => {
    const { open } = (await import('/index.js' as string)) as typeof import('tidewater');
    const second = await open({ name: 'test' });
    const subscription = second.subscribe('SELECT 1 AS one');
    await subscription.ready;
    second.close();
    const error = await second.exec('SELECT 1').catch((error: { code: string }) => error.code);
    const still = await window.db.query('SELECT 2 AS two');
    window.db.close();
    // The client lingers for a moment, then gives its locks back.
    const held = async () => (await navigator.locks.query()).held!.filter(({ name }) => name!.includes('/page/')).length;
    const before = await held();
    for (let waited = 0; waited < 100 && (await held()) > 0; waited += 1) await new Promise((done) => setTimeout(done, 50));
    return { status: subscription.status, error, still, before, after: await held() };
  });
  expect(seen).toEqual({ status: 'closed', error: 'closed', still: [{ two: 2 }], before: 1, after: 0 });
});

test('a broken schema script is the error of open, and repairing it is enough', async ({ chrome }) => {
  const tab = await chrome.tab();
  await expect(tab.open({ schema: 'CREATE TABLE' })).rejects.toThrow(/incomplete input/);
  await tab.open();
  expect(await tab.query('SELECT count(*) AS n FROM note')).toEqual([{ n: 0 }]);
});
