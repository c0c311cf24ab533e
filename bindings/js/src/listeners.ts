// Callbacks by the name of what they wait for.

/** Callbacks for the events of `Events`, a map from names to what the callbacks are given. */
export class Listeners<Events> {
  readonly #of = new Map<keyof Events, Set<(event: never) => void>>();

  on<Name extends keyof Events>(name: Name, callback: (event: Events[Name]) => void): () => void {
    // A wrapper of its own for each call: adding one callback twice and removing it once leaves one.
    const listener = (event: Events[Name]) => callback(event);
    let listeners = this.#of.get(name);
    if (!listeners) this.#of.set(name, (listeners = new Set()));
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }

  emit<Name extends keyof Events>(name: Name, event: Events[Name]): void {
    for (const listener of [...(this.#of.get(name) ?? [])]) {
      try {
        (listener as (event: Events[Name]) => void)(event);
      } catch (error) {
        // One callback's error is neither the others' business nor ours; it surfaces as an uncaught one.
        reportUncaught(error);
      }
    }
  }

  clear(): void {
    this.#of.clear();
  }
}

function reportUncaught(error: unknown): void {
  if (typeof globalThis.reportError === 'function') globalThis.reportError(error);
  else setTimeout(() => { throw error; });
}
