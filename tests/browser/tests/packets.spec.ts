// What the host posts to a page: lost, damaged, or more than the page reads.

import { expect, test } from '../src/browser.js';
import type { Tab } from '../src/tab.js';

/** `window.damage` says what becomes of the next packet with a delivery. */
const DAMAGE = `{
  const { set } = Object.getOwnPropertyDescriptor(MessagePort.prototype, 'onmessage');
  const harm = { lose: () => true, garble: ({ edits }) => edits.fill(9, 8), cut: (delivery) => void (delivery.edits = delivery.edits.slice(0, 30)) };
  Object.defineProperty(MessagePort.prototype, 'onmessage', {
    set(handler) {
      set.call(this, handler && ((event) => {
        const delivery = window.damage && event.data.messages?.find(({ type }) => type === 'delivery');
        const isLost = delivery && harm[window.damage](delivery) === true;
        if (delivery) window.damage = undefined;
        if (!isLost) handler(event);
      }));
    },
  });
}`;

/** Subscribes twice, and keeps a copy of the rows by the diffs alone. */
async function watch(tab: Tab): Promise<void> {
  await tab.page.evaluate(async () => {
    const { applyEdits } = (await import('/index.js' as string)) as typeof import('tidewater');
    const notes = window.db.subscribe('SELECT id, body FROM note ORDER BY id');
    const count = window.db.subscribe<{ n: number }>('SELECT count(*) AS n FROM note');
    await Promise.all([notes.ready, count.ready]);
    const copy = [...notes.rows];
    const seen = { copy, diffs: 0, torn: 0 };
    notes.on('diff', ({ edits }) => {
      applyEdits(copy, edits);
      seen.diffs += 1;
      // Both are of one commit at any time.
      if (count.rows[0]?.n !== notes.rows.length) seen.torn += 1;
    });
    Object.assign(window, { seen, notes });
  });
}

const seen = (tab: Tab) =>
  tab.page.evaluate(() => {
    const { seen, notes } = window as unknown as { seen: { copy: unknown[]; diffs: number; torn: number }; notes: { rows: unknown[] } };
    return { rows: notes.rows, isCopied: JSON.stringify(seen.copy) === JSON.stringify(notes.rows), diffs: seen.diffs, torn: seen.torn };
  });

for (const damage of ['lose', 'garble', 'cut']) {
  test(`a packet to a page is damaged (${damage}): its rows are right, and its requests are answered`, async ({ chrome }) => {
    chrome.initScript = DAMAGE;
    const [writer, reader] = [await chrome.tab(), await chrome.tab()];
    for (const tab of [writer, reader]) await tab.open();
    await watch(reader);
    await reader.page.evaluate((damage) => Object.assign(window, { damage }), damage);
    await writer.exec("INSERT INTO note(body) VALUES ('damaged')");
    await Promise.all([
      reader.exec("INSERT INTO note(body) VALUES ('under way')"),
      writer.exec("INSERT INTO note(body) VALUES ('after it')"),
    ]);
    const rows = await writer.query('SELECT id, body FROM note ORDER BY id');
    expect(rows).toHaveLength(3);
    await expect.poll(async () => (await seen(reader)).rows).toEqual(rows);
    expect(await seen(reader)).toMatchObject({ isCopied: true, torn: 0 });
    await reader.exec("INSERT INTO note(body) VALUES ('goes on')");
    expect(await seen(reader)).toMatchObject({ isCopied: true, torn: 0, rows: { length: 4 } });
  });
}

test('a page that hangs is told of all that it missed at once, and holds up nobody', async ({ chrome }) => {
  const [writer, reader] = [await chrome.tab(), await chrome.tab()];
  for (const tab of [writer, reader]) await tab.open();
  await watch(reader);
  const hanging = reader.page.evaluate(() => {
    const end = performance.now() + 6_000;
    while (performance.now() < end);
    return performance.timeOrigin + performance.now();
  });
  const WRITES = 3_000;
  const written = await writer.page.evaluate(async (writes) => {
    const body = 'x'.repeat(1_000);
    await Promise.all(Array.from({ length: writes }, () => window.db.exec('INSERT INTO note(body) VALUES (?)', [body])));
    return performance.timeOrigin + performance.now();
  }, WRITES);
  expect(written, 'the writer waits for nobody').toBeLessThan(await hanging);
  await expect.poll(async () => (await seen(reader)).rows.length).toBe(WRITES);
  const { diffs, ...rest } = await seen(reader);
  expect(rest).toMatchObject({ isCopied: true, torn: 0 });
  expect(diffs, 'some came, and the rest in one').toBeLessThan(WRITES / 2);
  await reader.exec("INSERT INTO note(body) VALUES ('goes on')");
  expect(await seen(reader)).toMatchObject({ isCopied: true, rows: { length: WRITES + 1 } });
});
