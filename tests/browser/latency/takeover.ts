// How long a takeover takes, as a user notices it.

import type { Tab } from '../src/tab.js';

/** The longest time that a write takes in a tab while the active one ends, in milliseconds. */
export async function takeover(end: () => Promise<unknown>, follower: Tab): Promise<number> {
  await follower.page.evaluate(() => {
    let last = performance.now();
    const gaps: number[] = [];
    const run = async () => {
      for (;;) {
        await window.db.exec('INSERT INTO takeover DEFAULT VALUES').catch(() => {});
        gaps.push(performance.now() - last);
        last = performance.now();
      }
    };
    void window.db.exec('CREATE TABLE IF NOT EXISTS takeover(id INTEGER PRIMARY KEY)').then(() => {
      last = performance.now();
      void run();
    });
    Object.assign(window, { gaps });
  });
  await follower.page.waitForFunction(() => (window as unknown as { gaps: number[] }).gaps.length > 0);
  await end();
  await follower.page.waitForTimeout(1_500);
  return follower.page.evaluate(() => Math.max(...(window as unknown as { gaps: number[] }).gaps));
}
