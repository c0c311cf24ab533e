// A subscription: the rows of a query, kept up to date, as a store that any framework can adapt.

import { TidewaterError } from './errors.js';
import { codes, type PlanKind } from './generated/protocol.js';
import { Listeners } from './listeners.js';
import { type Edit, type Row, applyEdits, checkEdits, compareResults } from './rows.js';
import { type Parameters, parameterFrame } from './values.js';

/**
 * `pending` before the first result, `live` from then on; `failing` while the query cannot be answered for the data as they
 * are (`rows` are then the last good ones), `error` when it failed for good, `closed` after `close()`.
 */
export type SubscriptionStatus = 'pending' | 'live' | 'failing' | 'error' | 'closed';

/** What changed since the rows that the application was told of: at one commit, at several that came together, or by other parameters. */
export interface Diff<T = Row> {
  /** The commit that the rows equal now. */
  readonly commit: number;
  /** The steps from the rows before to the rows now. */
  readonly edits: readonly Edit<T>[];
  /** Whether it (or a part of it) is not a commit's: {@link Subscription.rebind} gave the query other parameters. */
  readonly rebound: boolean;
}

/** What callbacks of {@link Subscription.on} are given. */
export interface SubscriptionEvents<T> {
  /** Rows, status or error changed. */
  change: Subscription<T>;
  /** The rows changed by these edits; the first result is none. */
  diff: Diff<T>;
}

/** What a subscription tells its connection. */
export interface SubscriptionOwner {
  unsubscribe(id: number): void;
  /** Resolves when the edits are there. */
  rebind(id: number, params: Uint8Array | undefined): Promise<void>;
}

/** The result of a query, kept up to date. Every change gives a new `rows` array, in which unchanged rows are the same objects. */
export class Subscription<T = Row> implements AsyncIterable<readonly T[]> {
  /** The query. */
  readonly sql: string;
  /** Settles with the first result: this subscription when there are rows, the error when the query failed. */
  readonly ready: Promise<this>;

  readonly #state: State;
  readonly #listeners = new Listeners<SubscriptionEvents<T>>();

  /** @internal */
  constructor(state: State) {
    this.#state = state;
    this.sql = state.sql;
    this.ready = new Promise((resolve, reject) => {
      state.settle = (error) => (error ? reject(error) : resolve(this));
    });
    // Callers that do not wait for it still see the error in `error`.
    this.ready.catch(() => {});
    state.told = (diff) => {
      if (diff) this.#listeners.emit('diff', diff as Diff<T>);
      this.#listeners.emit('change', this);
    };
  }

  /** The rows as of `commit`; empty before the first result. */
  get rows(): readonly T[] {
    return this.#state.show() as readonly T[];
  }

  get status(): SubscriptionStatus {
    return this.#state.status;
  }

  /** Why `status` is `error` or `failing`. */
  get error(): TidewaterError | undefined {
    return this.#state.error;
  }

  /** The commit of the last change of the rows; 0 before the first result. */
  get commit(): number {
    return this.#state.commit;
  }

  /** The names of the columns; empty before the first result. */
  get columns(): readonly string[] {
    return this.#state.columns;
  }

  /** How the result is maintained; undefined before the first result. */
  get plan(): PlanKind | undefined {
    return this.#state.plan;
  }

  /** Calls `callback` at every such event; gives a function that stops it. */
  on<Name extends keyof SubscriptionEvents<T>>(
    name: Name,
    callback: (event: SubscriptionEvents<T>[Name]) => void,
  ): () => void {
    return this.#listeners.on(name, callback);
  }

  /** The store contract of Svelte and RxJS: calls `callback` now and at every change; gives a function that stops it. */
  subscribe(callback: (rows: readonly T[]) => void): () => void {
    const stop = this.on('change', () => callback(this.rows));
    callback(this.rows);
    return stop;
  }

  /** Each result from the present one on; a slow reader misses those in between. Ends with `close()`, throws `error`. */
  [Symbol.asyncIterator](): AsyncIterableIterator<readonly T[], void, void> {
    return new Results(this);
  }

  /**
   * Gives the query other parameters, in place: `rows` become those of the new ones, by edits, and rows that are in both keep
   * their identity. A window slides by it. When it resolves, the edits are there; calls are done in their order, also by another
   * tab that takes over meanwhile. If the parameters do not fit, or the query fails with them, it rejects, and the
   * subscription stays as it was.
   */
  async rebind(params?: Parameters): Promise<void> {
    const { status, error } = this.#state;
    if (status === 'error' && error) throw error;
    if (status === 'closed') throw new TidewaterError(codes.closed, 'the subscription was closed');
    await this.#state.rebind(parameterFrame(params));
  }

  /** Ends it; the rows stay as they are. */
  close(): void {
    if (this.#state.status === 'closed') return;
    this.#state.end();
    this.#listeners.emit('change', this);
    this.#listeners.clear();
  }
}

/** An iteration over the results of a subscription. No generator: `return()` of one waits until `next()` is done, which may be never. */
class Results<T> implements AsyncIterableIterator<readonly T[], void, void> {
  readonly #subscription: Subscription<T>;
  readonly #stop: () => void;
  /** Calls of `next` that wait, and whether there is something that none was given yet. */
  readonly #waiting: { resolve: (result: IteratorResult<readonly T[], void>) => void; reject: (error: unknown) => void }[] = [];
  #changed: boolean;
  #isOver = false;

  constructor(subscription: Subscription<T>) {
    this.#subscription = subscription;
    this.#changed = subscription.status !== 'pending';
    this.#stop = subscription.on('change', () => {
      this.#changed = true;
      this.#answer();
    });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<readonly T[], void>> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#answer();
    });
  }

  return(): Promise<IteratorResult<readonly T[], void>> {
    this.#end();
    return Promise.resolve({ done: true, value: undefined });
  }

  /** Gives what there is to the first call that waits. */
  #answer(): void {
    if (this.#isOver) return this.#end();
    if (!this.#changed || this.#waiting.length === 0) return;
    this.#changed = false;
    const { status, rows, error } = this.#subscription;
    if (status === 'live') this.#waiting.shift()?.resolve({ done: false, value: rows });
    if (status === 'error') this.#waiting.shift()?.reject(error);
    if (status === 'error' || status === 'closed') this.#end();
  }

  /** Ends it, and every call that waits. */
  #end(): void {
    this.#isOver = true;
    this.#stop();
    for (const { resolve } of this.#waiting.splice(0)) resolve({ done: true, value: undefined });
  }
}

/** The connection's side of a subscription. Changes are gathered by the methods and told by `tell`, all subscriptions at once. */
export class State {
  readonly id: number;
  readonly sql: string;
  /** The parameters that the rows are of; those of a rebind that is under way are not yet here. */
  params: Uint8Array | undefined;
  readonly #owner: SubscriptionOwner;

  rows: readonly Row[] = [];
  columns: readonly string[] = [];
  status: SubscriptionStatus = 'pending';
  /** How many hosts died before they answered it. */
  outlived = 0;
  error: TidewaterError | undefined;
  commit = 0;
  plan: PlanKind | undefined;
  settle: (error?: TidewaterError) => void = () => {};
  told: (diff?: Diff) => void = () => {};

  #edits: Edit[] = [];
  #rebound = false;
  #changed = false;
  /** The array in `rows`, if nobody has seen it: then it may change. */
  #own: Row[] | undefined;

  constructor(id: number, sql: string, params: Uint8Array | undefined, owner: SubscriptionOwner) {
    this.id = id;
    this.sql = sql;
    this.params = params;
    this.#owner = owner;
  }

  /** Whether there are rows that more may come to. */
  get hasResult(): boolean {
    return this.status === 'live' || this.status === 'failing';
  }

  /** Takes a whole result: the first one, or a new host's. */
  subscribed(commit: number, columns: readonly string[], plan: PlanKind, rows: readonly Row[]): void {
    this.plan = plan;
    this.result(commit, columns, rows);
  }

  /** Takes a whole result in place of the present one. */
  result(commit: number, columns: readonly string[], rows: readonly Row[]): void {
    if (this.status === 'closed') return;
    const isFirst = this.status === 'pending';
    const isReshaped = !isFirst && !isSameList(this.columns, columns);
    if (isFirst || isReshaped) {
      if (isReshaped) this.#edits.push(...replaceAll(this.rows, rows));
      this.rows = rows;
      this.#changed = true;
    } else {
      const compared = compareResults(this.rows, rows);
      if (compared.edits.length > 0) {
        this.rows = compared.rows;
        this.#edits.push(...compared.edits);
        this.#changed = true;
      }
    }
    this.columns = columns;
    this.#good(commit);
  }

  /** Takes a commit's edits; none say that a query that failed gives its last good rows again. */
  edited(commit: number, edits: readonly Edit[]): void {
    if (this.status === 'closed') return;
    if (edits.length > 0) {
      checkEdits(this.rows.length, edits);
      const rows = this.#own === this.rows ? this.#own : this.rows.slice();
      applyEdits(rows, edits);
      this.rows = this.#own = rows;
      this.#edits.push(...edits);
      this.#changed = true;
    }
    this.#good(commit);
  }

  /** The rows, for the application: they change no more. */
  show(): readonly Row[] {
    this.#own = undefined;
    return this.rows;
  }

  rebind(params: Uint8Array | undefined): Promise<void> {
    return this.#owner.rebind(this.id, params);
  }

  /** The host has taken other parameters; their edits come next, or are none. */
  rebound(params: Uint8Array | undefined, hasEdits: boolean): void {
    this.params = params;
    this.#rebound ||= hasEdits;
  }

  failed(error: TidewaterError, closed: boolean): void {
    if (this.status === 'closed') return;
    this.error = error;
    this.status = closed ? 'error' : 'failing';
    this.#changed = true;
  }

  /** Tells the application what was gathered since the last time. */
  tell(): void {
    const rebound = this.#rebound;
    this.#rebound = false;
    if (!this.#changed || this.status === 'closed') return;
    this.#changed = false;
    this.#own = undefined;
    const edits = this.#edits;
    this.#edits = [];
    if (this.status === 'live') this.settle();
    if (this.status === 'error') this.settle(this.error);
    this.told(edits.length > 0 ? { commit: this.commit, edits, rebound } : undefined);
  }

  end(): void {
    this.status = 'closed';
    this.settle(new TidewaterError(codes.closed, 'the subscription was closed before its first result'));
    this.#owner.unsubscribe(this.id);
  }

  #good(commit: number): void {
    if (this.#changed || this.commit === 0) this.commit = commit;
    if (this.status !== 'live') this.#changed = true;
    this.status = 'live';
    this.error = undefined;
  }
}

function replaceAll(before: readonly Row[], after: readonly Row[]): Edit[] {
  const removals = before.map((_, index): Edit => ({ type: 'remove', index: before.length - 1 - index }));
  return [...removals, ...after.map((row, index): Edit => ({ type: 'insert', index, row }))];
}

function isSameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index]);
}
