// A value that views can watch.

import type { ReactiveController, ReactiveControllerHost } from 'lit';

export class Cell<T> {
  #value: T;
  readonly #watchers = new Set<() => void>();

  constructor(value: T) {
    this.#value = value;
  }

  get value(): T {
    return this.#value;
  }

  set(value: T): void {
    if (Object.is(value, this.#value)) return;
    this.#value = value;
    for (const watcher of this.#watchers) watcher();
  }

  /** Calls `watcher` at every change; gives a function that stops it. */
  watch(watcher: () => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }
}

/** Renders a view again when one of the cells changes. */
export class Watching implements ReactiveController {
  readonly #host: ReactiveControllerHost;
  readonly #cells: readonly Pick<Cell<unknown>, 'watch'>[];
  #stops: (() => void)[] = [];

  constructor(host: ReactiveControllerHost, ...cells: readonly Pick<Cell<unknown>, 'watch'>[]) {
    this.#host = host;
    this.#cells = cells;
    host.addController(this);
  }

  hostConnected(): void {
    this.#stops = this.#cells.map((cell) => cell.watch(() => this.#host.requestUpdate()));
  }

  hostDisconnected(): void {
    for (const stop of this.#stops) stop();
  }
}
