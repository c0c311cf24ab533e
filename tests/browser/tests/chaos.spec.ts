// Tabs write without a pause while the test closes, crashes and freezes tabs and kills the coordinator and the browser. Pages report each
// acknowledged write to the test's server, which outlives them. `TIDEWATER_CHAOS_SECONDS` says for how long (40).

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, test } from '../src/browser.js';
import { DevTools, type RawTab } from '../src/devtools.js';

const SECONDS = Number(process.env.TIDEWATER_CHAOS_SECONDS ?? 40);
const MOST_TABS = 5;

/** What a page does: three writers, each of which waits for its answer, and two subscriptions. */
const page = (name: string) => `import('/index.js').then(async ({ open }) => {
  window.db = await open({ name: 'chaos', timeout: 60_000, schema: 'CREATE TABLE IF NOT EXISTS note(id INTEGER PRIMARY KEY, body TEXT NOT NULL)' });
  window.state = { issued: 0, settled: 0, failed: [], writes: true };
  window.last = db.subscribe('SELECT id, body FROM note ORDER BY id DESC LIMIT 20');
  window.count = db.subscribe('SELECT count(*) AS n FROM note');
  const acknowledged = [];
  const tell = () => {
    if (acknowledged.length > 0) return fetch('/ledger', { method: 'POST', keepalive: true, body: acknowledged.splice(0).join(' ') });
  };
  setInterval(tell, 20);
  const write = async (writer) => {
    while (state.writes) {
      const body = '${name}-' + writer + '-' + state.issued++;
      await db.exec('INSERT INTO note(body) VALUES (?)', [body]).then(
        () => acknowledged.push(body),
        ({ code, message }) => state.failed.push(code + ': ' + message),
      );
      state.settled += 1;
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 20));
    }
  };
  window.stop = async () => {
    state.writes = false;
    await Promise.all(writers);
    await tell();
    return state;
  };
  const writers = [0, 1, 2].map(write);
})`;

test('whatever ends, each write is done once and every promise is kept', async ({ served }) => {
  test.setTimeout(SECONDS * 1_000 + 120_000);
  const profile = await mkdtemp(join(tmpdir(), 'tidewater-profile-'));
  let devtools = new DevTools(profile);
  let tabs: RawTab[] = [];
  let opened = 0;
  const faults: Record<string, number> = {};
  const open = async () => {
    const tab = await devtools.tab(served.url);
    opened += 1;
    // It may take a while to be served, and the tab may be ended before.
    void tab.evaluate(page(`tab${opened}`)).catch(() => {});
    tabs.push(tab);
  };
  const take = () => tabs.splice(Math.floor(Math.random() * tabs.length), 1)[0]!;
  const actions: Record<string, () => Promise<void>> = {
    open,
    close: async () => take().close(),
    crash: async () => take().crash(),
    coordinator: async () => devtools.killCoordinator(),
    freeze: async () => {
      const tab = tabs[Math.floor(Math.random() * tabs.length)]!;
      const other = tabs.find((candidate) => candidate !== tab);
      if (!other) return;
      await other.activate();
      await tab.lifecycle('frozen');
      await new Promise((resolve) => setTimeout(resolve, 300 + Math.random() * 1_500));
      await tab.lifecycle('active');
    },
    browser: async () => {
      await devtools.kill();
      devtools = new DevTools(profile);
      tabs = [];
    },
  };
  try {
    const end = Date.now() + SECONDS * 1_000;
    while (Date.now() < end) {
      while (tabs.length < 2) await open();
      await new Promise((resolve) => setTimeout(resolve, 200 + Math.random() * 900));
      const names = Object.keys(actions).filter((name) => name !== 'open' || tabs.length < MOST_TABS);
      // The browser itself is ended now and then.
      const name = Math.random() < 0.05 ? 'browser' : names[Math.floor(Math.random() * (names.length - 1))]!;
      faults[name] = (faults[name] ?? 0) + 1;
      // Tabs may share a process, and then die together.
      await actions[name]!().catch((error: Error) => {
        if (!/died|killed|no answer/.test(error.message)) throw error;
      });
      tabs = tabs.filter((tab) => !tab.isDead);
    }
    while (tabs.length < 2) await open();
    for (const tab of tabs) await tab.until("window.db?.status.state === 'ready'");
    const states = await Promise.all(tabs.map((tab) => tab.evaluate<{ issued: number; settled: number; failed: string[] }>('stop()')));
    for (const { issued, settled, failed } of states) {
      expect(failed).toEqual([]);
      expect(settled).toBe(issued);
    }
    const [first] = tabs;
    const rows = await first!.evaluate<string[]>("db.query('SELECT body FROM note ORDER BY id').then((rows) => rows.map(({ body }) => body))");
    const written = new Set(rows);
    expect(rows.length, 'no write was done twice').toBe(written.size);
    // One expectation for all of them: Playwright keeps a record of each.
    const writers = new Map<string, number>();
    const disordered = rows.filter((body) => {
      const [, writer, n] = body.match(/^(.*)-(\d+)$/)!;
      const last = writers.get(writer!) ?? -1;
      writers.set(writer!, Number(n));
      return Number(n) <= last;
    });
    expect(disordered, 'those of one writer are in their order').toEqual([]);
    expect(served.ledger.filter((body) => !written.has(body)), 'no acknowledged write is lost').toEqual([]);
    expect(new Set(served.ledger).size).toBeGreaterThan(SECONDS * 10);
    for (const tab of tabs) {
      await tab.until(`count.rows[0]?.n === ${rows.length}`);
      const shown = await tab.evaluate<string[]>('last.rows.map(({ body }) => body)');
      expect(shown).toEqual(rows.slice(-20).reverse());
    }
    expect(await first!.evaluate("db.query('PRAGMA integrity_check')")).toEqual([{ integrity_check: 'ok' }]);
    console.log(`    ${SECONDS} s: ${opened} tabs, ${JSON.stringify(faults)}, ${rows.length} writes, ${served.ledger.length} acknowledged`);
  } finally {
    await devtools.close();
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  }
});
