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
      await code(window.db.exec(5 as never)),
      await code(window.db.transaction([{ sql: undefined } as never])),
    ];
  });
  expect(codes).toEqual(['sql_error', 'constraint', 'sql_error', 'in_transaction', 'sql_error', 'bad_parameters', 'sql_error', 'sql_error']);
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
    const sums = window.db.subscribe('SELECT count(*) AS n, sum(length(body)) AS letters FROM note');
    await sums.ready;
    await window.db.exec("INSERT INTO note(body) VALUES ('c'), ('d'); UPDATE note SET body = 'ee' WHERE id = 1");
    const rows = sums.rows;
    const stats = await window.db.stats();
    return { inserted, results: batch.results, tables: explain.tables, found, rows, stats };
  });
  expect(seen.inserted).toEqual([{ id: 1 }]);
  expect(seen.results).toEqual([{ changes: 1, rows: [] }, { changes: 0, rows: [{ n: 2 }] }]);
  expect(seen.tables).toEqual([{ table: 'note', columns: ['id', 'body'] }]);
  expect(seen.found).toEqual([{ body: 'hello there' }]);
  expect(seen.rows).toEqual([{ n: 4, letters: 5 }]);
  expect(seen.stats).toMatchObject({ subscriptions: 1, evicted: 0, memoryBudget: 256 * 1024 * 1024 });
  expect(seen.stats.commits).toBeGreaterThan(0);
  expect(seen.stats.maintained + seen.stats.requeries).toBeGreaterThan(0);
  expect(seen.stats.rememberedBytes).toBeLessThanOrEqual(seen.stats.stateBytes);
});

test('explain tells the plan, its routes, the index it would like, and what commits came to', async ({ chrome }) => {
  const tab = await chrome.tab();
  await tab.open();
  const sql = 'SELECT a.id FROM note a JOIN note b ON b.body = a.body WHERE a.id = ?';
  await tab.subscribe(sql, sql, [1]);
  await tab.exec("INSERT INTO note(body) VALUES ('a')");
  const { plan, steps, routes, live, indexes, text } = await tab.page.evaluate((sql) => window.db.explain(sql, [1]), sql);
  expect({ plan, steps }).toMatchObject({ plan: 'incremental', steps: { strategy: 'delta', tables: ['note', 'note'] } });
  expect(routes).toMatchObject([{ table: 'note', found: 'byValue', by: 'id' }, { table: 'note', found: 'byAnyChange' }]);
  expect(live).toMatchObject({ subscriptions: 1, bindings: 1, commits: 1, stateRows: 1 });
  expect(indexes).toEqual([{ table: 'note', columns: ['body'], sql: 'CREATE INDEX note_by_body ON note(body)' }]);
  expect(text).toContain('CREATE INDEX note_by_body ON note(body)');
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

test('handles that open together each have their schema script run, and a broken one is the error of its own', async ({ chrome }) => {
  const tab = await chrome.tab();
  const seen = await tab.page.evaluate(async () => {
    const { open } = (await import('/index.js' as string)) as typeof import('tidewater');
    const outcome = (schema?: string) =>
      open({ name: 'test', ...(schema === undefined ? {} : { schema }) }).then(
        (db) => {
          window.db = db;
          return 'opened';
        },
        ({ code }: { code: string }) => code,
      );
    const scripts = ['CREATE TABLE', 'CREATE TABLE a(x)', undefined, 'CREATE TABLE b(x)', 'CREATE TABLE a(x)'];
    const outcomes = await Promise.all(scripts.map(outcome));
    const late = [await outcome('CREATE TABLE missing'), await outcome('CREATE TABLE c(x)')];
    const tables = await window.db.query("SELECT name FROM sqlite_schema WHERE name IN ('a', 'b', 'c') ORDER BY name");
    return { outcomes, late, tables };
  });
  expect(seen.outcomes).toEqual(['sql_error', 'opened', 'opened', 'opened', 'opened']);
  expect(seen.late).toEqual(['sql_error', 'opened']);
  expect(seen.tables).toEqual([{ name: 'a' }, { name: 'b' }, { name: 'c' }]);
});

test('deep and long queries are answered or refused, and the worker survives them', async ({ chrome }) => {
  const tab = await chrome.tab();
  const errors: string[] = [];
  tab.page.on('pageerror', ({ message }) => errors.push(message));
  await tab.open();
  await tab.exec("INSERT INTO note(body) VALUES ('a'), ('b')");
  const { epoch } = await tab.status();
  const list = (count: number, item: (index: number) => string, separator: string) =>
    Array.from({ length: count }, (_, index) => item(index)).join(separator);
  const nest = (depth: number, open: string, inner: string, close: string) => open.repeat(depth) + inner + close.repeat(depth);
  const answered: [sql: string, first: number, rows: number][] = [
    [`SELECT ${list(900, () => '1', '+')} AS n`, 900, 1],
    [`SELECT ${list(900, () => 'id', '+')} AS n FROM note`, 900, 2],
    [`SELECT id AS n FROM note WHERE ${list(900, (index) => `(id = ${index} AND body <> 'x')`, ' OR ')}`, 1, 2],
    [list(450, (index) => `SELECT id AS n FROM note WHERE id = ${index}`, ' UNION ALL '), 1, 2],
    [`SELECT ${nest(150, '(', 'id', ')')} AS n FROM note`, 1, 2],
    [`SELECT ${nest(2_000, '(', 'id', ')')} AS n FROM note`, 1, 2],
    [`SELECT ${nest(400, 'CASE WHEN id > 0 THEN ', 'id', ' ELSE 0 END')} AS n FROM note`, 1, 2],
    [`SELECT ${nest(400, 'abs(', 'id', ')')} AS n FROM note`, 1, 2],
    [nest(150, 'SELECT n FROM (', 'SELECT id AS n FROM note', ')'), 1, 2],
    [nest(200, 'SELECT n FROM (', 'SELECT id AS n FROM note', ' LIMIT 9)'), 1, 2],
    [nest(30, 'SELECT (', 'SELECT max(id) FROM note', ') AS n'), 2, 1],
    [`WITH c0 AS (SELECT id AS n FROM note)${list(900, (index) => `, c${index + 1} AS (SELECT n FROM c${index})`, '')} SELECT n FROM c900`, 1, 2],
    [`SELECT count(*) AS n FROM note WHERE id IN (${list(20_000, String, ',')})`, 2, 1],
    [`VALUES ${list(20_000, (index) => `(${index})`, ',')}`, 0, 20_000],
  ];
  const refused = [
    `SELECT ${list(5_000, () => '1', '+')}`,
    `SELECT ${nest(50_000, '(', '1', ')')}`,
    `SELECT ${nest(50_000, 'NOT ', '1', '')}`,
    nest(5_000, 'SELECT n FROM (', 'SELECT id AS n FROM note', ')'),
    nest(5_000, 'SELECT (', 'SELECT 1', ')'),
    list(5_000, () => 'SELECT 1', ' UNION ALL '),
  ];
  const outcomes = await tab.page.evaluate(async (queries) => {
    const outcome = async (sql: string) => {
      const subscription = window.db.subscribe(sql);
      try {
        const { rows } = await subscription.ready;
        return [Object.values(rows[0]!)[0], rows.length];
      } catch (error) {
        return [(error as { code: string }).code];
      } finally {
        subscription.close();
      }
    };
    const outcomes: unknown[] = [];
    for (const sql of queries) outcomes.push([sql.slice(0, 40), ...(await outcome(sql))]);
    return outcomes;
  }, [...answered.map(([sql]) => sql), ...refused]);
  expect(outcomes).toEqual([
    ...answered.map(([sql, ...outcome]) => [sql.slice(0, 40), ...outcome]),
    ...refused.map((sql) => [sql.slice(0, 40), 'sql_error']),
  ]);
  expect(await tab.exec("INSERT INTO note(body) VALUES ('after')")).toMatchObject({ changes: 1 });
  expect((await tab.status()).epoch).toBe(epoch);
  expect(errors).toEqual([]);
});
