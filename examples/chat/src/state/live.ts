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

  /** Shows this query from now on. The rows of the one before stay until the first result, so that nothing flickers. */
  watch(query: Query<T>, params: Parameters = []): void {
    const key = JSON.stringify([query.sql, params]);
    if (key === this.#key) return;
    this.#key = key;
    this.#next?.close();
    const subscription = database().subscribe<T>(query.sql, params);
    this.#next = subscription;
    let before: readonly T[] = [];
    subscription.on('diff', (diff) => {
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
