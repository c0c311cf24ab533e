// What a page tells the workers it starts, before any message of the protocol.

import type { Configuration } from './generated/protocol.js';

/** To the worker of a tab. */
export type ToWorker =
  /** The first message; with `bus`, the coordinator is found there. */
  | { type: 'start'; database: string; tab: string; wasm: string; bus: boolean; configuration: Configuration }
  /** Nobody hosts the database: the worker is to load the engine, whose module the page compiles while the worker starts. */
  | { type: 'first' }
  /** The engine's module; undefined if the page cannot have it, and the worker has to find out why. */
  | { type: 'module'; module: WebAssembly.Module | undefined }
  /** There is a coordinator; the message transfers a port to it. */
  | { type: 'coordinator' };

/** From the worker of a tab. */
export type FromWorker =
  /** It is going to load the engine, and the page is to compile the module: for it a browser uses the compiled code that it has kept. */
  | { type: 'compile' }
  /** Its last words. */
  | { type: 'fatal'; message: string }
  /** It cannot begin, and never will. */
  | { type: 'unusable'; message: string };
