// The callback of a transaction: what is asked of the host, and how it ends.

import { expect, test } from 'vitest';

import { TidewaterError } from '../src/errors.js';
import type { Asked } from '../src/requests.js';
import { type Ask, type Transaction, transact } from '../src/transactions.js';

/** A host that does everything, but for the statements that `fails` names. */
function host(fails: (sql: string, n: number) => string | undefined = () => undefined) {
  const said: string[] = [];
  let last = 0;
  const ask: Ask = async (asked: Asked) => {
    const request = (last += 1);
    const name = asked.type === 'step' ? asked.sql : asked.type;
    said.push(name);
    const code = fails(name, said.filter((other) => other === name).length);
    if (code) throw new TidewaterError(code, name);
    const result = { changes: 1, columns: [] };
    return (asked.type === 'step' ? { type: 'stepped', request, result } : { type: 'begun', request }) as never;
  };
  return { ask, said };
}

const code = (promise: Promise<unknown>) => promise.then(() => 'done', (error: TidewaterError) => error.code ?? String(error));

test('what the callback returns is given once it is committed', async () => {
  const { ask, said } = host();
  const value = await transact(ask, async (tx) => (await tx.exec('INSERT')).changes + 6, {});
  expect([value, said]).toEqual([7, ['begin', 'INSERT', 'commit']]);
});

test('what it throws undoes it', async () => {
  const { ask, said } = host();
  const failed = transact(ask, () => { throw new Error('mine'); }, {});
  await expect(failed).rejects.toThrow('mine');
  expect(said).toEqual(['begin', 'rollBack']);
});

test('afterwards it is over', async () => {
  const { ask } = host();
  let kept: Transaction | undefined;
  await transact(ask, (tx) => void (kept = tx), {});
  expect(await code(kept!.exec('INSERT'))).toBe('closed');
});

test('within each other: what the inner one did is undone alone', async () => {
  const { ask, said } = host((sql) => (sql === 'BAD' ? 'constraint' : undefined));
  await transact(ask, async (tx) => {
    await tx.transaction((inner) => inner.transaction((innermost) => innermost.exec('DEEP')));
    expect(await code(tx.transaction((inner) => inner.exec('BAD')))).toBe('constraint');
  }, {});
  expect(said).toEqual([
    'begin', 'SAVEPOINT tidewater_1', 'SAVEPOINT tidewater_2', 'DEEP', 'RELEASE tidewater_2', 'RELEASE tidewater_1',
    'SAVEPOINT tidewater_1', 'BAD', 'ROLLBACK TO tidewater_1; RELEASE tidewater_1', 'commit',
  ]);
});

test('one that is lost is run again if that is wanted, and not without end', async () => {
  const lostOnce = (name: string, n: number) => (name === 'commit' && n === 1 ? 'transaction_lost' : undefined);
  expect(await code(transact(host(lostOnce).ask, () => {}, {}))).toBe('transaction_lost');
  expect(await code(transact(host(lostOnce).ask, () => {}, { retry: true }))).toBe('done');
  let runs = 0;
  const never = host((name) => (name === 'commit' ? 'transaction_lost' : undefined));
  expect(await code(transact(never.ask, () => void (runs += 1), { retry: true }))).toBe('transaction_lost');
  expect(runs).toBe(5);
  expect(await code(transact(host((name) => (name === 'commit' ? 'constraint' : undefined)).ask, () => {}, { retry: true }))).toBe('constraint');
});

test('a signal that comes before it is open: it is undone as soon as it is', async () => {
  const said: string[] = [];
  let open = () => {};
  const ask = ((asked: Asked) => {
    said.push(asked.type);
    return new Promise((resolve) => {
      if (asked.type === 'begin') open = () => resolve({ type: 'begun', request: 7 });
      else resolve({ type: 'rolledBack', request: 8 });
    });
  }) as Ask;
  const controller = new AbortController();
  let ran = false;
  const waits = transact(ask, () => void (ran = true), { signal: controller.signal });
  controller.abort(new TidewaterError('mine', 'enough'));
  expect(await code(waits)).toBe('mine');
  open();
  await Promise.resolve();
  await Promise.resolve();
  expect([said, ran]).toEqual([['begin', 'rollBack'], false]);
  expect(await code(transact(ask, () => {}, { signal: controller.signal }))).toBe('mine');
  expect(said).toHaveLength(2);
});

test('a signal ends it', async () => {
  const { ask, said } = host();
  const controller = new AbortController();
  const waits = transact(ask, () => new Promise(() => {}), { signal: controller.signal });
  await Promise.resolve();
  await Promise.resolve();
  controller.abort(new TidewaterError('mine', 'enough'));
  expect(await code(waits)).toBe('mine');
  expect(said).toEqual(['begin', 'rollBack']);
});
