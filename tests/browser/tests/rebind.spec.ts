// Subscriptions whose parameters change in place, in two tabs of one database.

import { type AnyBrowser, expect, test } from '../src/browser.js';
import type { Tab } from '../src/tab.js';

const PAGE = 'SELECT id FROM note ORDER BY id LIMIT ? OFFSET ?';

/** Rows by their ids. */
const ids = (...list: number[]) => list.map((id) => ({ id }));

/** An active tab and a follower, each showing the first two of the notes 1 to 6. */
async function pair(chrome: AnyBrowser): Promise<{ active: Tab; follower: Tab }> {
  const active = await chrome.tab();
  await active.open();
  await active.expectRole('active');
  const follower = await chrome.tab();
  await follower.open();
  await active.exec("INSERT INTO note(body) VALUES ('a'), ('b'), ('c'), ('d'), ('e'), ('f')");
  for (const tab of [active, follower]) await tab.subscribe(PAGE, 'page', [2, 0]);
  return { active, follower };
}

test('a window slides by edits, and is kept up to date where it is', async ({ chrome }) => {
  const { active, follower } = await pair(chrome);
  const slid = await follower.page.evaluate(async () => {
    const page = window.subscriptions['page']!;
    const [, second] = page.rows;
    const diffs: unknown[] = [];
    page.on('diff', ({ edits, rebound }) => diffs.push({ edits, rebound }));
    await page.rebind([2, 1]);
    return { diffs, isSame: page.rows[0] === second, rows: page.rows.map((row) => ({ ...row })) };
  });
  expect(slid).toEqual({
    diffs: [{ edits: [{ type: 'remove', index: 0 }, { type: 'insert', index: 1, row: { id: 3 } }], rebound: true }],
    isSame: true,
    rows: ids(2, 3),
  });
  expect(await active.rows('page')).toEqual(ids(1, 2));
  await active.exec('DELETE FROM note WHERE id = 1');
  expect(await active.rows('page')).toEqual(ids(2, 3));
  await follower.expectRows('page', ids(3, 4));
});

test('calls that do not wait for each other are done in their order', async ({ chrome }) => {
  const { follower } = await pair(chrome);
  const seen = await follower.page.evaluate(async () => {
    const page = window.db.subscribe<{ id: number }>('SELECT id FROM note ORDER BY id LIMIT ? OFFSET ?', [1, 0]);
    const offsets = [1, 4, 2, 3];
    const done = offsets.map(async (offset) => {
      await page.rebind([1, offset]);
      return page.rows.map(({ id }) => id);
    });
    return Promise.all(done);
  });
  expect(seen.at(-1)).toEqual([4]);
});

test('parameters that do not fit are refused, and nothing changes', async ({ chrome }) => {
  const { active, follower } = await pair(chrome);
  expect(await follower.rebind('page', [2, 1, 3])).toBe('bad_parameters');
  expect(await follower.rebind('page', [2, 'no number'])).toBe('sql_error');
  expect(await follower.rows('page')).toEqual(ids(1, 2));
  await active.exec('DELETE FROM note WHERE id = 2');
  await follower.expectRows('page', ids(1, 3));
});

test('a rebound subscription keeps its parameters when another tab takes over', async ({ chrome }) => {
  const { active, follower } = await pair(chrome);
  expect(await follower.rebind('page', [2, 3])).toEqual(ids(4, 5));
  await active.page.close();
  await follower.expectRole('active');
  await follower.exec('DELETE FROM note WHERE id = 4');
  expect(await follower.rows('page')).toEqual(ids(5, 6));
  expect(await follower.rebind('page', [2, 0])).toEqual(ids(1, 2));
});

test('a rebind is done by the tab that takes over', async ({ chrome }) => {
  const { active, follower } = await pair(chrome);
  const rebound = follower.page.evaluate(async () => {
    const page = window.subscriptions['page']!;
    // Goes on until well after the other tab is gone.
    for (let round = 0; round < 300; round += 1) {
      await page.rebind([1, round % 6]);
      if (page.rows.length !== 1 || page.rows[0]!['id'] !== (round % 6) + 1) return { round, rows: page.rows.map((row) => ({ ...row })) };
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    return 'right each time';
  });
  await active.page.close();
  expect(await rebound).toBe('right each time');
  await follower.expectRole('active');
});

test('what a lost tab was rebound to concerns nobody', async ({ chrome }) => {
  const { active, follower } = await pair(chrome);
  void follower.rebind('page', [2, 2]).catch(() => {});
  await follower.page.close();
  expect(await active.rebind('page', [3, 1])).toEqual(ids(2, 3, 4));
  await active.exec("INSERT INTO note(id, body) VALUES (0, 'before all')");
  expect(await active.rows('page')).toEqual(ids(1, 2, 3));
});
