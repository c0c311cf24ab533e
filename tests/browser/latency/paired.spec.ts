// Measures two builds of the package by turns in one browser: the present one, and the one whose `dist` TIDEWATER_BESIDE names. Prints figures and
// judges nothing: `TIDEWATER_BESIDE=/path/to/dist npm run latency -- paired`.

import { test } from '../src/browser.js';
import { serve } from '../src/server.js';
import { Tab } from '../src/tab.js';
import { takeover } from './takeover.js';

const TURNS = 5;
const WRITES = 2_000;
const ONE_BY_ONE = 300;

interface Build {
  readonly name: string;
  readonly url: string;
  readonly figures: Map<string, number[]>;
}

test('paired', async ({ chrome, served }) => {
  const beside = process.env.TIDEWATER_BESIDE;
  test.skip(!beside, 'TIDEWATER_BESIDE names no build');
  const other = await serve({ dist: beside });
  const builds: Build[] = [
    { name: 'beside', url: other.url, figures: new Map() },
    { name: 'present', url: served.url, figures: new Map() },
  ];
  const context = await chrome.context();
  const tabOf = async ({ url }: Build, turn: number) => {
    const page = await context.newPage();
    await page.goto(url);
    const tab = new Tab(page);
    await tab.open({ name: `turn${turn}` });
    return tab;
  };
  for (let turn = 0; turn < TURNS; turn += 1) {
    for (const build of turn % 2 ? builds : [...builds].reverse()) {
      const note = (what: string, value: number) => build.figures.set(what, [...(build.figures.get(what) ?? []), value]);
      const tabs = [await tabOf(build, turn)];
      note('write to callback, same tab (ms)', await oneByOne(tabs[0]!, tabs[0]!));
      for (let time = 0; time < 3; time += 1) note(`${WRITES} writes at once, 1 tab, 1 subscription (1/s)`, await atOnce(tabs, 1));
      tabs.push(await tabOf(build, turn), await tabOf(build, turn));
      note('write to callback, other tab (ms)', await oneByOne(tabs[0]!, tabs[1]!));
      for (let time = 0; time < 3; time += 1) note(`${WRITES} writes at once, 3 tabs, 100 subscriptions (1/s)`, await atOnce(tabs, 100));
      // As tabs do that have been there for a while.
      await tabs[1]!.page.waitForTimeout(3_000);
      note('takeover after close (ms)', await takeover(() => tabs[0]!.page.close(), tabs[1]!));
      for (const tab of tabs) await tab.page.close();
    }
  }
  for (const what of builds[0]!.figures.keys()) {
    const [before, now] = builds.map(({ figures }) => [...figures.get(what)!].sort((a, b) => a - b)) as [number[], number[]];
    const median = (sorted: number[]) => sorted[sorted.length >> 1]!;
    const shown = (sorted: number[]) => `${median(sorted).toFixed(2)} (${sorted[0]!.toFixed(2)} to ${sorted.at(-1)!.toFixed(2)})`;
    console.log(`${what}\n    beside ${shown(before)}, present ${shown(now)}, ${(median(now) / median(before)).toFixed(2)} times`);
  }
  await other.close();
});

/** The median from calling `exec` in one tab to the callback in another, by the clock that both share. */
async function oneByOne(writer: Tab, reader: Tab): Promise<number> {
  await reader.page.evaluate(async () => {
    const subscription = window.db.subscribe('SELECT id, body FROM note ORDER BY id DESC LIMIT 50');
    await subscription.ready;
    const times: number[] = [];
    subscription.on('diff', ({ edits }) => {
      const now = performance.timeOrigin + performance.now();
      for (const edit of edits) if (edit.type === 'insert') times.push(now - Number(edit.row.body));
    });
    Object.assign(window, { times, measured: subscription });
  });
  await writer.page.evaluate(async (writes) => {
    for (let n = 0; n < writes; n += 1) {
      await window.db.exec('INSERT INTO note(body) VALUES (?)', [performance.timeOrigin + performance.now()]);
    }
  }, ONE_BY_ONE);
  await reader.page.waitForFunction((writes) => (window as unknown as { times: number[] }).times.length >= writes, ONE_BY_ONE);
  return reader.page.evaluate(() => {
    const { times, measured } = window as unknown as { times: number[]; measured: { close(): void } };
    measured.close();
    return times.sort((a, b) => a - b)[times.length >> 1]!;
  });
}

/**
 * How many writes a second there are until the view of the first tab is current, if each tab issues its share at once. Each write changes one
 * of a hundred subscriptions, beside the one that counts.
 */
async function atOnce(tabs: Tab[], subscriptions: number): Promise<number> {
  const share = Math.floor(WRITES / tabs.length);
  await tabs[0]!.page.evaluate(async (subscriptions) => {
    await window.db.exec('DELETE FROM note');
    const opened = Array.from({ length: subscriptions }, (_, n) =>
      window.db.subscribe('SELECT id, body FROM note WHERE body = ? ORDER BY id DESC LIMIT 50', [`write ${n}`]),
    );
    const counted = window.db.subscribe('SELECT count(*) AS n FROM note');
    await Promise.all([counted, ...opened].map(({ ready }) => ready));
    Object.assign(window, { counted, opened });
  }, subscriptions);
  const done = tabs[0]!.page.evaluate(async (all) => {
    const { counted, opened } = window as unknown as { counted: import('tidewater').Subscription<{ n: number }>; opened: { close(): void }[] };
    await new Promise<void>((resolve) => {
      const stop = counted.subscribe(([row]) => {
        if (row?.n === all) resolve();
      });
      void stop;
    });
    for (const subscription of [counted, ...opened]) subscription.close();
    return Date.now();
  }, share * tabs.length);
  const starts = tabs.map((tab) =>
    tab.page.evaluate(async (share) => {
      const begun = Date.now();
      const writes = Array.from({ length: share }, (_, n) => window.db.exec('INSERT INTO note(body) VALUES (?)', [`write ${n % 100}`]));
      await Promise.all(writes);
      return begun;
    }, share),
  );
  const [end, ...begun] = await Promise.all([done, ...starts]);
  return (share * tabs.length * 1_000) / (end - Math.min(...begun));
}
