// Who listens to commits: what is told, when, and that every wait ends.

import { expect, test, vi } from 'vitest';

import { type CommitEvent, Commits } from '../src/commits.js';
import { TidewaterError } from '../src/errors.js';

const committed = (commit: number, tables: string[], more: { isPartial?: boolean; cause?: number } = {}) =>
  ({ type: 'committed', commit, tables, isPartial: false, ...more }) as const;

function listening() {
  const commits = new Commits(() => {});
  const events: CommitEvent[] = [];
  const stop = commits.listen((event) => events.push(event));
  return { commits, events, stop };
}

test('a commit is told with its tables, once the rows are of it', () => {
  const { commits, events } = listening();
  commits.heard(committed(4, ['note', 'tidewater_schema'], { cause: 7 }));
  expect(events).toEqual([]);
  commits.tell(4);
  commits.tell(4);
  expect(events).toEqual([{ commit: 4, tables: ['note'], isPartial: false, cause: 'own' }]);
});

test('one that wrote nothing of the application’s is not told', () => {
  const { commits, events } = listening();
  commits.heard(committed(4, []));
  commits.heard(committed(5, ['tidewater_schema']));
  commits.heard(committed(6, [], { isPartial: true }));
  commits.tell(6);
  expect(events).toEqual([{ commit: 6, tables: [], isPartial: true, cause: 'other' }]);
});

test('another host does not know what was heard: anything may have changed', () => {
  const { commits, events, stop } = listening();
  commits.resumed(9);
  commits.tell(9);
  expect(events).toEqual([{ commit: 9, tables: [], isPartial: true, cause: 'other' }]);
  stop();
  commits.resumed(10);
  commits.tell(10);
  expect(events).toHaveLength(1);
});

test('nothing is asked of the host before somebody listens or waits, and it is asked once', async () => {
  const wanted = vi.fn();
  const commits = new Commits(wanted);
  expect(commits.isWanted).toBe(false);
  const reached = commits.reached(3, 1_000);
  commits.listen(() => {});
  expect([commits.isWanted, wanted.mock.calls.length]).toEqual([true, 1]);
  commits.tell(2);
  commits.tell(3);
  await reached;
});

test('a wait ends by its commit, its time, its signal or the end of all', async () => {
  const commits = new Commits(() => {});
  const controller = new AbortController();
  const outcome = (promise: Promise<void>) => promise.then(() => 'done', (error: TidewaterError | string) => (error as TidewaterError).code ?? error);
  const outcomes = [commits.reached(5, 1_000), commits.reached(9, 5), commits.reached(9, 1_000, controller.signal), commits.reached(9, Infinity)].map(outcome);
  commits.tell(6);
  controller.abort('enough');
  await outcomes[1];
  commits.end(new TidewaterError('closed', 'over'));
  expect(await Promise.all(outcomes)).toEqual(['done', 'timeout', 'enough', 'closed']);
  expect(await outcome(commits.reached(9, 1_000, AbortSignal.abort('before')))).toBe('before');
});
