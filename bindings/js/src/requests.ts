// Requests that have no answer yet, and what becomes of them when the host dies.
//
// Any of those that a dead host had may have killed it. They are given to the next one by one, so that what is innocent is answered
// before what is not is tried again; what has outlived too many hosts is given to no other.
//
// The rules and their proof are in the documentation of the crate tidewater-protocol.

import { TidewaterError } from './errors.js';
import { type HostToPage, type PageToHost, codes } from './generated/protocol.js';

type Answer = Extract<HostToPage, { request: number }>;
/** A request before it has its number. */
export type Asked = Unnumbered<Extract<PageToHost, { request: number }>>;
type Unnumbered<Message> = Message extends { request: number } ? Omit<Message, 'request'> : never;
type Numbered = Asked & { request: number };

/** A host that has welcomed us. */
export interface Host {
  /** Names this host and its leadership: no other ever has the same. */
  readonly leadership: string;
  post(message: PageToHost): void;
}

/** What a request does to the database; of a query only the host knows. */
export type Effect = 'reads' | 'writes' | 'unknown';

interface Pending {
  readonly message: Numbered;
  readonly effect: Effect;
  /** Whether a host may have run it, and none may run it again if it writes. */
  again: boolean;
  /** The leadership of the host that it was posted to; undefined too while it waits for its trial by the next one. */
  postedTo: string | undefined;
  /** How many hosts died before they answered it. */
  outlived: number;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: TidewaterError) => void;
}

/** To how many hosts a request is given. */
export const MOST_HOSTS = 4;

export function poisoned(): TidewaterError {
  return new TidewaterError(codes.poisonedRequest, `${MOST_HOSTS} hosts in a row died before they answered it`);
}

export class Requests {
  readonly #pending = new Map<number, Pending>();
  /** Those that wait for their trial. While there are any, or one is tried, nothing else is posted. */
  #suspects: number[] = [];
  #tried: number | undefined;
  /** The host that has welcomed us last. */
  #host: Host | undefined;
  #last = 0;
  /** The highest commit heard of, leaving out those attributed to a request that has no answer. */
  #known = 0;

  /** The highest commit heard of. */
  get known(): number {
    return this.#known;
  }

  /** Adds a request, and posts it if there is a host. `signal` ends the wait for its answer. */
  add(asked: Asked, effect: Effect, host: Host | undefined, signal?: AbortSignal): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const message: Numbered = { ...asked, request: (this.#last += 1) };
      // Nobody waits any more. What was posted the host may still do.
      const abort = () => {
        if (this.#pending.delete(message.request)) reject(signal?.reason);
      };
      const settled = <T>(settle: (value: T) => void) => (value: T) => {
        signal?.removeEventListener('abort', abort);
        settle(value);
      };
      const pending: Pending = {
        message,
        effect,
        again: false,
        postedTo: undefined,
        outlived: 0,
        resolve: settled(resolve),
        reject: settled(reject),
      };
      signal?.addEventListener('abort', abort);
      this.#pending.set(message.request, pending);
      if (host && this.#tried === undefined) this.#post(pending, host);
    });
  }

  /** A request that has no answer yet. */
  pending(request: number): Asked | undefined {
    return this.#pending.get(request)?.message;
  }

  /** Takes an answer. */
  answered(answer: Answer): void {
    if ('commit' in answer) this.heard(answer.commit);
    const pending = this.#pending.get(answer.request);
    this.#pending.delete(answer.request);
    if (answer.type === 'failed') pending?.reject(TidewaterError.from(answer.error));
    else pending?.resolve(answer);
    if (this.#tried === answer.request) this.#tryNext();
  }

  /** Takes note of a commit, and of the own request that made it. */
  heard(commit: number, cause?: number): void {
    if (cause !== undefined && this.#pending.has(cause)) return;
    this.#known = Math.max(this.#known, commit);
  }

  /**
   * A host has welcomed us that found the database at commit `opened` and is at `commit` now: posts again what certainly was not
   * done or does no harm twice, and gives up on the rest. A host that welcomes us again, under a new tab id, may still come
   * to what was posted to it before.
   */
  welcomed(opened: number, commit: number, host: Host): void {
    const nothingHappened = opened === this.#known;
    // A database in memory starts again with its host.
    this.#known = commit;
    this.#host = host;
    this.#suspects = [];
    for (const [request, pending] of this.#pending) {
      const hasOutlived = pending.postedTo !== undefined && pending.postedTo !== host.leadership;
      const wasNotRun = pending.postedTo === undefined || (nothingHappened && hasOutlived);
      if (hasOutlived) pending.outlived += 1;
      if (pending.effect === 'writes' && !wasNotRun) {
        this.#pending.delete(request);
        const why = 'the active tab was lost while it may have been committing this write';
        pending.reject(new TidewaterError(codes.outcomeUnknown, why));
      } else if (pending.outlived >= MOST_HOSTS) {
        this.#pending.delete(request);
        pending.reject(poisoned());
      } else {
        pending.postedTo = undefined;
        pending.again ||= pending.effect === 'unknown' && !wasNotRun;
        if (pending.outlived > 0) this.#suspects.push(request);
      }
    }
    this.#tryNext();
  }

  /** Posts the next suspect, or all that waits when there is none left. */
  #tryNext(): void {
    const host = this.#host;
    if (!host) return;
    for (;;) {
      this.#tried = this.#suspects.shift();
      if (this.#tried === undefined) break;
      const pending = this.#pending.get(this.#tried);
      // The application may have given it up.
      if (pending) return this.#post(pending, host);
    }
    for (const pending of this.#pending.values()) {
      if (pending.postedTo === undefined) this.#post(pending, host);
    }
  }

  #post(pending: Pending, host: Host): void {
    pending.postedTo = host.leadership;
    host.post((pending.again ? { ...pending.message, again: true } : pending.message) as PageToHost);
  }

  /** Nobody will answer any more. */
  abandon(error: TidewaterError): void {
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    this.#suspects = [];
    this.#tried = undefined;
    // An application that closes a database gives its queries up, whatever they do.
    const unknown = error.code === codes.closed ? ['writes'] : ['writes', 'unknown'];
    for (const { reject, effect, postedTo, again } of pending) {
      const mayHaveRun = (postedTo !== undefined || again) && unknown.includes(effect);
      const why = `${error.message}, with this statement under way`;
      reject(mayHaveRun ? new TidewaterError(codes.outcomeUnknown, why) : error);
    }
  }
}
