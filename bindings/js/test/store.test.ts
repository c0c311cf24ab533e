// The store: results and edits in, rows and events out.

import { describe, expect, test, vi } from 'vitest';

import { TidewaterError } from '../src/errors.js';
import { type Edit, type Row, applyEdits, compareResults } from '../src/rows.js';
import { State, Subscription } from '../src/subscription.js';
import { parameterFrame } from '../src/values.js';

const COLUMNS = ['id', 'body'];
const row = (id: number, body = `${id}`): Row => ({ id, body });

function subscribed(rows: Row[]) {
  const owner = { unsubscribe: vi.fn(), rebind: vi.fn(async () => {}) };
  const state = new State(1, 'SELECT', undefined, owner);
  const subscription = new Subscription(state);
  const diffs: Edit[][] = [];
  let changes = 0;
  subscription.on('diff', ({ edits }) => diffs.push([...edits]));
  subscription.on('change', () => (changes += 1));
  state.subscribed(1, COLUMNS, 'requery', rows);
  state.tell();
  return { state, subscription, diffs, owner, changes: () => changes };
}

describe('an iteration over results', () => {
  test('gives the present rows and what comes, once each', async () => {
    const { state, subscription } = subscribed([row(1)]);
    const results = subscription[Symbol.asyncIterator]();
    expect(await results.next()).toEqual({ done: false, value: [row(1)] });
    const next = results.next();
    state.edited(2, [{ type: 'insert', index: 1, row: row(2) }]);
    state.tell();
    expect(await next).toEqual({ done: false, value: [row(1), row(2)] });
    subscription.close();
    expect(await results.next()).toEqual({ done: true, value: undefined });
  });

  test('ends while it waits, by return or by close', async () => {
    for (const end of ['return', 'close'] as const) {
      const { subscription } = subscribed([row(1)]);
      const results = subscription[Symbol.asyncIterator]();
      await results.next();
      const waiting = [results.next(), results.next()];
      if (end === 'return') await results.return?.();
      else subscription.close();
      expect(await Promise.all(waiting)).toEqual([
        { done: true, value: undefined },
        { done: true, value: undefined },
      ]);
      expect(await results.next()).toEqual({ done: true, value: undefined });
    }
  });

  test('throws the error of a subscription that has failed for good, and is over', async () => {
    const { state, subscription } = subscribed([row(1)]);
    const results = subscription[Symbol.asyncIterator]();
    await results.next();
    const next = results.next();
    state.failed(new TidewaterError('sql_error', 'no such table'), true);
    state.tell();
    await expect(next).rejects.toMatchObject({ code: 'sql_error' });
    expect(await results.next()).toEqual({ done: true, value: undefined });
  });
});

describe('a subscription', () => {
  test('becomes live with its first result, which is no diff', async () => {
    const { subscription, diffs, changes } = subscribed([row(1)]);
    expect(subscription).toMatchObject({ status: 'live', commit: 1, plan: 'requery', rows: [row(1)] });
    expect(await subscription.ready).toBe(subscription);
    expect(diffs).toEqual([]);
    expect(changes()).toBe(1);
  });

  test('takes edits: a new array, the same objects', () => {
    const { state, subscription, diffs } = subscribed([row(1), row(2), row(3)]);
    const before = subscription.rows;
    state.edited(2, [{ type: 'remove', index: 0 }, { type: 'insert', index: 2, row: row(4) }]);
    state.tell();
    expect(subscription.rows).toEqual([row(2), row(3), row(4)]);
    expect(subscription.rows[0]).toBe(before[1]);
    expect(before).toHaveLength(3);
    expect(subscription.commit).toBe(2);
    expect(diffs).toHaveLength(1);
  });

  test('resumes with a new host: only real changes are told, equal rows stay the same objects', () => {
    const { state, subscription, diffs, changes } = subscribed([row(1), row(2), row(3)]);
    const before = subscription.rows;
    state.subscribed(5, COLUMNS, 'requery', [row(1), row(2), row(3)]);
    state.tell();
    expect(subscription.rows).toBe(before);
    expect(changes()).toBe(1);
    state.subscribed(6, COLUMNS, 'requery', [row(1), row(2, 'new'), row(3)]);
    state.tell();
    expect(diffs).toEqual([[{ type: 'replace', index: 1, row: row(2, 'new') }]]);
    expect(subscription.rows[2]).toBe(before[2]);
  });

  test('goes on after an error that does not close it', () => {
    const { state, subscription } = subscribed([row(1)]);
    state.failed(new TidewaterError('sql_error', 'overflow'), false);
    state.tell();
    expect(subscription).toMatchObject({ status: 'failing', rows: [row(1)], error: { code: 'sql_error' } });
    state.edited(3, [{ type: 'insert', index: 1, row: row(2) }]);
    state.tell();
    expect(subscription).toMatchObject({ status: 'live', rows: [row(1), row(2)], error: undefined });
  });

  test('goes on after an error with the rows it had', () => {
    const { state, subscription, diffs, changes } = subscribed([row(1)]);
    const before = subscription.rows;
    state.failed(new TidewaterError('sql_error', 'overflow'), false);
    state.tell();
    state.edited(3, []);
    state.tell();
    expect(subscription).toMatchObject({ status: 'live', error: undefined });
    expect(subscription.rows).toBe(before);
    expect(changes()).toBe(3);
    expect(diffs).toEqual([]);
  });

  test('rejects ready when the query fails', async () => {
    const state = new State(1, 'SELECT', undefined, { unsubscribe() {}, async rebind() {} });
    const subscription = new Subscription(state);
    state.failed(new TidewaterError('sql_error', 'no such table'), true);
    state.tell();
    await expect(subscription.ready).rejects.toMatchObject({ code: 'sql_error' });
    expect(subscription.status).toBe('error');
  });

  test('takes other parameters, whose edits are no commit’s; a new host is asked for those', async () => {
    const { state, subscription, owner } = subscribed([row(1), row(2)]);
    const marks: boolean[] = [];
    subscription.on('diff', ({ rebound }) => marks.push(rebound));
    await subscription.rebind([7]);
    const params = parameterFrame([7]);
    expect(owner.rebind).toHaveBeenCalledExactlyOnceWith(1, params);
    expect(state.params).toBeUndefined();
    state.rebound(params, true);
    state.edited(1, [{ type: 'remove', index: 0 }]);
    state.tell();
    state.edited(2, [{ type: 'insert', index: 0, row: row(1) }]);
    state.tell();
    expect(state.params).toEqual(params);
    expect(marks).toEqual([true, false]);
  });

  test('refuses parameters of no known kind, and any once it has ended', async () => {
    const { state, subscription, owner } = subscribed([row(1)]);
    await expect(subscription.rebind([Symbol() as never])).rejects.toMatchObject({ code: 'bad_parameters' });
    state.failed(new TidewaterError('sql_error', 'no such table'), true);
    await expect(subscription.rebind([1])).rejects.toMatchObject({ code: 'sql_error' });
    subscription.close();
    await expect(subscription.rebind([1])).rejects.toMatchObject({ code: 'closed' });
    expect(owner.rebind).not.toHaveBeenCalled();
  });

  test('closes once and tells nothing afterwards', () => {
    const { state, subscription, owner, changes } = subscribed([row(1)]);
    subscription.close();
    subscription.close();
    expect(owner.unsubscribe).toHaveBeenCalledOnce();
    const told = changes();
    state.edited(2, [{ type: 'remove', index: 0 }]);
    state.tell();
    expect(changes()).toBe(told);
    expect(subscription.status).toBe('closed');
  });

  test('is a store: calls at once and at every change until stopped', () => {
    const { state, subscription } = subscribed([row(1)]);
    const seen: number[] = [];
    const stop = subscription.subscribe((rows) => seen.push(rows.length));
    state.edited(2, [{ type: 'insert', index: 0, row: row(0) }]);
    state.tell();
    stop();
    state.edited(3, [{ type: 'remove', index: 0 }]);
    state.tell();
    expect(seen).toEqual([1, 2]);
  });

  test('is an async iterable whose slow reader gets the latest', async () => {
    const { state, subscription } = subscribed([row(1)]);
    const iterator = subscription[Symbol.asyncIterator]();
    expect((await iterator.next()).value).toHaveLength(1);
    for (const id of [2, 3]) {
      state.edited(id, [{ type: 'insert', index: 0, row: row(id) }]);
      state.tell();
    }
    expect((await iterator.next()).value).toHaveLength(3);
    const ended = iterator.next();
    subscription.close();
    expect((await ended).done).toBe(true);
  });

  test('one callback’s error does not keep others from theirs', () => {
    const report = vi.fn();
    vi.stubGlobal('reportError', report);
    const { state, subscription, changes } = subscribed([row(1)]);
    subscription.on('change', () => {
      throw new Error('mine');
    });
    const after = vi.fn();
    subscription.on('change', after);
    state.edited(2, [{ type: 'remove', index: 0 }]);
    state.tell();
    expect(report).toHaveBeenCalledOnce();
    expect(after).toHaveBeenCalledOnce();
    expect(changes()).toBe(2);
    vi.unstubAllGlobals();
  });
});

test('comparing two results gives edits from one to the other', () => {
  // A small generator of its own: the same lists in every run.
  let seed = 42;
  const random = (below: number) => (seed = (seed * 1103515245 + 12345) % 2147483648) % below;
  for (let round = 0; round < 500; round += 1) {
    const list = () => Array.from({ length: random(8) }, () => row(random(5)));
    const [before, after] = [list(), list()];
    const compared = compareResults(before, after);
    expect(compared.rows).toEqual(after);
    const applied = before.slice();
    applyEdits(applied, compared.edits);
    expect(applied).toEqual(after);
    // Objects are reused, never shared between two places.
    const reused = compared.rows.filter((one) => before.includes(one));
    expect(new Set(reused).size).toBe(reused.length);
  }
});
