// Requests that have no answer yet, and what becomes of them when the host dies.
//
// Those that may write are numbered as they are posted first, and posted again to each new host under the same number: the database
// knows which of them were done. The rules and their proof are in the documentation of the crate tidewater-protocol.
//
// Any of those that a dead host had and did not do may have killed it. They are given to the next one by one, so that what is innocent is
// answered before what is not is tried again; what has outlived too many hosts is given to no other.

import { TidewaterError } from './errors.js';
import { type HostToPage, type PageToHost, codes } from './generated/protocol.js';

type Answer = Extract<HostToPage, { request: number }>;
/** A request before it has its numbers. */
export type Asked = Unnumbered<Extract<PageToHost, { request: number }>>;
type Unnumbered<Message> = Message extends { request: number } ? Omit<Message, 'request' | 'seq' | 'acknowledged'> : never;
type Numbered = Asked & { request: number };

/** A host that has welcomed us. */
export interface Host {
  /** Names this host and its leadership: no other ever has the same. */
  readonly leadership: string;
  post(message: PageToHost): void;
}

/**
 * What a request does to the database; of a query only the host knows. A `step` of an open transaction dies with its host, and its `commit` is
 * posted again; neither waits for what was asked for before, which waits for the end of the transaction.
 */
export type Effect = 'reads' | 'writes' | 'unknown' | 'step' | 'commit';

/** What a host tells of the database when it welcomes us. */
export type Welcomed = Pick<Extract<HostToPage, { type: 'welcome' }>, 'database' | 'applied' | 'commit'>;

interface Pending {
  readonly message: Numbered;
  readonly effect: Effect;
  /** Its number among those that may write, once it was posted. */
  seq: number | undefined;
  /** The leadership of the host that it was posted to; undefined too while it waits for its trial by the next one. */
  postedTo: string | undefined;
  /** How many hosts died before they answered it. */
  outlived: number;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: TidewaterError) => void;
}

/** To how many hosts a request is given. */
export const MOST_HOSTS = 4;
/** How many requests are under way at a time. The others wait here, where they take no memory of the host's. */
const MOST_UNDER_WAY = 256;

/** The part of a request that says how long its statements may run. */
export function limit({ timeout }: { timeout?: number | undefined }): { timeout?: number } {
  if (timeout === undefined) return {};
  // What is no number at all is no time.
  return { timeout: timeout >= 0 ? Math.min(Math.ceil(timeout), Number.MAX_SAFE_INTEGER) : 0 };
}

/** The SQL of a request, if it is one text. */
function sqlOf(asked: Asked): string | undefined {
  if ('sql' in asked) return asked.sql;
  return 'statements' in asked && asked.statements.length === 1 ? asked.statements[0]?.sql : undefined;
}

function lost(): TidewaterError {
  return new TidewaterError(codes.transactionLost, 'the active tab died before the transaction was committed');
}

export function poisoned(): TidewaterError {
  return new TidewaterError(codes.poisonedRequest, `${MOST_HOSTS} hosts in a row died before they answered it`);
}

export class Requests {
  /** In the order in which they were asked for, which is that of their numbers. */
  readonly #pending = new Map<number, Pending>();
  /** Those that are not posted to the present host, in the same order. */
  #waiting: Pending[] = [];
  /** How many are posted and not answered. */
  #underWay = 0;
  /** How many of those that wait first are given to the host one by one. */
  #suspects = 0;
  /** The one that is tried. */
  #tried: number | undefined;
  /** The host that has welcomed us last, unless the connection to it has ended. */
  #host: Host | undefined;
  #last = 0;
  #lastSeq = 0;
  /** Commits are counted by themselves. */
  #lastCommit = 0;
  /** The database that the last host has. */
  #database: string | undefined;
  /** Whether that has done a write of ours, and so has a record of us. */
  #isRecorded = false;
  /** The highest commit heard of. */
  #known = 0;

  /** The highest commit heard of. */
  get known(): number {
    return this.#known;
  }

  /** Adds a request, and posts it if there is a host. `signal` ends the wait for its answer. */
  add(asked: Asked, effect: Effect, signal?: AbortSignal): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const message: Numbered = { ...asked, request: (this.#last += 1) };
      // Nobody waits any more. What was posted the host may still do.
      const abort = () => {
        if (this.#forget(message.request)) reject(signal?.reason);
        this.#postMore();
      };
      const settled = <T>(settle: (value: T) => void) => (value: T) => {
        signal?.removeEventListener('abort', abort);
        settle(value);
      };
      const pending: Pending = {
        message,
        effect,
        seq: undefined,
        postedTo: undefined,
        outlived: 0,
        resolve: settled(resolve),
        reject: settled(reject),
      };
      signal?.addEventListener('abort', abort);
      this.#pending.set(message.request, pending);
      if (effect === 'step' || effect === 'commit') return this.#postAtOnce(pending);
      this.#waiting.push(pending);
      this.#postMore();
    });
  }

  /** A request that has no answer yet. */
  pending(request: number): Asked | undefined {
    return this.#pending.get(request)?.message;
  }

  /** Takes an answer. */
  answered(answer: Answer): void {
    if ('commit' in answer) this.heard(answer.commit);
    if (answer.type === 'executed' || answer.type === 'transacted') this.#isRecorded = true;
    const pending = this.#forget(answer.request);
    if (answer.type === 'failed') pending?.reject(TidewaterError.from(answer.error, sqlOf(pending.message)));
    else pending?.resolve(answer);
    this.#postMore();
  }

  /** Takes note of a commit. */
  heard(commit: number): void {
    this.#known = Math.max(this.#known, commit);
  }

  /** A host has welcomed us: posts again all that has no answer. It may be the one that has them already, under another tab id of ours. */
  welcomed({ database, applied, commit }: Welcomed, host: Host): void {
    if (database !== this.#database) this.#isRecorded = false;
    // Its record of us was deleted: what it had under way may have been done before.
    const isExpired = this.#isRecorded && applied === 0;
    this.#isRecorded = applied > 0;
    this.#database = database;
    // A database in memory starts again with its host.
    this.#known = commit;
    this.#host = host;
    this.#tried = undefined;
    this.#underWay = 0;
    const [known, suspects, others]: [Pending[], Pending[], Pending[]] = [[], [], []];
    for (const pending of this.#pending.values()) {
      const { seq, postedTo } = pending;
      if (pending.effect === 'commit') {
        this.#post(pending, host);
        continue;
      }
      const isDone = seq !== undefined && seq <= applied;
      if (postedTo !== undefined && postedTo !== host.leadership && !isDone) pending.outlived += 1;
      pending.postedTo = undefined;
      if (isExpired && seq !== undefined) {
        this.#reject(pending, new TidewaterError(codes.sessionExpired, 'the page was out of reach for too long while this was under way'));
      } else if (pending.outlived >= MOST_HOSTS) {
        this.#reject(pending, poisoned());
      } else if (isDone) {
        known.push(pending);
      } else if (pending.outlived > 0) {
        suspects.push(pending);
      } else {
        others.push(pending);
      }
    }
    // What was done has the lowest numbers, and what was never posted to a host that died the highest: they rise.
    this.#waiting = [...suspects, ...others];
    this.#suspects = suspects.length;
    for (const pending of known) this.#post(pending, host);
    this.#postMore();
  }

  /** The connection to the host has ended; what it was given waits for the next one. */
  lost(): void {
    this.#host = undefined;
    for (const pending of this.#pending.values()) {
      if (pending.effect === 'step') this.#reject(pending, lost());
    }
  }

  #postAtOnce(pending: Pending): void {
    if (this.#host) return this.#post(pending, this.#host);
    // A commit waits for the next host: nothing was heard of it yet, and that one says so.
    if (pending.effect === 'step') this.#reject(pending, lost());
  }

  /** Posts what may be posted now. */
  #postMore(): void {
    const host = this.#host;
    if (!host || this.#tried !== undefined) return;
    while (this.#waiting.length > 0 && this.#underWay < MOST_UNDER_WAY) {
      const isSuspect = this.#suspects > 0;
      // What came after the suspects waits until the last of them is answered.
      if (isSuspect && this.#underWay > 0) return;
      const pending = this.#waiting.shift() as Pending;
      if (isSuspect) this.#suspects -= 1;
      if (isSuspect) this.#tried = pending.message.request;
      this.#post(pending, host);
      if (isSuspect) return;
    }
  }

  #post(pending: Pending, host: Host): void {
    pending.postedTo = host.leadership;
    const { effect, message } = pending;
    if (effect === 'step') return host.post(message as PageToHost);
    if (effect === 'commit') {
      pending.seq ??= this.#lastCommit += 1;
      return host.post({ ...message, seq: pending.seq } as PageToHost);
    }
    this.#underWay += 1;
    if (effect === 'reads') return host.post(message as PageToHost);
    pending.seq ??= this.#lastSeq += 1;
    host.post({ ...pending.message, seq: pending.seq, acknowledged: this.#acknowledged() } as PageToHost);
  }

  /** Up to which number every answer is here. */
  #acknowledged(): number {
    // The first has the lowest number, and the search ends there but for what only reads.
    for (const { seq, effect } of this.#pending.values()) {
      if (seq !== undefined && effect !== 'commit') return seq - 1;
    }
    return this.#lastSeq;
  }

  /** Takes a request out, because it is answered or nobody waits for it any more. */
  #forget(request: number): Pending | undefined {
    const pending = this.#pending.get(request);
    if (!pending) return undefined;
    this.#pending.delete(request);
    if (this.#tried === request) this.#tried = undefined;
    if (pending.effect === 'step' || pending.effect === 'commit') return pending;
    if (pending.postedTo !== undefined) {
      this.#underWay -= 1;
      return pending;
    }
    const at = this.#waiting.indexOf(pending);
    if (at >= 0) this.#waiting.splice(at, 1);
    if (at >= 0 && at < this.#suspects) this.#suspects -= 1;
    return pending;
  }

  #reject(pending: Pending, error: TidewaterError): void {
    this.#pending.delete(pending.message.request);
    pending.reject(error);
  }

  /** Nobody will answer any more. */
  abandon(error: TidewaterError): void {
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    this.#waiting = [];
    this.#suspects = 0;
    this.#underWay = 0;
    this.#tried = undefined;
    // An application that closes a database gives its queries up, whatever they do.
    const unknown = error.code === codes.closed ? ['writes', 'commit'] : ['writes', 'commit', 'unknown'];
    for (const { reject, effect, seq } of pending) {
      const mayHaveRun = seq !== undefined && unknown.includes(effect);
      const why = `${error.message}, with this statement under way`;
      reject(mayHaveRun ? new TidewaterError(codes.outcomeUnknown, why) : error);
    }
  }
}
