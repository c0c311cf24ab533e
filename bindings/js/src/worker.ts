// The script of a tab's worker. It holds the worker's lock and registers with the coordinator. The engine, which takes memory, it loads when
// this worker is likely to have to host: nobody hosts the database yet, or the coordinator says so.

import init, { Worker } from '../pkg/host.js';
import { Bus } from './bus.js';
import { type CoordinatorToWorker, PROTOCOL, type WorkerToCoordinator, codes, names } from './generated/protocol.js';
import type { Port } from './port.js';
import type { FromWorker, ToWorker } from './shell.js';

type Start = Extract<ToWorker, { type: 'start' }>;
type Received = { data: unknown; ports?: readonly MessagePort[] };

/** How long a page may take to give the module, in milliseconds: at first it may have to download it; later other tabs wait. */
const COMPILED_WITHIN = { first: 3_000, later: 150 };

let started: Promise<Start> | undefined;
let bus: Bus | undefined;
let coordinator: Port | undefined;
let engine: Promise<void> | undefined;
/** The engine's module, if the page compiles it. */
let compiled: Promise<WebAssembly.Module | undefined> | undefined;
let resolveCompiled: (module: WebAssembly.Module | undefined) => void = () => {};
/** What has taken over the coordinator's port once it is there. */
let worker: Worker | undefined;
/** What the coordinator has said that the engine has to do. */
let waiting: Received[] = [];

onmessage = ({ data, ports }: MessageEvent<ToWorker>) => {
  if (data.type === 'start') started ??= start(data);
  else if (data.type === 'first') void loadFirst();
  else if (data.type === 'module') resolveCompiled(data.module);
  else if (ports[0]) void connect(ports[0]);
};

async function start(given: Start): Promise<Start> {
  const { database, tab } = given;
  await new Promise<void>((held) => {
    // Until this worker dies.
    void navigator.locks.request(names.worker(database, tab), () => {
      held();
      return new Promise(() => {});
    });
  });
  if (given.bus) {
    bus = new Bus(database, { type: 'worker', tab });
    attach(bus.port({ type: 'coordinator' }, 'workerToCoordinator', 'coordinatorToWorker'), given);
  }
  return given;
}

/** Loads the engine whose module the page gives. */
async function loadFirst(): Promise<void> {
  compiled = compiledWithin(COMPILED_WITHIN.first);
  const start = await started;
  if (start) await load(start).catch(unusable);
}

async function connect(port: MessagePort): Promise<void> {
  const given = await started;
  if (given) attach(port as unknown as Port, given);
}

function attach(port: Port, given: Start): void {
  coordinator = port;
  waiting = [];
  if (worker) return worker.coordinator(port, false);
  port.onmessage = (event) => receive(event, given);
  register(given);
}

/** Says what a worker says that hosts nothing; the rest waits for the engine. */
function receive(event: Received, given: Start): void {
  const message = event.data as CoordinatorToWorker;
  switch (message.type) {
    case 'coordinatorStarted':
      return register(given);
    case 'ping':
      return tell({ type: 'pong', nonce: message.nonce });
    case 'retire':
      waiting = [];
      return tell({ type: 'hostDown', term: message.term });
    case 'standBy':
      waiting.push(event);
      // Where that fails, it is tried again when it has to be.
      void load(given).catch(() => {});
      return;
    case 'becomeHost':
      // In place of all before: there is no time to prepare, and only the last order counts.
      waiting = [event];
      load(given).catch((error: unknown) => {
        waiting = [];
        tell({ type: 'hostFailed', term: message.term, reason: 'failed', message: messageOf(error) });
      });
      return;
    default:
      return;
  }
}

function register({ tab }: Start): void {
  tell({ type: 'register', tab, protocol: PROTOCOL });
}

function tell(message: WorkerToCoordinator): void {
  coordinator?.postMessage(message);
}

/** Loads the engine, which then does what has waited for it. */
function load(given: Start): Promise<void> {
  const { database, tab, wasm, configuration } = given;
  engine ??= instantiate(wasm).then(
    () => {
      worker = new Worker(database, tab, configuration.foreignKeys, { fatal, pageOnBus });
      if (!coordinator) return;
      worker.coordinator(coordinator, true);
      for (const event of waiting.splice(0)) coordinator.onmessage?.(event);
    },
    (error: unknown) => {
      engine = undefined;
      throw error;
    },
  );
  return engine;
}

/** Its address is in the error: a server that answers every path with a page is a common cause. */
async function instantiate(url: string): Promise<void> {
  try {
    const module = await (compiled ?? askForCompiled());
    if (module) return void (await init({ module_or_path: module }));
    const response = await fetch(url);
    const type = response.headers.get('content-type') ?? 'no content type';
    if (!response.ok || type.startsWith('text/html')) throw new Error(`the server answered ${response.status}, ${type}`);
    await init({ module_or_path: response });
  } catch (error) {
    throw new Error(`the WebAssembly module cannot be loaded from ${url}: ${messageOf(error)}`);
  }
}

/** Asks the page for the module, which has compiled code of it from former visits. */
function askForCompiled(): Promise<WebAssembly.Module | undefined> {
  postMessage({ type: 'compile' } satisfies FromWorker);
  return compiledWithin(COMPILED_WITHIN.later);
}

/** The module that the page gives. One that is busy is not waited for. */
function compiledWithin(milliseconds: number): Promise<WebAssembly.Module | undefined> {
  return new Promise((resolve) => {
    resolveCompiled = resolve;
    setTimeout(() => resolve(undefined), milliseconds);
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function pageOnBus(tab: string, epoch: number) {
  if (!bus) throw new Error(`${codes.badMessage}: an introduction without a port`);
  return bus.port({ type: 'page', tab }, 'hostToPage', 'pageToHost', { epoch });
}

/** The module cannot be had: it is not where it should be, or a Content Security Policy forbids it. */
function unusable(error: unknown): void {
  postMessage({ type: 'unusable', message: messageOf(error) } satisfies FromWorker);
}

/** The instance is not to be trusted any more. Closing the worker frees its locks and files, and another becomes the host. */
function fatal(message: string): void {
  console.error(`tidewater: ${message}`);
  const error = { code: codes.hostPanicked, message };
  tell({ type: 'poisoned', error });
  postMessage({ type: 'fatal', message } satisfies FromWorker);
  close();
}

// A trap (the engine out of memory or stack) is no panic and reaches us only here.
addEventListener('error', (event) => {
  // To the page it would look as if this script could not be loaded.
  event.preventDefault();
  fatal(event.message);
});
addEventListener('unhandledrejection', (event) => fatal(String(event.reason)));
