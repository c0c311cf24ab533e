// Measures what a user waits for, in a browser with a profile on disk: opening, taking over, and from a write to its diff.
// Prints figures and judges nothing: `npm run latency`.

import { test } from '../src/browser.js';
import type { Tab } from '../src/tab.js';
import { takeover } from './takeover.js';

const WRITES = 300;

test('latency', async ({ chrome }) => {
  const active = await chrome.tab();
  report('open, new profile', [await timedOpen(active)]);
  report('write to diff, same tab', await sameTab(active));
  const follower = await chrome.tab();
  report('open, second tab', [await timedOpen(follower)]);
  report('write to diff, follower itself', await sameTab(follower));
  report('write to diff, active to follower', await acrossTabs(active, follower));
  report('write to diff, follower to active', await acrossTabs(follower, active));
  report('takeover after close', [await takeover(() => active.page.close(), follower)]);
  await chrome.close();
  const warm: number[] = [];
  for (let round = 0; round < 5; round += 1) {
    warm.push(await timedOpen(await chrome.tab()));
    await chrome.close();
  }
  report('open, existing profile', warm);
});

async function timedOpen(tab: Tab): Promise<number> {
  return tab.page.evaluate(async () => {
    const { open } = (await import('/index.js' as string)) as typeof import('tidewater');
    const begun = performance.now();
    window.db = await open({ name: 'latency', schema: 'CREATE TABLE note(id INTEGER PRIMARY KEY, at REAL)' });
    await window.db.query('SELECT count(*) FROM note');
    return performance.now() - begun;
  });
}

/** From calling `exec` to the diff in the same tab, which is there before `exec` resolves. */
function sameTab(tab: Tab): Promise<number[]> {
  return tab.page.evaluate(async (writes) => {
    const subscription = window.db.subscribe('SELECT id, at FROM note ORDER BY id DESC LIMIT 50');
    await subscription.ready;
    const times: number[] = [];
    let begun = 0;
    subscription.on('diff', () => times.push(performance.now() - begun));
    for (let n = 0; n < writes; n += 1) {
      begun = performance.now();
      await window.db.exec('INSERT INTO note(at) VALUES (0)');
    }
    subscription.close();
    return times;
  }, WRITES);
}

/** From calling `exec` in one tab to the diff in another, by the clock that both share. */
async function acrossTabs(writer: Tab, reader: Tab): Promise<number[]> {
  await reader.page.evaluate(async () => {
    const subscription = window.db.subscribe('SELECT id, at FROM note ORDER BY id DESC LIMIT 50');
    await subscription.ready;
    const times: number[] = [];
    subscription.on('diff', ({ edits }) => {
      const now = performance.timeOrigin + performance.now();
      for (const edit of edits) if (edit.type === 'insert') times.push(now - (edit.row.at as number));
    });
    Object.assign(window, { times, measured: subscription });
  });
  await writer.page.evaluate(async (writes) => {
    for (let n = 0; n < writes; n += 1) {
      const now = performance.timeOrigin + performance.now();
      await window.db.exec('INSERT INTO note(at) VALUES (?)', [now]);
    }
  }, WRITES);
  await reader.page.waitForFunction((writes) => (window as unknown as { times: number[] }).times.length >= writes, WRITES);
  return reader.page.evaluate(() => {
    const { times, measured } = window as unknown as { times: number[]; measured: { close(): void } };
    measured.close();
    return times;
  });
}

function report(what: string, times: number[]): void {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share: number) => (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN).toFixed(2);
  const spread = sorted.length > 1 ? `median ${at(0.5)} ms, p95 ${at(0.95)} ms` : `${at(0)} ms`;
  console.log(`${what.padEnd(36)} ${spread}`);
}
