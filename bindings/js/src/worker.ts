// The script of a tab's worker: loads the engine and gives it its ports.

import init, { Worker } from '../pkg/host.js';
import { Bus } from './bus.js';
import { type WorkerToCoordinator, codes } from './generated/protocol.js';
import type { Port } from './port.js';
import type { FromWorker, ToWorker } from './shell.js';

let starting: Promise<Worker | undefined> | undefined;
let bus: Bus | undefined;
/** The way to the coordinator, for last words. */
let coordinator: Port | undefined;

onmessage = ({ data, ports }: MessageEvent<ToWorker>) => {
  if (data.type === 'coordinator') connect(ports[0]);
  else starting ??= start(data).catch(unusable);
};

async function start({ database, tab, wasm, bus: useBus, configuration }: Extract<ToWorker, { type: 'start' }>): Promise<Worker> {
  await instantiate(wasm);
  if (useBus) bus = new Bus(database, { type: 'worker', tab });
  const worker = await Worker.start(database, tab, configuration.foreignKeys, { fatal, pageOnBus });
  if (bus) attach(worker, bus.port({ type: 'coordinator' }, 'workerToCoordinator', 'coordinatorToWorker'));
  return worker;
}

/** Loads the module. Its address is in the error: a server that answers every path with a page is a common cause. */
async function instantiate(url: string): Promise<void> {
  try {
    const response = await fetch(url);
    const type = response.headers.get('content-type') ?? 'no content type';
    if (!response.ok || type.startsWith('text/html')) throw new Error(`the server answered ${response.status}, ${type}`);
    await init({ module_or_path: response });
  } catch (error) {
    throw new Error(`the WebAssembly module cannot be loaded from ${url}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function connect(port: MessagePort | undefined): Promise<void> {
  const worker = await starting;
  if (worker && port) attach(worker, port as unknown as Port);
}

function attach(worker: Worker, port: Port): void {
  coordinator = port;
  worker.coordinator(port);
}

function pageOnBus(tab: string, epoch: number) {
  if (!bus) throw new Error(`${codes.badMessage}: an introduction without a port`);
  return bus.port({ type: 'page', tab }, 'hostToPage', 'pageToHost', { epoch });
}

/** The module cannot be had: it is not where it should be, or a Content Security Policy forbids it. */
function unusable(error: unknown): undefined {
  const message = error instanceof Error ? error.message : String(error);
  postMessage({ type: 'unusable', message } satisfies FromWorker);
}

/** The instance is not to be trusted any more. Closing the worker frees its locks and files, and another becomes the host. */
function fatal(message: string): void {
  console.error(`tidewater: ${message}`);
  const error = { code: codes.hostPanicked, message };
  coordinator?.postMessage({ type: 'poisoned', error } satisfies WorkerToCoordinator);
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
