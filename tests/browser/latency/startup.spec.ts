// Measures what a user waits for at first, beside plain SQLite in a worker on the same kind of files, by turns: from the navigation to the
// first rows, with a new profile, after a reload and after a restart of the browser. Then what ten tabs take. Prints figures and judges
// nothing: `npm run latency --workspace tests/browser -- startup`.

import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { type BrowserContext, type Page, chromium, test } from '@playwright/test';

import { serve } from '../src/server.js';
import { takeover } from './takeover.js';
import { Tab } from '../src/tab.js';

const ROUNDS = Number(process.env.TIDEWATER_ROUNDS ?? 5);
const SCHEMA = 'CREATE TABLE IF NOT EXISTS note(id INTEGER PRIMARY KEY, body TEXT NOT NULL)';
const QUERY = 'SELECT id, body FROM note ORDER BY id DESC LIMIT 50';
const FILL = "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 10000) INSERT INTO note(body) SELECT 'note ' || i FROM n";
const SQLITE = fileURLToPath(new URL('../../../node_modules/@sqlite.org/sqlite-wasm/dist/', import.meta.url));

const page = (script: string) => `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><script type="module">\n${script}</script>`;

const FILES: Record<string, string> = {
  '/tidewater': page(`import { open } from '/index.js';
    const db = await open({ name: 'startup', schema: ${JSON.stringify(SCHEMA)} });
    const notes = db.subscribe(${JSON.stringify(QUERY)});
    await notes.ready;
    window.first = performance.now();
    window.fill = () => db.exec(${JSON.stringify(FILL)});\n`),
  '/plain': page(`const worker = new Worker('/plain.js', { type: 'module' });
    worker.onmessage = () => { window.first ??= performance.now(); window.filled?.(); };
    window.fill = () => new Promise((resolve) => { window.filled = resolve; worker.postMessage('fill'); });\n`),
  '/plain.js': `import init from '/sqlite/index.mjs';
    const sqlite3 = await init();
    const pool = await sqlite3.installOpfsSAHPoolVfs({ name: 'plain' });
    const db = new pool.OpfsSAHPoolDb('/startup.sqlite');
    db.exec(${JSON.stringify(SCHEMA)});
    postMessage(db.exec({ sql: ${JSON.stringify(QUERY)}, returnValue: 'resultRows', rowMode: 'object' }));
    onmessage = () => { db.exec(${JSON.stringify(FILL)}); postMessage('filled'); };\n`,
  // The first subscription of a host that has just opened the database, and the same as a query.
  ...Object.fromEntries(['subscribe', 'query'].map((how) => [`/first-${how}`, page(`import { open } from '/index.js';
    const db = await open({ name: 'startup', schema: ${JSON.stringify(SCHEMA)} });
    const begun = performance.now();
    await ${how === 'query' ? `db.query(${JSON.stringify(QUERY)})` : `db.subscribe(${JSON.stringify(QUERY)}).ready`};
    window.first = performance.now() - begun;\n`)])),
  '/sqlite/index.mjs': join(SQLITE, 'index.mjs'),
  '/sqlite/sqlite3.wasm': join(SQLITE, 'sqlite3.wasm'),
};

test.setTimeout(900_000);

async function launch(profile: string): Promise<BrowserContext> {
  const executablePath = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';
  return chromium.launchPersistentContext(profile, { executablePath, headless: true, chromiumSandbox: false });
}

async function withProfile<T>(body: (profile: string) => Promise<T>): Promise<T> {
  const profile = await mkdtemp(join(tmpdir(), 'tidewater-profile-'));
  try {
    return await body(profile);
  } finally {
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function firstRows(page: Page, navigate: () => Promise<unknown>): Promise<number> {
  await navigate();
  const first = await page.waitForFunction(() => (window as unknown as { first?: number }).first);
  return first.jsonValue() as Promise<number>;
}

test('from the navigation to the first rows', async () => {
  const served = await serve({ isCached: true, files: FILES });
  const times: Record<string, Record<'cold' | 'reload' | 'restarted', number[]>> = {};
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const which of round % 2 ? ['plain', 'tidewater'] : ['tidewater', 'plain']) {
      const of = (times[which] ??= { cold: [], reload: [], restarted: [] });
      await withProfile(async (profile) => {
        let context = await launch(profile);
        let page = await context.newPage();
        of.cold.push(await firstRows(page, () => page.goto(served.url + which)));
        await page.evaluate(() => (window as unknown as { fill(): Promise<void> }).fill());
        // The browser keeps compiled code once it has seen a script for a while.
        for (let visit = 0; visit < 2; visit += 1) await firstRows(page, () => page.reload());
        await page.waitForTimeout(2_000);
        of.reload.push(await firstRows(page, () => page.reload()));
        await context.close();
        context = await launch(profile);
        page = await context.newPage();
        of.restarted.push(await firstRows(page, () => page.goto(served.url + which)));
        await context.close();
      });
    }
  }
  for (const what of ['cold', 'reload', 'restarted'] as const) {
    const [ours, plain] = ['tidewater', 'plain'].map((which) => times[which]![what]);
    console.log(`${`first rows, ${what}`.padEnd(28)} ${spread(ours!)}; plain SQLite ${spread(plain!)}; ratio ${(median(ours!) / median(plain!)).toFixed(2)}`);
  }
  await served.close();
});

test('the first subscription of a host beyond its query', async () => {
  const served = await serve({ isCached: true, files: FILES });
  const times: Record<string, number[]> = { subscribe: [], query: [] };
  await withProfile(async (profile) => {
    const context = await launch(profile);
    const page = await context.newPage();
    await firstRows(page, () => page.goto(`${served.url}tidewater`));
    await page.evaluate(() => (window as unknown as { fill(): Promise<void> }).fill());
    for (let round = 0; round < 2 * ROUNDS; round += 1) {
      for (const how of ['subscribe', 'query']) {
        times[how]!.push(await firstRows(page, () => page.goto(`${served.url}first-${how}`)));
        await page.waitForTimeout(300);
      }
    }
    await context.close();
  });
  console.log(`first subscription           ${spread(times.subscribe!)}; first query ${spread(times.query!)}`);
  await served.close();
});

test('ten tabs: time and memory', async () => {
  const served = await serve({ isCached: true, files: FILES });
  const pss: Record<string, number> = {};
  let tenth = 0;
  for (const [name, path] of [['empty', ''], ['ours', 'tidewater']] as const) {
    await withProfile(async (profile) => {
      const context = await launch(profile);
      for (let tab = 0; tab < 10; tab += 1) {
        const page = await context.newPage();
        if (path === '') await page.goto(served.url);
        else tenth = await firstRows(page, () => page.goto(served.url + path));
      }
      await new Promise((resolve) => setTimeout(resolve, 5_000));
      pss[name] = await memory(profile);
      await context.close();
    });
  }
  console.log(`tenth tab, to its first rows ${tenth.toFixed(0)} ms`);
  console.log(`memory of ten tabs           ${(pss.ours! - pss.empty!).toFixed(0)} MB beyond ten empty ones (${pss.empty!.toFixed(0)})`);
  await served.close();
});

test('takeover after a close and after a crash', async () => {
  const served = await serve({ isCached: true, files: FILES });
  const times: Record<string, number[]> = { close: [], crash: [] };
  for (let round = 0; round < 2 * ROUNDS; round += 1) {
    for (const how of ['close', 'crash'] as const) {
      await withProfile(async (profile) => {
        const context = await launch(profile);
        const [active, follower] = [await context.newPage(), await context.newPage()].map((page) => new Tab(page));
        for (const tab of [active!, follower!]) {
          await tab.page.goto(served.url);
          await tab.open();
        }
        await follower!.page.waitForTimeout(3_000);
        const end = async () => {
          if (how === 'close') return active!.page.close();
          const session = await context.newCDPSession(active!.page);
          void session.send('Page.crash').catch(() => {});
        };
        times[how]!.push(await takeover(end, follower!));
        await context.close();
      });
    }
  }
  for (const how of ['close', 'crash']) console.log(`takeover after a ${how.padEnd(11)} ${spread(times[how]!)}`);
  await served.close();
});

/** The proportional memory of all processes of a browser that show pages, in megabytes. */
async function memory(profile: string): Promise<number> {
  let kilobytes = 0;
  for (const id of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const command = await readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => '');
    if (!command.includes('--type=renderer') || !(await isOf(id, profile))) continue;
    const rollup = await readFile(`/proc/${id}/smaps_rollup`, 'utf8').catch(() => '');
    kilobytes += Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1] ?? 0);
  }
  return kilobytes / 1_000;
}

/** Whether a process was started by the browser with this profile. */
async function isOf(id: string, profile: string): Promise<boolean> {
  for (let process = id; process !== '0'; ) {
    const command = await readFile(`/proc/${process}/cmdline`, 'utf8').catch(() => '');
    if (command.includes(profile)) return true;
    const status = await readFile(`/proc/${process}/status`, 'utf8').catch(() => '');
    process = /^PPid:\s+(\d+)/m.exec(status)?.[1] ?? '0';
  }
  return false;
}

function median(times: number[]): number {
  return [...times].sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? NaN;
}

function spread(times: number[]): string {
  return `${median(times).toFixed(0)} ms (${Math.min(...times).toFixed(0)} to ${Math.max(...times).toFixed(0)})`;
}
