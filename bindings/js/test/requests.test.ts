// What becomes of requests when the host dies: the rules of the protocol's documentation.

import { expect, test } from 'vitest';

import type { PageToHost } from '../src/generated/protocol.js';
import { TidewaterError } from '../src/errors.js';
import { Requests } from '../src/requests.js';

const write = { type: 'exec', sql: 'INSERT' } as const;
const read = { type: 'query', sql: 'SELECT' } as const;

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
  const [one, two] = [requests.add(write, true, host()), requests.add(read, false, host())];
  requests.answered({ type: 'executed', request: 1, commit: 4, changes: 2 });
  requests.answered({ type: 'failed', request: 2, error: { code: 'sql_error', message: 'no' } });
  expect(await one).toMatchObject({ commit: 4, changes: 2 });
  await expect(two).rejects.toMatchObject({ code: 'sql_error' });
  expect(requests.known).toBe(4);
});

test('what was never posted is posted to the next host, in order', () => {
  const first = host();
  const requests = new Requests();
  void requests.add(write, true, undefined);
  void requests.add(read, false, undefined);
  requests.welcomed(9, 9, first);
  expect(first.posted.map(({ type }) => type)).toEqual(['exec', 'query']);
});

test('a rebind under way is known until it is answered, and repeated like a read', async () => {
  const requests = new Requests();
  requests.heard(7);
  const rebind = { type: 'rebind', subscription: 3 } as const;
  const rebound = requests.add(rebind, false, host());
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
  const written = requests.add(write, true, host());
  const next = host('b/2');
  requests.welcomed(7, 8, next);
  expect(next.posted).toHaveLength(1);
  requests.answered({ type: 'executed', request: 1, commit: 9, changes: 1 });
  expect(await outcome(written)).toBe('done');
});

test('a write under way has an unknown outcome if something was', async () => {
  const requests = new Requests();
  requests.heard(7);
  const written = requests.add(write, true, host());
  const queried = requests.add(read, false, host());
  const next = host('b/2');
  requests.welcomed(8, 9, next);
  expect(await outcome(written)).toBe('outcome_unknown');
  expect(next.posted.map(({ type }) => type)).toEqual(['query']);
  expect(await outcome(queried)).toBe('pending');
});

test('a delivery of the write itself is no proof that nothing was committed', async () => {
  const requests = new Requests();
  requests.heard(7);
  const written = requests.add(write, true, host());
  requests.heard(8, 1);
  requests.welcomed(8, 8, host('b/2'));
  expect(await outcome(written)).toBe('outcome_unknown');
});

test('a write under way is not repeated to the host that may still come to it', async () => {
  const requests = new Requests();
  requests.heard(7);
  const written = requests.add(write, true, host());
  const again = host();
  requests.welcomed(7, 7, again);
  expect(again.posted).toHaveLength(0);
  expect(await outcome(written)).toBe('outcome_unknown');
});

test('a new database in memory begins to count again', async () => {
  const requests = new Requests();
  requests.heard(7);
  const lost = requests.add(write, true, host());
  requests.welcomed(0, 1, host('b/2'));
  expect(await outcome(lost)).toBe('outcome_unknown');
  expect(requests.known).toBe(1);
});

test('closing rejects everything, writes under way with an unknown outcome', async () => {
  const requests = new Requests();
  const posted = requests.add(write, true, host());
  const waiting = requests.add(write, true, undefined);
  requests.abandon(new TidewaterError('closed', 'the database was closed'));
  expect([await outcome(posted), await outcome(waiting)]).toEqual(['outcome_unknown', 'closed']);
});
