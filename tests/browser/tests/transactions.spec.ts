// Transactions whose statements an application decides on one by one.

import { expect, test } from '../src/browser.js';

test('a callback reads and writes in one transaction, and others see all of it or nothing', async ({ chrome }) => {
  const [active, follower] = [await chrome.tab(), await chrome.tab()];
  for (const tab of [active, follower]) await tab.open();
  await active.exec("CREATE TABLE account(name TEXT PRIMARY KEY, amount INTEGER CHECK (amount >= 0)); INSERT INTO account VALUES ('a', 100), ('b', 0)");
  await active.subscribe('SELECT amount FROM account ORDER BY name');
  const transfer = (tab: typeof active, amount: number) =>
    tab.page.evaluate(
      (amount) =>
        window.db
          .transaction(async (tx) => {
            await tx.exec("UPDATE account SET amount = amount + ? WHERE name = 'b'", [amount]);
            const { left } = (await tx.get<{ left: number }>("SELECT amount - ? AS left FROM account WHERE name = 'a'", [amount]))!;
            await tx.exec("UPDATE account SET amount = ? WHERE name = 'a'", [left]);
            return left;
          })
          .catch(({ code }: { code: string }) => code),
      amount,
    );
  // Both at once, several times: no one overwrites what the other did.
  const done = await Promise.all([active, follower, active, follower].map((tab) => transfer(tab, 20)));
  expect([...done].sort()).toEqual([20, 40, 60, 80]);
  expect(await transfer(follower, 50)).toBe('constraint');
  await active.expectRows('SELECT amount FROM account ORDER BY name', [{ amount: 20 }, { amount: 80 }]);
});

test('while one is open others wait, and one that is not used ends by itself', async ({ chrome }) => {
  const [active, follower] = [await chrome.tab(), await chrome.tab()];
  for (const tab of [active, follower]) await tab.open();
  const outcomes = await active.page.evaluate(async () => {
    const insert = 'INSERT INTO note(body) VALUES (?)';
    // What is asked for before it, and inside it without `tx`, waits and is done later.
    const before = window.db.exec(insert, ['before']);
    const open = window.db.transaction(async (tx) => {
      await tx.exec(insert, ['inside']);
      await window.db.exec(insert, ['waits for itself']);
    });
    const code = await open.then(() => 'done', ({ code }: { code: string }) => code);
    return [code, (await before).changes];
  });
  expect(outcomes).toEqual(['transaction_lost', 1]);
  expect(await follower.query('SELECT body FROM note ORDER BY id')).toEqual([{ body: 'before' }, { body: 'waits for itself' }]);
});

test('one dies with the active tab, and is run again if that is wanted', async ({ chrome }) => {
  const [active, follower] = [await chrome.tab(), await chrome.tab()];
  for (const tab of [active, follower]) await tab.open();
  await active.expectRole('active');
  const outcome = follower.page.evaluate(async () => {
    const run = async (retry: boolean) => {
      let runs = 0;
      const code = await window.db
        .transaction(
          async (tx) => {
            runs += 1;
            await tx.exec('INSERT INTO note(body) VALUES (?)', [`retry ${retry}, run ${runs}`]);
            if (runs === 1) (window as unknown as { inside: number }).inside = retry ? 2 : 1;
            for (let n = 0; n < 20 && runs === 1; n += 1) {
              await new Promise((resolve) => setTimeout(resolve, 100));
              await tx.query('SELECT 1');
            }
          },
          { retry },
        )
        .then(() => 'done', ({ code }: { code: string }) => code);
      return `${code} after ${runs}`;
    };
    return await run(true);
  });
  await follower.page.waitForFunction(() => (window as unknown as { inside?: number }).inside === 2);
  await active.page.close();
  expect(await outcome).toBe('done after 2');
  expect(await follower.query('SELECT body FROM note')).toEqual([{ body: 'retry true, run 2' }]);
});
