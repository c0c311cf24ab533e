// The script of the coordinator: a SharedWorker, or where there is none a worker of each tab, where a lock admits one.

import init, { Coordinator } from '../pkg/coordinator.js';
import deflated from '../pkg/coordinator_bg.wasm.deflate';
import { Bus } from './bus.js';
import { type Address, type BusMessage, names } from './generated/protocol.js';
import { randomId } from './random.js';

// The database's name is in the worker's: a browser that restarts a SharedWorker tells it nothing else.
const database = self.name.slice(names.sharedWorker('').length);

if ('onconnect' in globalThis) {
  const started = start();
  (globalThis as unknown as { onconnect: (event: MessageEvent) => void }).onconnect = async ({ ports }) => {
    const coordinator = await started;
    for (const port of ports) coordinator.connectPage(port);
  };
} else {
  // Held for life: the next one in the queue takes over when this worker is gone.
  void navigator.locks.request(names.coordinator(database), () => serveBus());
}

async function start(instance = randomId()): Promise<Coordinator> {
  const wasm = new Blob([deflated]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  await init({ module_or_path: await new Response(wasm).arrayBuffer() });
  return Coordinator.start(database, instance);
}

async function serveBus(): Promise<never> {
  const instance = randomId();
  const coordinator = await start(instance);
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
