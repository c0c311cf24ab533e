// What the application holds: a database that all tabs of the origin share.

import type { PageClient } from './client.js';
import type { CommitEvent } from './commits.js';
import { TidewaterError } from './errors.js';
import type { Explain, HostState, HostToPage, Statement, Stats, StorageMode } from './generated/protocol.js';
import { codes } from './generated/protocol.js';
import { Listeners } from './listeners.js';
import { type Asked, type Effect, limit } from './requests.js';
import { type Row, readRows } from './rows.js';
import { Subscription } from './subscription.js';
import { type Ask, type Transaction, type TransactionOptions, transact } from './transactions.js';
import { type Parameters, parameterFrame } from './values.js';

/** How long a call may take. */
export interface CallOptions {
  /**
   * For how many milliseconds a statement of the call may run, 10,000 if nothing is said; `Infinity` for as long as it takes. All tabs
   * wait for it meanwhile. Then the call rejects with `timeout` and has changed nothing.
   */
  timeout?: number;
  /** Ends the wait: the call rejects with the signal's reason. What it asked for may be done nevertheless. */
  signal?: AbortSignal;
}

/** What `exec` did. */
export interface Executed {
  /** The latest commit, which is this call's own if it changed anything. */
  readonly commit: number;
  /** The number of rows inserted, updated and deleted. */
  readonly changes: number;
}

/** A statement of a transaction: its SQL, or that with parameters. Queries of Kysely and Drizzle fit as they compile. */
export type TransactionStatement =
  | string
  | { readonly sql: string; readonly params?: Parameters; readonly parameters?: Parameters }
  | readonly [sql: string, params?: Parameters];

/** What one statement of a transaction did. */
export interface TransactionResult {
  readonly changes: number;
  /** The rows it returned, of a SELECT or RETURNING. */
  readonly rows: readonly Row[];
}

/** What `transaction` did. */
export interface Transacted extends Executed {
  /** One result a statement, in order. */
  readonly results: readonly TransactionResult[];
}

/** How the database stands. */
export interface DatabaseStatus {
  /** `active` if this tab runs the engine for all, `follower` otherwise. */
  readonly role: 'active' | 'follower';
  /** The state of the tab that runs the engine; `resuming` while it is there and this tab has not yet all of it that it had before. */
  readonly state: HostState | 'resuming';
  /** Where the database is kept; undefined until that is decided. */
  readonly storage: StorageMode | undefined;
  /** The number of the last commit that this tab has heard of. */
  readonly commit: number;
  /** Which leadership this is: counted up in the database each time it is opened. */
  readonly epoch: number;
  /** The number of tabs that have the database open. */
  readonly tabs: number;
  /**
   * `unavailable` while none can be had, as when its script is no longer served: what is open works on, and a tab that is opened
   * or closed then waits for it. It is looked for again.
   */
  readonly coordinator: 'connected' | 'unavailable';
  /** How tabs reach the one that coordinates them: by a SharedWorker, or by a BroadcastChannel. */
  readonly topology: 'shared' | 'bus';
  /** Why `state` is `busy` or `unavailable`. */
  readonly error: TidewaterError | undefined;
}

/** What callbacks of {@link Database.on} are given. */
export interface DatabaseEvents {
  status: DatabaseStatus;
  /** A commit of any tab, for caches that are kept by table. The rows of subscriptions are of it already. */
  commit: CommitEvent;
}

/**
 * A SQLite database that all tabs of the origin share.
 *
 * Results are objects; INTEGER is a number while it is exact and a bigint beyond 2^53, REAL a number, TEXT a string, BLOB a
 * Uint8Array, NULL null. Errors are {@link TidewaterError}s.
 */
export class Database {
  readonly name: string;
  readonly #client: PageClient;
  readonly #listeners = new Listeners<DatabaseEvents>();
  readonly #subscriptions = new Set<{ close(): void }>();
  readonly #statusChanged = () => this.#emitStatus();
  #told: DatabaseStatus | undefined;
  /** The calls that have no answer yet. */
  readonly #underWay = new Set<Promise<unknown>>();
  #isClosed = false;
  #closing: Promise<void> | undefined;
  #stopListening: (() => void) | undefined;

  /** @internal */
  constructor(client: PageClient) {
    this.name = client.database;
    this.#client = client;
    client.onstatus.add(this.#statusChanged);
  }

  /** Where the database is kept: `opfs` persists, `memory` (where the browser denies OPFS) does not. */
  get storage(): StorageMode {
    return this.#client.storage ?? 'opfs';
  }

  /** How the database stands now. The same object until something of it changes. */
  get status(): DatabaseStatus {
    const client = this.#client;
    const { state = 'waiting', tabs = 0, error } = client.status ?? {};
    const status: DatabaseStatus = {
      role: client.isActive ? 'active' : 'follower',
      state: client.isResuming ? 'resuming' : state,
      storage: client.storage,
      commit: client.commit,
      epoch: client.epoch,
      tabs,
      coordinator: client.isCoordinated ? 'connected' : 'unavailable',
      topology: client.topology,
      error: error && TidewaterError.from(error),
    };
    if (!this.#told || !isSameStatus(this.#told, status)) this.#told = status;
    return this.#told;
  }

  /** Calls `callback` at every such event; gives a function that stops it. */
  on<Name extends keyof DatabaseEvents>(name: Name, callback: (event: DatabaseEvents[Name]) => void): () => void {
    if (name === 'commit' && !this.#isClosed) {
      this.#stopListening ??= this.#client.commits.listen((commit) => this.#listeners.emit('commit', commit));
    }
    return this.#listeners.on(name, callback);
  }

  /**
   * Runs one or several statements in one transaction: all of them or none. A statement that no transaction contains, such as
   * VACUUM, has to be a call of its own (`must_stand_alone`). When it resolves, what it changed is durable and has reached the
   * subscriptions of this tab.
   */
  async exec(sql: string, params?: Parameters, options: CallOptions = {}): Promise<Executed> {
    const asked: Asked = { type: 'exec', ...statement(sql, params), ...limit(options) };
    const answer = await this.#ask(asked, 'writes', 'executed', options);
    return { commit: answer.commit, changes: answer.changes };
  }

  /** Runs one statement and gives the rows it returns. */
  async query<T = Row>(sql: string, params?: Parameters, options: CallOptions = {}): Promise<T[]> {
    const asked: Asked = { type: 'query', ...statement(sql, params), ...limit(options) };
    const answer = await this.#ask(asked, 'unknown', 'queried', options);
    return readRows(answer.rows, answer.columns) as T[];
  }

  /** The first row that {@link query} gives, if any. */
  async get<T = Row>(sql: string, params?: Parameters, options: CallOptions = {}): Promise<T | undefined> {
    const [first] = await this.query<T>(sql, params, options);
    return first;
  }

  /** Runs statements in one transaction: all of them or none. */
  transaction(statements: readonly TransactionStatement[], options?: CallOptions): Promise<Transacted>;
  /**
   * Runs a callback in a transaction, and gives what it returns: committed when it returns, undone when it throws. All tabs wait meanwhile, also
   * the calls of this database, which must therefore not be waited for inside: use `tx`. It has 5 seconds between two calls of `tx` and 30 in
   * all, and dies with the active tab: then it rejects with `transaction_lost`, unless `retry` says that the callback may be run again.
   */
  transaction<T>(body: (tx: Transaction) => Promise<T> | T, options?: TransactionOptions): Promise<T>;
  async transaction<T>(
    work: readonly TransactionStatement[] | ((tx: Transaction) => Promise<T> | T),
    options: CallOptions & TransactionOptions = {},
  ): Promise<Transacted | T> {
    if (typeof work !== 'function') return this.#transactAll(work, options);
    if (this.#isClosed) throw closed();
    const ask: Ask = (asked, effect, signal) => this.#client.request(asked, effect, signal);
    return this.#tracked(transact(ask, work, options));
  }

  async #transactAll(statements: readonly TransactionStatement[], options: CallOptions): Promise<Transacted> {
    const asked: Asked = { type: 'transaction', statements: statements.map(normalise), ...limit(options) };
    const answer = await this.#ask(asked, 'writes', 'transacted', options);
    const results = answer.results.map(({ changes, columns, rows }) => ({
      changes,
      rows: rows ? readRows(rows, columns) : [],
    }));
    return { commit: answer.commit, changes: results.reduce((sum, { changes }) => sum + changes, 0), results };
  }

  /** Subscribes to a query: its rows now and at every commit that changes them. */
  subscribe<T = Row>(sql: string, params?: Parameters): Subscription<T> {
    if (this.#isClosed) throw closed();
    const asked = statement(sql, params);
    const subscription = new Subscription<T>(this.#client.subscribe(asked.sql, asked.params));
    this.#subscriptions.add(subscription);
    subscription.on('change', ({ status }) => {
      if (status === 'closed') this.#subscriptions.delete(subscription);
    });
    return subscription;
  }

  /** Tells how a query would be maintained; of one that any tab subscribes to, also what that has come to so far. */
  async explain(sql: string, params?: Parameters): Promise<Explain> {
    return (await this.#ask({ type: 'explain', ...statement(sql, params) }, 'reads', 'explained')).explain;
  }

  /** The engine's counters since the active tab opened the database. */
  async stats(): Promise<Stats> {
    return (await this.#ask({ type: 'stats' }, 'reads', 'counted')).stats;
  }

  /**
   * Resolves when the rows of this tab's subscriptions are of this commit, or of a later one: `exec` and others give the number, and another
   * tab may have told it. Rejects with `timeout` if that takes longer than `timeout` milliseconds (10,000).
   */
  at(commit: number, { timeout = WAITS_FOR, signal }: CallOptions = {}): Promise<void> {
    const ended = this.#isClosed ? closed() : this.#client.ended;
    if (ended) return Promise.reject(ended);
    if (this.#client.told >= commit) return Promise.resolve();
    return this.#client.commits.reached(commit, timeout, signal);
  }

  /**
   * Closes this handle and its subscriptions at once, and resolves when its calls under way are answered, which may take `timeout`
   * milliseconds (10,000). The tab leaves the database when it has closed its last handle; calls that have no answer then end with `closed`
   * or `outcome_unknown`.
   */
  close({ timeout = WAITS_FOR }: Pick<CallOptions, 'timeout'> = {}): Promise<void> {
    return (this.#closing ??= this.#close(timeout));
  }

  async #close(timeout: number): Promise<void> {
    this.#isClosed = true;
    for (const subscription of this.#subscriptions) subscription.close();
    this.#client.onstatus.delete(this.#statusChanged);
    this.#stopListening?.();
    this.#listeners.clear();
    if (this.#underWay.size > 0) {
      let timer: ReturnType<typeof setTimeout> | undefined;
      const late = timeout === Infinity ? [] : [new Promise((resolve) => (timer = setTimeout(resolve, timeout)))];
      await Promise.race([Promise.allSettled(this.#underWay), ...late]);
      clearTimeout(timer);
    }
    this.#client.released();
  }

  async #ask<Type extends HostToPage['type']>(
    asked: Asked,
    effect: Effect,
    _answer: Type,
    { signal }: CallOptions = {},
  ): Promise<Extract<HostToPage, { type: Type }>> {
    if (this.#isClosed) throw closed();
    return (await this.#tracked(this.#client.request(asked, effect, signal))) as Extract<HostToPage, { type: Type }>;
  }

  /** `close` waits for it. */
  async #tracked<T>(call: Promise<T>): Promise<T> {
    this.#underWay.add(call);
    try {
      return await call;
    } finally {
      this.#underWay.delete(call);
    }
  }

  #emitStatus(): void {
    const before = this.#told;
    const now = this.status;
    if (now !== before) this.#listeners.emit('status', now);
  }
}

/** How long `at` and `close` wait, in milliseconds. */
const WAITS_FOR = 10_000;

function closed(): TidewaterError {
  return new TidewaterError(codes.closed, 'the database was closed');
}

function statement(sql: string, params: Parameters | undefined): Statement {
  // JavaScript callers may pass anything; the host would not recognise it as a message and never answer.
  if (typeof sql !== 'string') throw new TidewaterError('sql_error', `SQL has to be a string, not ${typeof sql}`);
  const frame = parameterFrame(params);
  return frame === undefined ? { sql } : { sql, params: frame };
}

function normalise(given: TransactionStatement): Statement {
  if (typeof given === 'string') return statement(given, undefined);
  if (isPair(given)) return statement(given[0], given[1]);
  return statement(given.sql, given.params ?? given.parameters);
}

function isPair(statement: Exclude<TransactionStatement, string>): statement is readonly [string, Parameters?] {
  return Array.isArray(statement);
}

function isSameStatus(a: DatabaseStatus, b: DatabaseStatus): boolean {
  const { error: errorOfA, ...restOfA } = a;
  const { error: errorOfB, ...restOfB } = b;
  if (errorOfA?.message !== errorOfB?.message) return false;
  return Object.entries(restOfA).every(([key, value]) => value === restOfB[key as keyof typeof restOfB]);
}
