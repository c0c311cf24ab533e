// Requests that have no answer yet, and what becomes of them when the host dies.
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
  /** The leadership of the host that it was posted to. */
  postedTo: string | undefined;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: TidewaterError) => void;
}

export class Requests {
  readonly #pending = new Map<number, Pending>();
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
        postedTo: host?.leadership,
        resolve: settled(resolve),
        reject: settled(reject),
      };
      signal?.addEventListener('abort', abort);
      this.#pending.set(message.request, pending);
      host?.post(message as PageToHost);
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
    if (!pending) return;
    this.#pending.delete(answer.request);
    if (answer.type === 'failed') pending.reject(TidewaterError.from(answer.error));
    else pending.resolve(answer);
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
    for (const [request, pending] of this.#pending) {
      const wasNotRun = pending.postedTo === undefined || (nothingHappened && pending.postedTo !== host.leadership);
      if (pending.effect === 'writes' && !wasNotRun) {
        this.#pending.delete(request);
        const why = 'the active tab was lost while it may have been committing this write';
        pending.reject(new TidewaterError(codes.outcomeUnknown, why));
      } else {
        pending.postedTo = host.leadership;
        pending.again ||= pending.effect === 'unknown' && !wasNotRun;
        host.post((pending.again ? { ...pending.message, again: true } : pending.message) as PageToHost);
      }
    }
  }

  /** Nobody will answer any more. */
  abandon(error: TidewaterError): void {
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    // An application that closes a database gives its queries up, whatever they do.
    const unknown = error.code === codes.closed ? ['writes'] : ['writes', 'unknown'];
    for (const { reject, effect, postedTo } of pending) {
      const mayHaveRun = postedTo !== undefined && unknown.includes(effect);
      const why = `${error.message}, with this statement under way`;
      reject(mayHaveRun ? new TidewaterError(codes.outcomeUnknown, why) : error);
    }
  }
}
