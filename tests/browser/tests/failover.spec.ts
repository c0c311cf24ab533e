// The active tab goes away, one way or another, and another tab takes over.

import { type AnyBrowser, expect, test } from '../src/browser.js';
import { NEEDS_CHROMIUM, isFirefox } from '../src/firefox.js';
import { SCHEMA, type Tab } from '../src/tab.js';

const ALL = 'SELECT body FROM note ORDER BY id';

/** An active tab and a follower, both subscribed to all notes. */
async function pair(chrome: AnyBrowser): Promise<{ active: Tab; follower: Tab }> {
  const active = await chrome.tab();
  await active.open();
  await active.expectRole('active');
  const follower = await chrome.tab();
  await follower.open();
  await follower.expectRole('follower');
  await Promise.all([active.subscribe(ALL), follower.subscribe(ALL)]);
  await active.exec("INSERT INTO note(body) VALUES ('before')");
  await follower.expectRows(ALL, [{ body: 'before' }]);
  return { active, follower };
}

/** Starts 200 writes, one after another, that outlive whatever happens to the active tab; `done` gives what each came to. */
async function writeOn(tab: Tab): Promise<() => Promise<{ written: number; error: string[] }>> {
  await tab.page.evaluate(() => {
    const outcome = { written: 0, error: [] as string[] };
    const run = async () => {
      for (let n = 0; n < 200; n += 1) {
        try {
          await window.db.exec('INSERT INTO note(body) VALUES (?)', [`write ${n}`]);
          outcome.written += 1;
        } catch (error) {
          const { code, message } = error as Error & { code: string };
          outcome.error.push(`${code}: ${message}`);
        }
      }
      return outcome;
    };
    (window as unknown as { writing: Promise<unknown> }).writing = run();
  });
  return () => tab.page.evaluate(() => (window as unknown as { writing: Promise<never> }).writing);
}

async function killCoordinator(chrome: AnyBrowser, tab: Tab): Promise<void> {
  const session = await (await chrome.context()).newCDPSession(tab.page);
  const { targetInfos } = await session.send('Target.getTargets', { filter: [{}] });
  const workers = targetInfos.filter(({ type }) => type === 'shared_worker');
  expect(workers).toHaveLength(1);
  await session.send('Target.closeTarget', { targetId: workers[0]!.targetId });
}

async function expectTakeover(survivor: Tab, done: () => Promise<{ written: number; error: string[] }>) {
  expect(await done()).toEqual({ written: 200, error: [] });
  await survivor.expectRole('active');
  // Each was done once, in its order.
  const written = await survivor.query("SELECT body FROM note WHERE body LIKE 'write %' ORDER BY id");
  expect(written).toEqual(Array.from({ length: 200 }, (_, n) => ({ body: `write ${n}` })));
  // The database that took over is the same one, and the subscription went on.
  const rows = await survivor.query(ALL);
  expect(rows[0]).toEqual({ body: 'before' });
  await survivor.expectRows(ALL, rows);
}

test('the active tab is closed while another writes', async ({ chrome }) => {
  const { active, follower } = await pair(chrome);
  const done = await writeOn(follower);
  await active.page.close();
  await expectTakeover(follower, done);
});

test('the active tab crashes while another writes', async ({ chrome }) => {
  test.skip(isFirefox, NEEDS_CHROMIUM);
  const { active, follower } = await pair(chrome);
  const done = await writeOn(follower);
  const session = await (await chrome.context()).newCDPSession(active.page);
  // Never answered: there is nobody left to do so.
  void session.send('Page.crash').catch(() => {});
  await expectTakeover(follower, done);
});

test('the active tab is reloaded while another writes', async ({ chrome }) => {
  const { active, follower } = await pair(chrome);
  const done = await writeOn(follower);
  await active.page.reload();
  await active.open();
  await expectTakeover(follower, done);
  await active.expectRole('follower');
  expect(await active.query(ALL)).toEqual(await follower.query(ALL));
});

test('the active tab writes to the last moment and all its answers hold', async ({ chrome }) => {
  const { active, follower } = await pair(chrome);
  await writeOn(active);
  await expect.poll(async () => (await follower.rows(ALL)).length).toBeGreaterThan(20);
  await active.page.close();
  await follower.expectRole('active');
  const bodies = (await follower.query(ALL)).map(({ body }) => body);
  expect(bodies).toEqual(['before', ...Array.from({ length: bodies.length - 1 }, (_, n) => `write ${n}`)]);
  await follower.expectRows(ALL, await follower.query(ALL));
});

test('the coordinator is killed: nobody notices', async ({ chrome }) => {
  test.skip(isFirefox, NEEDS_CHROMIUM);
  const { active, follower } = await pair(chrome);
  await killCoordinator(chrome, active);
  await follower.exec("INSERT INTO note(body) VALUES ('after')");
  await active.expectRows(ALL, [{ body: 'before' }, { body: 'after' }]);
  // A new coordinator is there: a third tab can join, and the host can still be replaced.
  const third = await chrome.tab();
  await third.open();
  expect(await third.query(ALL)).toEqual([{ body: 'before' }, { body: 'after' }]);
  await active.page.close();
  await follower.exec("INSERT INTO note(body) VALUES ('later')");
  expect((await third.query('SELECT count(*) AS n FROM note'))[0]).toEqual({ n: 3 });
});

test('a tab that dies together with the coordinator leaves nothing behind in the host', async ({ chrome }) => {
  test.skip(isFirefox, NEEDS_CHROMIUM);
  const { active, follower } = await pair(chrome);
  const third = await chrome.tab();
  await third.open();
  await third.subscribe(ALL);
  const subscriptions = () => active.page.evaluate(async () => (await window.db.stats()).subscriptions);
  expect(await subscriptions()).toBe(3);
  const session = await (await chrome.context()).newCDPSession(third.page);
  await killCoordinator(chrome, active);
  void session.send('Page.crash').catch(() => {});
  await expect.poll(subscriptions).toBe(2);
  await active.exec("INSERT INTO note(body) VALUES ('after')");
  await follower.expectRows(ALL, [{ body: 'before' }, { body: 'after' }]);
});

test('a schema script that comes after a new coordinator introduced everybody again', async ({ chrome }) => {
  test.skip(isFirefox, NEEDS_CHROMIUM);
  const { active, follower } = await pair(chrome);
  await killCoordinator(chrome, active);
  const third = await chrome.tab();
  await third.open();
  const opened = await follower.page.evaluate(async () => {
    const { open } = (await import('/index.js' as string)) as typeof import('tidewater');
    const other = await open({ name: 'test', schema: 'CREATE TABLE IF NOT EXISTS other(x)' });
    await other.exec('INSERT INTO other VALUES (1)');
    return other.query('SELECT x FROM other');
  });
  expect(opened).toEqual([{ x: 1 }]);
  await active.exec("INSERT INTO note(body) VALUES ('after')");
  await follower.expectRows(ALL, [{ body: 'before' }, { body: 'after' }]);
});

test('a subscription that a takeover does not change tells nothing', async ({ chrome }) => {
  const { active, follower } = await pair(chrome);
  await follower.page.evaluate((key) => {
    const subscription = window.subscriptions[key]!;
    const seen = { changes: 0, rows: subscription.rows };
    subscription.on('change', () => void (seen.changes += 1));
    (window as unknown as { seen: typeof seen }).seen = seen;
  }, ALL);
  await active.page.close();
  await follower.expectRole('active');
  await follower.exec('CREATE TABLE other(x)');
  const same = await follower.page.evaluate((key) => {
    const { seen } = window as unknown as { seen: { changes: number; rows: unknown } };
    return { changes: seen.changes, isSame: seen.rows === window.subscriptions[key]!.rows };
  }, ALL);
  expect(same).toEqual({ changes: 0, isSame: true });
});

test('a subscription that fails when the active tab goes is live again when the data let it', async ({ chrome }) => {
  const { active, follower } = await pair(chrome);
  const sql = 'SELECT abs(CAST(body AS INTEGER)) AS n FROM note';
  await follower.subscribe(sql);
  const seen = () =>
    follower.page.evaluate((sql) => {
      const { status, rows, error } = window.subscriptions[sql]!;
      return { status, rows, code: error?.code };
    }, sql);
  await active.exec("INSERT INTO note(body) VALUES ('-9223372036854775808')");
  const failing = { status: 'failing', rows: [{ n: 0 }], code: 'sql_error' };
  await expect.poll(seen).toEqual(failing);
  await active.page.close();
  await follower.exec("INSERT INTO note(body) VALUES ('1')");
  expect(await seen()).toEqual(failing);
  await follower.exec("DELETE FROM note WHERE body LIKE '-%'");
  expect(await seen()).toEqual({ status: 'live', rows: [{ n: 0 }, { n: 1 }], code: undefined });
});

test('the worker of the active tab dies while its page lives', async ({ chrome }) => {
  const tab = await chrome.tab();
  await tab.page.evaluate(async (schema) => {
    const { open } = (await import('/index.js' as string)) as typeof import('tidewater');
    const workers: Worker[] = [];
    const worker = () => {
      workers.push(new Worker('/worker.js', { type: 'module' }));
      return workers.at(-1)!;
    };
    window.subscriptions = {};
    window.db = await open({ name: 'test', schema, assets: { worker } });
    Object.assign(window, { workers });
  }, SCHEMA);
  await tab.subscribe(ALL);
  await tab.exec("INSERT INTO note(body) VALUES ('before')");
  await tab.page.evaluate(() => (window as unknown as { workers: Worker[] }).workers[0]!.terminate());
  await tab.exec("INSERT INTO note(body) VALUES ('after')");
  await tab.expectRows(ALL, [{ body: 'before' }, { body: 'after' }]);
  expect(await tab.page.evaluate(() => (window as unknown as { workers: Worker[] }).workers.length)).toBe(2);
});

test('an engine that traps again and again is given up for a while, and says so', async ({ chrome }) => {
  const tab = await chrome.tab();
  const end = await tab.page.evaluate(async (schema) => {
    const { open } = (await import('/index.js' as string)) as typeof import('tidewater');
    window.db = await open({ name: 'test', schema, assets: { worker: '/trapping-worker.js' } });
    await new Promise<void>((resolve) => {
      const check = () => window.db.status.state === 'unavailable' && resolve();
      window.db.on('status', check);
      check();
    });
    const asked = await window.db.query('SELECT 1').then(() => 'answered', ({ code }: { code: string }) => code);
    const { epoch, error } = window.db.status;
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    return { asked, code: error?.code, started: window.db.status.epoch - epoch };
  }, SCHEMA);
  expect(end).toEqual({ asked: 'host_panicked', code: 'host_panicked', started: 0 });
});

test('a host that is busy for long is waited for, and its files are had again when its tab is reloaded', async ({ chrome }) => {
  const { active, follower } = await pair(chrome);
  const forever = 'WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c';
  await active.page.evaluate((sql) => void window.db.query(sql).catch(() => {}), forever);
  const waiting = follower.query(ALL);
  await expect.poll(async () => (await follower.status()).state).toBe('stalled');
  await active.page.reload();
  expect(await waiting).toEqual([{ body: 'before' }]);
  expect((await follower.status()).storage).toBe('opfs');
});

test('tabs that come and go leave nothing behind', async ({ chrome }) => {
  const stay = await chrome.tab();
  await stay.open();
  for (let round = 0; round < 10; round += 1) {
    const guests = await Promise.all([chrome.tab(), chrome.tab()]);
    await Promise.all(guests.map((guest) => guest.open()));
    await guests[0]!.exec('INSERT INTO note(body) VALUES (?)', [`round ${round}`]);
    await Promise.all(guests.map((guest) => guest.page.close()));
  }
  expect(await stay.query('SELECT count(*) AS n FROM note')).toEqual([{ n: 10 }]);
  await expect.poll(async () => (await stay.status()).tabs).toBe(1);
  const locks = await stay.page.evaluate(async () => {
    const { held = [], pending = [] } = await navigator.locks.query();
    return [...held, ...pending].map(({ name }) => name!.replace(/[0-9a-f]{32}/, 'id').replace(location.href, '')).sort();
  });
  const mine = ['coordinator', 'coordinator-at/6-6/id/coordinator.js', 'coordinator/id', 'page/id', 'storage', 'worker/id'];
  expect([...new Set(locks)]).toEqual(mine.map((name) => `tidewater/test/${name}`));
  expect((await stay.page.evaluate(async () => (await navigator.locks.query()).held!)).length).toBe(6);
});
