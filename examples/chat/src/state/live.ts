// A live query as a part of a view: Tidewater's subscription behind Lit's controller.

import type { ReactiveController, ReactiveControllerHost } from 'lit';
import type { Diff, Parameters, Row, Subscription } from 'tidewater';
import type { Query } from '../queries.js';
import { database } from './database.js';
import { diffArrived } from './latency.js';

export class Live<T extends Row> implements ReactiveController {
  readonly #host: ReactiveControllerHost;
  readonly #onDiff: ((diff: Diff<T>, before: readonly T[]) => void) | undefined;
  /** What is on the screen, and the key of the query it answers. */
  #shown: { readonly subscription: Subscription<T>; readonly key: string } | undefined;
  /** What will be, as soon as it has rows. */
  #next: Subscription<T> | undefined;
  #key = '';

  constructor(host: ReactiveControllerHost, onDiff?: (diff: Diff<T>, before: readonly T[]) => void) {
    this.#host = host;
    this.#onDiff = onDiff;
    host.addController(this);
  }

  get rows(): readonly T[] {
    return this.#shown?.subscription.rows ?? [];
  }

  /** The subscription whose rows are shown, if any has had its first result. */
  get shown(): Subscription<T> | undefined {
    return this.#shown?.subscription;
  }

  /** Whether the rows answer the query that is asked for by now. */
  get isCurrent(): boolean {
    return this.#shown?.key === this.#key;
  }

  /**
   * Shows this query from now on. The rows of the one before stay until the first result, so that nothing flickers; where
   * only the parameters are others, they become the new ones by edits.
   */
  watch(query: Query<T>, params: Parameters = []): void {
    const key = JSON.stringify([query.sql, params]);
    if (key === this.#key) return;
    this.#key = key;
    this.#next?.close();
    this.#next = undefined;
    const shown = this.#shown?.subscription;
    if (shown?.sql === query.sql && shown.status === 'live') void this.#rebind(shown, key, params);
    else this.#subscribe(query.sql, key, params);
  }

  async #rebind(subscription: Subscription<T>, key: string, params: Parameters): Promise<void> {
    // While it is under way, what is shown may be the rows of either.
    this.#shown = { subscription, key: '' };
    try {
      await subscription.rebind(params);
    } catch {
      // The error becomes that of a subscription, which is shown.
      if (key === this.#key) this.#subscribe(subscription.sql, key, params);
      return;
    }
    if (key !== this.#key || subscription !== this.#shown?.subscription) return;
    this.#shown = { subscription, key };
    this.#host.requestUpdate();
  }

  #subscribe(sql: string, key: string, params: Parameters): void {
    const subscription = database().subscribe<T>(sql, params);
    this.#next = subscription;
    let before: readonly T[] = [];
    subscription.on('diff', (diff) => {
      if (diff.rebound) return;
      diffArrived(diff.commit);
      this.#onDiff?.(diff, before);
    });
    subscription.on('change', () => {
      before = subscription.rows;
      if (subscription === this.#next && subscription.status !== 'pending') this.#show(subscription, key);
      if (subscription === this.#shown?.subscription) this.#host.requestUpdate();
    });
  }

  /** Shows nothing from now on. */
  stop(): void {
    this.#next?.close();
    this.#shown?.subscription.close();
    this.#next = this.#shown = undefined;
    this.#key = '';
  }

  hostDisconnected(): void {
    this.stop();
  }

  #show(subscription: Subscription<T>, key: string): void {
    const old = this.#shown;
    this.#shown = { subscription, key };
    this.#next = undefined;
    old?.subscription.close();
  }
}
