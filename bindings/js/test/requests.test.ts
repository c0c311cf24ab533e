// What becomes of requests when the host dies: the rules of the protocol's documentation.

import { expect, test } from 'vitest';

import type { PageToHost } from '../src/generated/protocol.js';
import { TidewaterError } from '../src/errors.js';
import { Requests } from '../src/requests.js';

const write = { type: 'exec', sql: 'INSERT' } as const;
const read = { type: 'stats' } as const;
const query = { type: 'query', sql: '?' } as const;

type Posted = PageToHost & { request: number; seq?: number; acknowledged?: number };

function host(leadership = 'a/1') {
  const posted: Posted[] = [];
  return { leadership, posted, post: (message: PageToHost) => void posted.push(message as never) };
}

function welcomed(requests: Requests, to: ReturnType<typeof host>, applied = 0, database = 'database', commit = 0) {
  requests.welcomed({ database, applied, commit }, to);
  return to;
}

/** Requests that a host has welcomed. */
function connected(first = host()) {
  const requests = new Requests();
  welcomed(requests, first);
  return requests;
}

const executed = (request: number, commit = 4) => ({ type: 'executed', request, commit, changes: 1 }) as const;
const failed = (request: number, code = 'sql_error') => ({ type: 'failed', request, error: { code, message: 'no' } }) as const;
const requestsOf = ({ posted }: ReturnType<typeof host>) => posted.map(({ request }) => request);

async function outcome(promise: Promise<unknown>): Promise<string> {
  const pending = new Promise<string>((resolve) => setTimeout(() => resolve('pending')));
  return Promise.race([promise.then(() => 'done', (error: TidewaterError) => error.code), pending]);
}

test('answers go to their requests', async () => {
  const requests = connected();
  const [one, two] = [requests.add(write, 'writes'), requests.add(read, 'reads')];
  requests.answered({ type: 'executed', request: 1, commit: 4, changes: 2 });
  requests.answered(failed(2));
  expect(await one).toMatchObject({ commit: 4, changes: 2 });
  await expect(two).rejects.toMatchObject({ code: 'sql_error' });
  expect(requests.known).toBe(4);
});

test('what was never posted is posted to the next host, in order', () => {
  const requests = new Requests();
  void requests.add(write, 'writes');
  void requests.add(read, 'reads');
  const first = welcomed(requests, host());
  expect(first.posted.map(({ type }) => type)).toEqual(['exec', 'stats']);
});

test('a rebind under way is known until it is answered, and posted again', async () => {
  const requests = connected();
  const rebind = { type: 'rebind', subscription: 3 } as const;
  const rebound = requests.add(rebind, 'reads');
  expect(requests.pending(1)).toMatchObject(rebind);
  const next = welcomed(requests, host('b/2'));
  expect(next.posted).toMatchObject([{ type: 'rebind', subscription: 3, request: 1 }]);
  requests.answered({ type: 'rebound', request: 1, commit: 9 });
  expect(await outcome(rebound)).toBe('done');
  expect(requests.pending(1)).toBeUndefined();
});

test('what may write is numbered as it is posted first, and says up to where the answers are known', () => {
  const first = host();
  const requests = connected(first);
  for (const asked of [write, read, query, write]) void requests.add(asked, asked === read ? 'reads' : 'unknown');
  requests.answered(executed(1));
  void requests.add(write, 'writes');
  requests.answered(executed(4));
  void requests.add(write, 'writes');
  const numbers = first.posted.map(({ seq, acknowledged }) => [seq, acknowledged]);
  expect(numbers).toEqual([[1, 0], [undefined, undefined], [2, 0], [3, 0], [4, 1], [5, 1]]);
  requests.answered({ type: 'queried', request: 3, commit: 4, columns: [], rows: new Uint8Array() });
  void requests.add(write, 'writes');
  expect(first.posted.at(-1)).toMatchObject({ seq: 6, acknowledged: 3 });
});

test('a write under way is posted again under its number, and answered as it was done', async () => {
  const requests = connected();
  const written = [requests.add(write, 'writes'), requests.add(write, 'writes'), requests.add(query, 'unknown')];
  const next = welcomed(requests, host('b/2'), 2);
  // The first two were done: they are answered from the record, and the third is tried meanwhile.
  expect(next.posted).toMatchObject([{ request: 1, seq: 1 }, { request: 2, seq: 2 }]);
  requests.answered(executed(1));
  requests.answered(executed(2));
  expect(next.posted.at(-1)).toMatchObject({ request: 3, seq: 3, acknowledged: 2 });
  requests.answered(executed(3));
  expect(await Promise.all(written.map(outcome))).toEqual(['done', 'done', 'done']);
});

test('the same host that welcomes again is given everything again', () => {
  const requests = connected();
  void requests.add(write, 'writes');
  void requests.add(write, 'writes');
  const again = welcomed(requests, host());
  expect(again.posted).toMatchObject([{ seq: 1 }, { seq: 2 }]);
});

test('what a host that was lost had is not posted to it any more', () => {
  const first = host();
  const requests = connected(first);
  requests.lost();
  void requests.add(write, 'writes');
  expect(first.posted).toEqual([]);
  expect(requestsOf(welcomed(requests, host('b/2')))).toEqual([1]);
});

test('a record that was deleted ends what was under way, and what comes later is done', async () => {
  const requests = connected();
  void requests.add(write, 'writes');
  requests.answered(executed(1));
  const [under, reading] = [requests.add(write, 'writes'), requests.add(read, 'reads')];
  requests.lost();
  const later = requests.add(write, 'writes');
  const next = welcomed(requests, host('b/2'), 0);
  expect(await outcome(under)).toBe('session_expired');
  expect(requestsOf(next)).toEqual([3]);
  requests.answered(failed(3));
  expect(await outcome(reading)).toBe('sql_error');
  expect(next.posted.at(-1)).toMatchObject({ request: 4, seq: 3 });
  requests.answered(executed(4));
  expect(await outcome(later)).toBe('done');
});

test('a client that has written nothing yet, or another database, is no record that was deleted', async () => {
  for (const database of ['database', 'another']) {
    const requests = connected();
    if (database === 'another') {
      void requests.add(write, 'writes');
      requests.answered(executed(1));
    }
    const under = requests.add(write, 'writes');
    const next = welcomed(requests, host('b/2'), 0, database, 1);
    expect(next.posted).toHaveLength(1);
    expect(await outcome(under)).toBe('pending');
    expect(requests.known).toBe(1);
  }
});

test('closing rejects everything, writes under way with an unknown outcome', async () => {
  const requests = connected();
  const posted = requests.add(write, 'writes');
  const queried = requests.add(query, 'unknown');
  const counted = requests.add(read, 'reads');
  requests.lost();
  const waiting = requests.add(write, 'writes');
  requests.abandon(new TidewaterError('closed', 'the database was closed'));
  expect([await outcome(posted), await outcome(waiting)]).toEqual(['outcome_unknown', 'closed']);
  expect([await outcome(queried), await outcome(counted)]).toEqual(['closed', 'closed']);
});

test('what may have been done has an unknown outcome where nobody will answer, also while it waits for its trial', async () => {
  const requests = connected();
  const [tried, waiting] = [requests.add(read, 'reads'), requests.add(query, 'unknown')];
  welcomed(requests, host('b/2'));
  requests.abandon(new TidewaterError('unavailable', 'no tab can open the database'));
  expect([await outcome(tried), await outcome(waiting)]).toEqual(['unavailable', 'outcome_unknown']);
});

test('only so many are under way at a time, and the others follow as answers come', () => {
  const first = host();
  const requests = connected(first);
  for (let count = 0; count < 1_000; count += 1) void requests.add(write, 'writes');
  const most = first.posted.length;
  expect(most).toBeLessThan(500);
  for (let request = 1; request <= 10; request += 1) requests.answered(executed(request));
  expect(requestsOf(first)).toEqual(Array.from({ length: most + 10 }, (_, index) => index + 1));
});

test('what a dead host had is given to the next one by one, and what came later waits', async () => {
  const requests = connected();
  const answered = requests.add(read, 'reads');
  const [one, two] = [requests.add(read, 'reads'), requests.add(query, 'unknown')];
  requests.answered(failed(1));
  expect(await outcome(answered)).toBe('sql_error');
  requests.lost();
  const waiting = requests.add(write, 'writes');
  const next = welcomed(requests, host('b/2'));
  const later = requests.add(read, 'reads');
  expect(requestsOf(next)).toEqual([2]);
  requests.answered(failed(2));
  expect(await outcome(one)).toBe('sql_error');
  expect(requestsOf(next)).toEqual([2, 3]);
  requests.answered(failed(3));
  expect(await outcome(two)).toBe('sql_error');
  expect(requestsOf(next)).toEqual([2, 3, 4, 5]);
  expect([await outcome(waiting), await outcome(later)]).toEqual(['pending', 'pending']);
});

test('a request that every host dies of is given to four, and what is innocent is answered', async () => {
  const hosts = ['a/1', 'b/2', 'c/3', 'd/4', 'e/5'].map(host);
  const requests = connected(hosts[0]);
  const poison = requests.add(query, 'unknown');
  const innocent = requests.add(read, 'reads');
  for (const next of hosts.slice(1)) {
    // The poison is tried first, and kills each of them but the last, which does not get it.
    expect(requestsOf(welcomed(requests, next))).toEqual(next.leadership === 'e/5' ? [2] : [1]);
  }
  expect(await outcome(poison)).toBe('poisoned_request');
  requests.answered(failed(2));
  expect(await outcome(innocent)).toBe('sql_error');
});

test('a suspect that the application gives up is tried no more, and the next one is', async () => {
  const requests = connected();
  const [one, two] = [new AbortController(), new AbortController()];
  const given = [one, two].map(({ signal }) => requests.add(read, 'reads', signal));
  void requests.add(query, 'unknown');
  const next = welcomed(requests, host('b/2'));
  expect(requestsOf(next)).toEqual([1]);
  two.abort();
  one.abort();
  for (const promise of given) await expect(promise).rejects.toMatchObject({ name: 'AbortError' });
  expect(requestsOf(next)).toEqual([1, 3]);
});

test('what belongs to an open transaction waits for nothing, and a step dies with its host', async () => {
  const first = host();
  const requests = connected(first);
  // More than are under way at a time.
  const writes = Array.from({ length: 300 }, () => requests.add(write, 'writes'));
  writes.forEach((promise) => promise.catch(() => {}));
  const step = requests.add({ type: 'step', transaction: 1, sql: 'INSERT' }, 'step');
  expect(first.posted.at(-1)).toMatchObject({ type: 'step', request: 301 });
  requests.lost();
  expect(await outcome(step)).toBe('transaction_lost');
  expect(await outcome(requests.add({ type: 'step', transaction: 1, sql: 'INSERT' }, 'step'))).toBe('transaction_lost');
});

test('a commit has a number of its own, and is posted again to the next host under it', async () => {
  const first = host();
  const requests = connected(first);
  void requests.add(write, 'writes');
  const commit = requests.add({ type: 'commit', transaction: 1 }, 'commit');
  expect(first.posted.map(({ type, seq }) => [type, seq])).toEqual([['exec', 1], ['commit', 1]]);
  requests.lost();
  const second = welcomed(requests, host('b/2'), 1);
  expect(second.posted.map(({ type, seq }) => [type, seq])).toEqual([['commit', 1], ['exec', 1]]);
  requests.answered(failed(2, 'transaction_lost'));
  expect(await outcome(commit)).toBe('transaction_lost');
  const another = requests.add({ type: 'commit', transaction: 3 }, 'commit');
  expect(second.posted.at(-1)).toMatchObject({ type: 'commit', seq: 2 });
  requests.answered(executed(3));
  expect(await outcome(another)).toBe('done');
  void requests.add(write, 'writes');
  expect(second.posted.at(-1)).toMatchObject({ seq: 2, acknowledged: 0 });
});
