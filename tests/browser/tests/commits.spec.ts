// What an application is told besides rows: commits, the commit that the rows are of, errors, and that everything is answered at the end.

import { expect, test } from '../src/browser.js';

declare global {
  interface Window {
    commits: import('tidewater').CommitEvent[];
  }
}

test('each tab hears of commits by their tables, with the rows of them', async ({ chrome }) => {
  const [active, follower] = [await chrome.tab(), await chrome.tab()];
  for (const tab of [active, follower]) await tab.open();
  await active.exec('CREATE TABLE tag(name TEXT)');
  for (const tab of [active, follower]) {
    await tab.page.evaluate(async () => {
      const count = window.db.subscribe<{ n: number }>('SELECT count(*) AS n FROM note');
      await count.ready;
      window.commits = [];
      window.db.on('commit', (event) => window.commits.push({ ...event, rows: count.rows[0]?.n } as never));
      await window.db.at(window.db.status.commit);
    });
  }
  const { commit } = await follower.exec("INSERT INTO note(body) VALUES ('heard')");
  await active.exec("INSERT INTO tag VALUES ('heard too')");
  for (const [tab, note, tag] of [[active, 'other', 'own'], [follower, 'own', 'other']] as const) {
    await expect.poll(() => tab.page.evaluate(() => window.commits)).toEqual([
      { commit, tables: ['note'], isPartial: false, cause: note, rows: 1 },
      { commit: commit + 1, tables: ['tag'], isPartial: false, cause: tag, rows: 1 },
    ]);
  }
  await active.page.close();
  await follower.exec("INSERT INTO note(body) VALUES ('after a takeover')");
  const heard = await follower.page.evaluate(() => window.commits.slice(2));
  expect(heard[0]).toMatchObject({ tables: [], isPartial: true, cause: 'other' });
  expect(heard[1]).toMatchObject({ tables: ['note'], isPartial: false, cause: 'own', rows: 2 });
});

test('a tab waits for the commit that another one tells it of', async ({ chrome }) => {
  const [writer, reader] = [await chrome.tab(), await chrome.tab()];
  for (const tab of [writer, reader]) await tab.open();
  const { commit } = await writer.exec("INSERT INTO note(body) VALUES ('told')");
  const seen = await reader.page.evaluate(async (commit) => {
    const count = window.db.subscribe<{ n: number }>('SELECT count(*) AS n FROM note');
    const later = window.db.at(commit + 1);
    await window.db.at(commit);
    const never = await window.db.at(commit + 100, { timeout: 50 }).catch(({ code }: { code: string }) => code);
    window.subscriptions['count'] = count;
    return { later: await Promise.race([later.then(() => 'there'), 'waits']), never };
  }, commit);
  expect(seen).toEqual({ later: 'waits', never: 'timeout' });
  const reached = reader.page.evaluate(async (commit) => {
    await window.db.at(commit);
    return window.subscriptions['count']?.rows;
  }, commit + 1);
  await writer.exec("INSERT INTO note(body) VALUES ('told later')");
  expect(await reached).toEqual([{ n: 2 }]);
});

test('close waits for the calls under way', async ({ chrome }) => {
  const tab = await chrome.tab();
  await tab.open();
  const outcome = await tab.page.evaluate(async () => {
    const settled: string[] = [];
    const writes = Array.from({ length: 500 }, (_, n) => window.db.exec('INSERT INTO note(body) VALUES (?)', [n]).then(() => settled.push('done')));
    const closed = window.db.close().then(() => settled.length);
    const late = await window.db.exec('SELECT 1').catch(({ code }: { code: string }) => code);
    await Promise.all(writes);
    return { answered: await closed, late };
  });
  expect(outcome).toEqual({ answered: 500, late: 'closed' });
  await tab.page.reload();
  await tab.open();
  expect(await tab.query('SELECT count(*) AS n FROM note')).toEqual([{ n: 500 }]);
});

test('an error says where it is, which constraint it is, and whether to try again', async ({ chrome }) => {
  const tab = await chrome.tab();
  await tab.open();
  const errors = await tab.page.evaluate(async () => {
    const fields = ({ code, offset, constraint, retryable, outcome, sqliteCode }: import('tidewater').TidewaterError) => ({
      code, offset, constraint, retryable, outcome, sqliteCode,
    });
    const of = (sql: string) => window.db.exec(sql).then(() => undefined, fields);
    return [await of("INSERT INTO note(body) VALUES ('ü'); SELECT nothing"), await of('INSERT INTO note(body) VALUES (NULL)')];
  });
  expect(errors[0]).toMatchObject({ code: 'sql_error', offset: 44, sqliteCode: 1, retryable: false, outcome: 'none' });
  const constraint = { kind: 'notNull', columns: ['note.body'] };
  expect(errors[1]).toMatchObject({ code: 'constraint', sqliteCode: 1299, constraint, retryable: false, outcome: 'none' });
});
