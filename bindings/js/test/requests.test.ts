// What becomes of requests when the host dies: the rules of the protocol's documentation.

import { expect, test } from 'vitest';

import type { PageToHost } from '../src/generated/protocol.js';
import { TidewaterError } from '../src/errors.js';
import { Requests } from '../src/requests.js';

const write = { type: 'exec', sql: 'INSERT' } as const;
const read = { type: 'stats' } as const;
const query = { type: 'query', sql: '?', again: false } as const;

function host(leadership = 'a/1') {
  const posted: (PageToHost & { request: number })[] = [];
  return { leadership, posted, post: (message: PageToHost) => void posted.push(message as never) };
}

async function outcome(promise: Promise<unknown>): Promise<string> {
  const pending = new Promise<string>((resolve) => setTimeout(() => resolve('pending')));
  return Promise.race([promise.then(() => 'done', (error: TidewaterError) => error.code), pending]);
}

test('answers go to their requests', async () => {
  const requests = new Requests();
  const [one, two] = [requests.add(write, 'writes', host()), requests.add(read, 'reads', host())];
  requests.answered({ type: 'executed', request: 1, commit: 4, changes: 2 });
  requests.answered({ type: 'failed', request: 2, error: { code: 'sql_error', message: 'no' } });
  expect(await one).toMatchObject({ commit: 4, changes: 2 });
  await expect(two).rejects.toMatchObject({ code: 'sql_error' });
  expect(requests.known).toBe(4);
});

test('what was never posted is posted to the next host, in order', () => {
  const first = host();
  const requests = new Requests();
  void requests.add(write, 'writes', undefined);
  void requests.add(read, 'reads', undefined);
  requests.welcomed(9, 9, first);
  expect(first.posted.map(({ type }) => type)).toEqual(['exec', 'stats']);
});

test('a rebind under way is known until it is answered, and repeated like a read', async () => {
  const requests = new Requests();
  requests.heard(7);
  const rebind = { type: 'rebind', subscription: 3 } as const;
  const rebound = requests.add(rebind, 'reads', host());
  expect(requests.pending(1)).toMatchObject(rebind);
  const next = host('b/2');
  requests.welcomed(8, 9, next);
  expect(next.posted).toMatchObject([{ type: 'rebind', subscription: 3, request: 1 }]);
  requests.answered({ type: 'rebound', request: 1, commit: 9 });
  expect(await outcome(rebound)).toBe('done');
  expect(requests.pending(1)).toBeUndefined();
});

test('a write under way is repeated if nothing was committed since', async () => {
  const requests = new Requests();
  requests.heard(7);
  const written = requests.add(write, 'writes', host());
  const next = host('b/2');
  requests.welcomed(7, 8, next);
  expect(next.posted).toHaveLength(1);
  requests.answered({ type: 'executed', request: 1, commit: 9, changes: 1 });
  expect(await outcome(written)).toBe('done');
});

test('a write under way has an unknown outcome if something was', async () => {
  const requests = new Requests();
  requests.heard(7);
  const written = requests.add(write, 'writes', host());
  const queried = requests.add(read, 'reads', host());
  const next = host('b/2');
  requests.welcomed(8, 9, next);
  expect(await outcome(written)).toBe('outcome_unknown');
  expect(next.posted.map(({ type }) => type)).toEqual(['stats']);
  expect(await outcome(queried)).toBe('pending');
});

test('a query under way is repeated as it was if nothing was committed since, and else only to be read', async () => {
  const requests = new Requests();
  requests.heard(7);
  const queried = requests.add(query, 'unknown', host());
  const [second, third, fourth] = [host('b/2'), host('c/3'), host('d/4')];
  requests.welcomed(7, 7, second);
  requests.welcomed(8, 8, third);
  requests.welcomed(8, 8, fourth);
  const again = [second, third, fourth].map(({ posted: [message] }) => message && 'again' in message && message.again);
  // The second host may have run it, whatever happened since the third.
  expect(again).toEqual([false, true, true]);
  requests.answered({ type: 'failed', request: 1, error: { code: 'outcome_unknown', message: 'it writes' } });
  expect(await outcome(queried)).toBe('outcome_unknown');
});

test('a query that was never posted is posted as it is', () => {
  const requests = new Requests();
  requests.heard(7);
  void requests.add(query, 'unknown', undefined);
  const first = host();
  requests.welcomed(9, 9, first);
  expect(first.posted).toMatchObject([{ type: 'query', again: false }]);
});

test('a delivery of the write itself is no proof that nothing was committed', async () => {
  const requests = new Requests();
  requests.heard(7);
  const written = requests.add(write, 'writes', host());
  requests.heard(8, 1);
  requests.welcomed(8, 8, host('b/2'));
  expect(await outcome(written)).toBe('outcome_unknown');
});

test('a write under way is not repeated to the host that may still come to it', async () => {
  const requests = new Requests();
  requests.heard(7);
  const written = requests.add(write, 'writes', host());
  const again = host();
  requests.welcomed(7, 7, again);
  expect(again.posted).toHaveLength(0);
  expect(await outcome(written)).toBe('outcome_unknown');
});

test('a new database in memory begins to count again', async () => {
  const requests = new Requests();
  requests.heard(7);
  const lost = requests.add(write, 'writes', host());
  requests.welcomed(0, 1, host('b/2'));
  expect(await outcome(lost)).toBe('outcome_unknown');
  expect(requests.known).toBe(1);
});

test('closing rejects everything, writes under way with an unknown outcome', async () => {
  const requests = new Requests();
  const posted = requests.add(write, 'writes', host());
  const waiting = requests.add(write, 'writes', undefined);
  const queried = requests.add(query, 'unknown', host());
  const counted = requests.add(read, 'reads', host());
  requests.abandon(new TidewaterError('closed', 'the database was closed'));
  expect([await outcome(posted), await outcome(waiting)]).toEqual(['outcome_unknown', 'closed']);
  expect([await outcome(queried), await outcome(counted)]).toEqual(['closed', 'closed']);
  const [written, asked] = [requests.add(write, 'writes', host()), requests.add(query, 'unknown', host())];
  requests.abandon(new TidewaterError('unavailable', 'no tab can open the database'));
  expect([await outcome(written), await outcome(asked)]).toEqual(['outcome_unknown', 'outcome_unknown']);
});

test('what a dead host had is given to the next one by one, and what came later waits', async () => {
  const requests = new Requests();
  const first = host();
  const answered = requests.add(read, 'reads', first);
  const [one, two] = [requests.add(read, 'reads', first), requests.add(query, 'unknown', first)];
  requests.answered({ type: 'failed', request: 1, error: { code: 'sql_error', message: 'no' } });
  await expect(answered).rejects.toMatchObject({ code: 'sql_error' });
  const next = host('b/2');
  const waiting = requests.add(write, 'writes', undefined);
  requests.welcomed(0, 0, next);
  const later = requests.add(read, 'reads', next);
  expect(next.posted.map(({ request }) => request)).toEqual([2]);
  requests.answered({ type: 'failed', request: 2, error: { code: 'sql_error', message: 'no' } });
  await expect(one).rejects.toMatchObject({ code: 'sql_error' });
  expect(next.posted.map(({ request }) => request)).toEqual([2, 3]);
  requests.answered({ type: 'failed', request: 3, error: { code: 'sql_error', message: 'no' } });
  await expect(two).rejects.toMatchObject({ code: 'sql_error' });
  expect(next.posted.map(({ request }) => request)).toEqual([2, 3, 4, 5]);
  expect([await outcome(waiting), await outcome(later)]).toEqual(['pending', 'pending']);
});

test('a request that every host dies of is given to four, and what is innocent is answered', async () => {
  const requests = new Requests();
  const hosts = ['a/1', 'b/2', 'c/3', 'd/4', 'e/5'].map(host);
  const poison = requests.add(query, 'unknown', hosts[0]);
  const innocent = requests.add(read, 'reads', hosts[0]);
  for (const [at, next] of hosts.slice(1).entries()) {
    requests.welcomed(at, at, next);
    // The poison is tried first, and kills each of them but the last, which does not get it.
    const expected = next.leadership === 'e/5' ? [2] : [1];
    expect(next.posted.map(({ request }) => request)).toEqual(expected);
  }
  expect(await outcome(poison)).toBe('poisoned_request');
  requests.answered({ type: 'failed', request: 2, error: { code: 'sql_error', message: 'no' } });
  expect(await outcome(innocent)).toBe('sql_error');
});

test('a suspect that the application gives up is tried no more, and the next one is', async () => {
  const requests = new Requests();
  const first = host();
  const [one, two] = [new AbortController(), new AbortController()];
  const given = [one, two].map(({ signal }) => requests.add(read, 'reads', first, signal));
  void requests.add(query, 'unknown', first);
  const next = host('b/2');
  requests.welcomed(0, 0, next);
  two.abort();
  one.abort();
  for (const promise of given) await expect(promise).rejects.toMatchObject({ name: 'AbortError' });
  expect(next.posted.map(({ request }) => request)).toEqual([1]);
  requests.answered({ type: 'failed', request: 1, error: { code: 'sql_error', message: 'it was under way' } });
  expect(next.posted.map(({ request }) => request)).toEqual([1, 3]);
});

test('a query that a former host may have run has an unknown outcome when nobody will answer, also while it waits for its trial', async () => {
  const requests = new Requests();
  const first = host();
  const tried = requests.add(read, 'reads', first);
  const waiting = requests.add(query, 'unknown', first);
  requests.welcomed(8, 8, host('b/2'));
  requests.abandon(new TidewaterError('unavailable', 'no tab can open the database'));
  expect([await outcome(tried), await outcome(waiting)]).toEqual(['unavailable', 'outcome_unknown']);
});
