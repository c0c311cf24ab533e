// Where the files are that the package loads when a database is opened.

/** Overrides for setups that do not serve the package's files where its code expects them. */
export interface Assets {
  /** `tidewater.wasm`. */
  wasm?: string | URL;
  /** Makes the worker of this tab, which runs `worker.js`. */
  worker?: string | URL | (() => Worker);
  /** Makes the coordinator, which runs `coordinator.js` under the given name. One that runs already, of whichever build, is used instead. */
  coordinator?: string | URL | ((name: string) => SharedWorker);
}

export function wasmUrl(assets: Assets): string {
  return (assets.wasm ? new URL(assets.wasm, location.href) : new URL('./tidewater.wasm', import.meta.url)).href;
}

// Bundlers recognise workers by exactly this form of expression, so it cannot be shortened.

export function startWorker(assets: Assets): Worker {
  if (typeof assets.worker === 'function') return assets.worker();
  if (assets.worker) return new Worker(assets.worker, { type: 'module' });
  return new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
}

/** Connects to a coordinator that runs: the URL is what names it, and may be of another build. */
export function joinCoordinator(url: string, name: string): SharedWorker {
  return new SharedWorker(url, { type: 'module', name });
}

export function startCoordinator(assets: Assets, name: string): SharedWorker {
  if (typeof assets.coordinator === 'function') return assets.coordinator(name);
  if (assets.coordinator) return new SharedWorker(assets.coordinator, { type: 'module', name });
  return new SharedWorker(new URL('./coordinator.js', import.meta.url), { type: 'module', name });
}

/** The coordinator where there is no SharedWorker: one in each tab; the lock admits one of them. */
export function startCoordinatorWorker(assets: Assets, name: string): Worker {
  if (assets.coordinator && typeof assets.coordinator !== 'function') {
    return new Worker(assets.coordinator, { type: 'module', name });
  }
  return new Worker(new URL('./coordinator.js', import.meta.url), { type: 'module', name });
}
