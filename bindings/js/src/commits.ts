// Who listens to commits, or waits for one. Nothing is asked of the host before somebody does.

import { TidewaterError } from './errors.js';
import { type HostToPage, codes } from './generated/protocol.js';

/** A commit, or several that came while this tab was busy. The rows of subscriptions are of it, or of a later one. */
export interface CommitEvent {
  /** Its number; of several, that of the last one. */
  readonly commit: number;
  /** The tables that were written. */
  readonly tables: readonly string[];
  /** Whether other tables may have changed as well, as when the schema does or another tab takes over. */
  readonly isPartial: boolean;
  /** Whether a call of this tab made it. */
  readonly cause: 'own' | 'other';
}

interface Waiting {
  readonly commit: number;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/** The tables of the runtime itself are nobody's. */
const OWN = /^tidewater_/;

export class Commits {
  readonly #listeners = new Set<(event: CommitEvent) => void>();
  readonly #waiting = new Set<Waiting>();
  readonly #wanted: () => void;
  /** Those that are not told yet. */
  #heard: CommitEvent[] = [];
  #isWanted = false;

  /** `wanted` is called when somebody wants to hear of commits. */
  constructor(wanted: () => void) {
    this.#wanted = wanted;
  }

  /** Whether the host is to tell of commits. */
  get isWanted(): boolean {
    return this.#isWanted;
  }

  /** Calls `listener` at every commit; gives a function that stops it. */
  listen(listener: (event: CommitEvent) => void): () => void {
    this.#listeners.add(listener);
    this.#want();
    return () => void this.#listeners.delete(listener);
  }

  /** Resolves when there is a commit of this number or a higher one. */
  reached(commit: number, timeout: number, signal?: AbortSignal): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const why = `there was no commit ${commit} within ${timeout} ms`;
      const late = () => waiting.reject(new TidewaterError(codes.timeout, why));
      const timer = timeout === Infinity ? undefined : setTimeout(late, timeout);
      const abort = () => waiting.reject(signal?.reason);
      const settled = <T>(settle: (value: T) => void) => (value: T) => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', abort);
        this.#waiting.delete(waiting);
        settle(value);
      };
      const waiting = { commit, resolve: settled(resolve as (value: void) => void), reject: settled(reject) };
      signal?.addEventListener('abort', abort);
      this.#waiting.add(waiting);
      this.#want();
    });
  }

  /** Takes what the host says. */
  heard({ commit, tables, isPartial, cause }: Extract<HostToPage, { type: 'committed' }>): void {
    const theirs = tables.filter((table) => !OWN.test(table));
    // The first message is the answer to having asked.
    if (theirs.length === 0 && !isPartial) return;
    this.#heard.push({ commit, tables: theirs, isPartial, cause: cause === undefined ? 'other' : 'own' });
  }

  /** A host has welcomed us that does not know which commits we have heard of. */
  resumed(commit: number): void {
    if (this.#isWanted) this.#heard.push({ commit, tables: [], isPartial: true, cause: 'other' });
  }

  /** The rows of subscriptions are of commit `known` now: those who wait hear of it. */
  tell(known: number): void {
    for (const waiting of this.#waiting) {
      if (waiting.commit > known) continue;
      this.#waiting.delete(waiting);
      waiting.resolve();
    }
    for (const event of this.#heard.splice(0)) {
      for (const listener of [...this.#listeners]) listener(event);
    }
  }

  /** There will be no more commits. */
  end(error: TidewaterError): void {
    for (const { reject } of this.#waiting) reject(error);
    this.#waiting.clear();
  }

  #want(): void {
    if (this.#isWanted) return;
    this.#isWanted = true;
    this.#wanted();
  }
}
