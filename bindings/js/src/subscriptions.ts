// The subscriptions of a page: posted to each host, brought up to date by what it says, and told to the application all at once.
//
// Any of those that a dead host had not answered may have killed it. The next host is given them last and one by one, so that what is
// innocent is answered before what is not is tried again; what has outlived too many hosts is given to no other.

import { TidewaterError } from './errors.js';
import type { HostToPage } from './generated/protocol.js';
import { type Host, MOST_HOSTS, poisoned } from './requests.js';
import { readDelivery, readRows } from './rows.js';
import { State, type SubscriptionOwner } from './subscription.js';

/** The host that subscriptions are posted to, or were before it was lost. */
interface Given {
  readonly host: Host;
  readonly posted: Set<number>;
  /** Each is posted when the one before it is answered. */
  readonly trials: number[];
  /** The one that is tried. */
  tried: number | undefined;
  /** Called when there is nothing left to try. */
  readonly resumed: () => void;
}

export class Subscriptions {
  readonly #states = new Map<number, State>();
  /** Those whose answer from the present host is still to come. */
  readonly #awaited = new Set<number>();
  /** Those that changed since the application was last told. */
  readonly #changed = new Set<State>();
  readonly #told: () => void;
  #last = 0;
  #given: Given | undefined;
  #isConnected = false;
  /** Some may have a part of a commit that others lack. Nothing is told until all are complete. */
  #isInterrupted = false;

  /** `told` is called when the application was told something. */
  constructor(told: () => void) {
    this.#told = told;
  }

  add(sql: string, params: Uint8Array | undefined, owner: SubscriptionOwner): State {
    const state = new State((this.#last += 1), sql, params, owner);
    this.#states.set(state.id, state);
    const given = this.#given;
    if (given && this.#isConnected && given.tried === undefined) this.#post(given, state);
    return state;
  }

  remove(id: number): void {
    this.#states.delete(id);
    this.#awaited.delete(id);
    if (this.#isConnected && this.#given?.posted.delete(id)) {
      this.#given.host.post({ type: 'unsubscribe', subscription: id });
    }
    this.tell();
    this.#answered(id);
  }

  /** Ends one for good. */
  fail(state: State, error: TidewaterError): void {
    this.#states.delete(state.id);
    state.failed(error, true);
    state.tell();
  }

  failAll(error: TidewaterError): void {
    for (const state of [...this.#states.values()]) this.fail(state, error);
  }

  /** Posts all to a host that has welcomed us; then `resumed`. */
  resume(host: Host, resumed: () => void): void {
    const last = this.#given;
    for (const id of this.#awaited) {
      const state = this.#states.get(id);
      if (!state || !last || last.host.leadership === host.leadership || !last.posted.has(id)) continue;
      state.outlived += 1;
      if (state.outlived >= MOST_HOSTS) this.fail(state, poisoned());
    }
    const given: Given = { host, posted: new Set(), trials: [], tried: undefined, resumed };
    this.#given = given;
    this.#isConnected = true;
    this.#isInterrupted = false;
    // The application is told nothing until all of them are answered.
    this.#awaited.clear();
    for (const state of this.#states.values()) {
      this.#awaited.add(state.id);
      if (state.outlived > 0) given.trials.push(state.id);
      else this.#post(given, state);
    }
    this.#tryNext(given);
  }

  /** The connection to the host has ended. */
  lost(): void {
    this.#isConnected = false;
  }

  /** What came over the connection cannot be gone on from. */
  interrupted(): void {
    this.lost();
    this.#isInterrupted = true;
  }

  subscribed({ subscription, commit, columns, plan, rows }: Extract<HostToPage, { type: 'subscribed' }>): void {
    this.#awaited.delete(subscription);
    const state = this.#states.get(subscription);
    if (state) {
      state.outlived = 0;
      state.subscribed(commit, columns, plan, readRows(rows, columns));
      this.#changed.add(state);
    }
    this.#answered(subscription);
  }

  /** The host has taken other parameters. */
  rebound(id: number, params: Uint8Array | undefined, hasEdits: boolean): void {
    this.#states.get(id)?.rebound(params, hasEdits);
  }

  /** Applies a delivery without telling the application yet. It calls `heard` with the number of the commit first. */
  deliver(
    { edits: frame, events }: Extract<HostToPage, { type: 'delivery' }>,
    heard: (commit: number) => void,
  ): void {
    const { commit, edits } = readDelivery(frame, (id) => this.#states.get(id)?.columns);
    heard(commit);
    for (const [id, list] of edits) {
      const state = this.#states.get(id);
      if (!state) continue;
      state.edited(commit, list);
      this.#changed.add(state);
    }
    for (const event of events) {
      const state = this.#states.get(event.subscription);
      if (!state) continue;
      if (event.type === 'columns') {
        state.result(commit, event.columns, readRows(event.rows, event.columns));
      } else {
        this.#awaited.delete(event.subscription);
        state.outlived = 0;
        state.failed(TidewaterError.from(event.error, state.sql), event.closed);
        if (event.closed) this.#states.delete(event.subscription);
      }
      this.#changed.add(state);
    }
    for (const { subscription } of events) this.#answered(subscription);
  }

  /**
   * Tells the application what changed. While the answers of a new host come in, some subscriptions are as of an older commit than
   * others: then it waits until all have come. Returns whether everything was told.
   */
  tell(): boolean {
    const isResuming = [...this.#awaited].some((id) => this.#states.get(id)?.hasResult);
    if (isResuming || this.#isInterrupted) return false;
    const changed = [...this.#changed];
    this.#changed.clear();
    for (const state of changed) state.tell();
    if (changed.length > 0) this.#told();
    return true;
  }

  /** It is answered, or nobody waits for it any more. */
  #answered(id: number): void {
    if (this.#isConnected && this.#given?.tried === id) this.#tryNext(this.#given);
  }

  #tryNext(given: Given): void {
    for (;;) {
      given.tried = given.trials.shift();
      if (given.tried === undefined) break;
      const state = this.#states.get(given.tried);
      if (state) return this.#post(given, state);
    }
    // Those that came meanwhile.
    for (const state of this.#states.values()) {
      if (!given.posted.has(state.id)) this.#post(given, state);
    }
    given.resumed();
  }

  #post({ host, posted }: Given, { id, sql, params, hasResult }: State): void {
    this.#awaited.add(id);
    posted.add(id);
    const slots = params === undefined ? {} : { params };
    host.post({ type: 'subscribe', subscription: id, sql, ...slots, resumed: hasResult });
  }
}
