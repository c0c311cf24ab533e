// The script of the coordinator: a SharedWorker, or where there is none a worker of each tab, where a lock admits one.

import init, { Coordinator } from '../pkg/coordinator.js';
import deflated from '../pkg/coordinator_bg.wasm.deflate';
import { Bus } from './bus.js';
import { type Address, type BusMessage, type CoordinatorToPage, names } from './generated/protocol.js';
import { ON_BUS, placeOf } from './place.js';
import { randomId } from './random.js';

/** How long a SharedWorker waits for one that may be about to die before it says that another one is the coordinator, in milliseconds. */
const GIVES_UP_AFTER = 200;

// The database's name is in the worker's: a browser that restarts a SharedWorker tells it nothing else.
const database = self.name.slice(names.sharedWorker('').length);

// A coordinator that has failed is not to be trusted any more: the lock that closing it frees tells the tabs, which look for another one.
addEventListener('error', (event) => fatal(event.message));
addEventListener('unhandledrejection', (event) => fatal(String(event.reason)));

if ('onconnect' in globalThis) {
  const serving = serveShared();
  (globalThis as unknown as { onconnect: (event: MessageEvent) => void }).onconnect = async ({ ports }) => {
    const coordinator = await serving;
    for (const port of ports) {
      if (coordinator) coordinator.connectPage(port);
      else port.postMessage({ type: 'elsewhere' } satisfies CoordinatorToPage);
    }
    if (!coordinator) close();
  };
} else {
  // Held for life: the next one in the queue takes over when this worker is gone.
  void navigator.locks.request(names.coordinator(database), () => serveBus());
}

/** The coordinator, unless one of another build serves the database. */
async function serveShared(): Promise<Coordinator | undefined> {
  const mine = await held(names.coordinator(database), AbortSignal.timeout(GIVES_UP_AFTER));
  if (!mine) return undefined;
  return start(randomId(), location.href);
}

/** Takes a lock and holds it for life; false if the signal comes first. */
function held(name: string, signal?: AbortSignal): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const granted = () => {
      resolve(true);
      return new Promise<never>(() => {});
    };
    navigator.locks.request(name, signal ? { signal } : {}, granted).catch((error: unknown) => {
      if (signal?.aborted) resolve(false);
      else reject(error);
    });
  });
}

function fatal(message: string): void {
  console.error(`tidewater: ${message}`);
  close();
}

/** The module, while locks are waited for. */
const loaded = load();

async function load(): Promise<void> {
  const wasm = new Blob([deflated]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  await init({ module_or_path: await new Response(wasm).arrayBuffer() });
}

async function start(instance: string, place: string): Promise<Coordinator> {
  const [{ held: locks = [] }] = await Promise.all([
    navigator.locks.query(),
    held(names.coordinatorInstance(database, instance)),
    held(names.coordinatorAt(database, placeOf(instance, place))),
    loaded,
  ]);
  const isHosted = locks.some(({ name }) => name === names.storage(database));
  return new Coordinator(database, instance, isHosted);
}

async function serveBus(): Promise<never> {
  const instance = randomId();
  const coordinator = await start(instance, ON_BUS);
  const bus = new Bus(database, { type: 'coordinator' });
  bus.onstranger = (from: Address, message: BusMessage) => {
    if (message.channel === 'pageToCoordinator') {
      const port = bus.port(from, 'coordinatorToPage', 'pageToCoordinator', { instance });
      coordinator.connectPage(port);
      port.onmessage?.({ data: message.message });
    } else if (message.channel === 'workerToCoordinator') {
      const port = bus.port(from, 'coordinatorToWorker', 'workerToCoordinator', { instance });
      coordinator.connectWorker(port);
      port.onmessage?.({ data: message.message });
    }
  };
  const greeting = coordinator.greeting();
  bus.post({ type: 'everyone' }, { channel: 'coordinatorToPage', instance, message: greeting.toPages });
  bus.post({ type: 'everyone' }, { channel: 'coordinatorToWorker', instance, message: greeting.toWorkers });
  return new Promise(() => {});
}
