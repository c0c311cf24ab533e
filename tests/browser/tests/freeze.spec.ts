// A tab that the browser freezes gives the database up at once, and comes back when it thaws.

import { expect, test } from '../src/browser.js';
import { DevTools } from '../src/devtools.js';

const OPEN = `import('/index.js').then(async ({ open }) => {
  window.db = await open({ name: 'test', schema: 'CREATE TABLE IF NOT EXISTS note(body TEXT)' });
  window.notes = db.subscribe('SELECT body FROM note ORDER BY rowid');
  await notes.ready;
})`;

test('the active tab is frozen and thaws', async ({ served, browserProfile }) => {
  const devtools = new DevTools(browserProfile);
  try {
    const active = await devtools.tab(served.url);
    await active.evaluate(OPEN);
    await active.until("db.status.role === 'active'");
    const other = await devtools.tab(served.url);
    await other.evaluate(OPEN);
    await other.activate();
    await active.until("document.visibilityState === 'hidden'");
    await active.evaluate(`document.addEventListener('freeze', () => window.froze = true)`);
    await active.lifecycle('frozen');

    // Without a write: the last word of the tab that freezes is enough. A write sent at once could still meet that tab.
    await other.until("db.status.role === 'active'");
    await other.evaluate(`db.exec("INSERT INTO note VALUES ('while frozen')")`);
    expect(await other.evaluate('db.storage')).toBe('opfs');

    await active.lifecycle('active');
    expect(await active.evaluate('window.froze')).toBe(true);
    await active.until("notes.rows.length === 1 && notes.rows[0].body === 'while frozen'");
    expect(await active.evaluate('db.status.role')).toBe('follower');
    await active.evaluate(`db.exec("INSERT INTO note VALUES ('after')")`);
    await other.until('notes.rows.length === 2');
  } finally {
    await devtools.close();
  }
});
