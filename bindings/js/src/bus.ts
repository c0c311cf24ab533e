// Ports over one BroadcastChannel, for browsers without SharedWorker.

import { type Address, type BusMessage, type Envelope, type Packet, names } from './generated/protocol.js';
import type { Port } from './port.js';

type Channel = BusMessage['channel'];
/** What stands for the port that there is not: a host's epoch, a coordinator's instance. */
type Stamp = { epoch?: number; instance?: string };

/** One actor on the bus. */
export class Bus {
  readonly #channel: BroadcastChannel;
  readonly #self: Address;
  readonly #ports = new Map<string, BusPort>();
  /** The coordinator that has registered us last. */
  #coordinator: string | undefined;
  /** Called for a message that no port waits for. */
  onstranger: ((from: Address, message: BusMessage) => void) | undefined;

  constructor(database: string, self: Address) {
    this.#self = self;
    this.#channel = new BroadcastChannel(names.bus(database));
    this.#channel.onmessage = ({ data }: MessageEvent<unknown>) => {
      // Any script of the origin can post here.
      if (isEnvelope(data)) this.#receive(data);
    };
  }

  /** A port to `peer` that sends on one channel and receives on another; the present one if there is one. */
  port(peer: Address, sends: Channel, receives: Channel, stamp: Stamp = {}): Port {
    const key = keyOf(receives, peer, stamp.epoch);
    let port = this.#ports.get(key);
    if (!port) {
      const post = (message: unknown) => this.post(peer, { channel: sends, message, ...stamp } as BusMessage);
      port = new BusPort(post, () => this.#ports.delete(key));
      this.#ports.set(key, port);
    }
    return port;
  }

  post(to: Address, message: BusMessage): void {
    this.#channel.postMessage({ from: this.#self, to, message } satisfies Envelope);
  }

  close(): void {
    this.#channel.close();
  }

  #receive({ from, to, message }: Envelope): void {
    if (to.type !== 'everyone' && !isSame(to, this.#self)) return;
    if ('instance' in message && !this.#isFromOurCoordinator(message)) return;
    const epoch = 'epoch' in message ? message.epoch : undefined;
    const port = this.#ports.get(keyOf(message.channel, from, epoch));
    if (port) port.onmessage?.({ data: message.message });
    else this.onstranger?.(from, message);
  }

  /** A message of a coordinator that has died meanwhile would mislead; only a greeting may come from anybody. */
  #isFromOurCoordinator({ instance, message }: Extract<BusMessage, { instance: string }>): boolean {
    if (message.type === 'registered') this.#coordinator = instance;
    return message.type === 'coordinatorStarted' || instance === this.#coordinator;
  }
}

class BusPort implements Port {
  onmessage: Port['onmessage'] = null;
  readonly #post: (message: unknown) => void;
  readonly #closed: () => void;

  constructor(post: (message: unknown) => void, closed: () => void) {
    this.#post = post;
    this.#closed = closed;
  }

  postMessage(message: unknown): void {
    this.#post(message);
  }

  close(): void {
    this.#closed();
  }
}

/** Whether it has the parts that are looked at before anybody reads the message itself. */
function isEnvelope(data: unknown): data is Envelope {
  const { from, to, message } = (data ?? {}) as Partial<Record<keyof Envelope, Record<string, unknown>>>;
  const isTyped = (part: Record<string, unknown> | undefined, name: string) => typeof part?.[name] === 'string';
  if (!isTyped(from, 'type') || !isTyped(to, 'type') || !isTyped(message, 'channel')) return false;
  const carried = message?.['message'];
  const channel = message?.['channel'];
  const isData = channel === 'pageToHost' || channel === 'hostToPage';
  const isList = (list: unknown) => Array.isArray(list) && list.every((one) => isTyped(one, 'type'));
  if (!isData) return isTyped(carried as never, 'type');
  return isList(channel === 'hostToPage' ? (carried as Partial<Packet> | undefined)?.messages : carried);
}

function keyOf(channel: Channel, peer: Address, epoch: number | undefined): string {
  return `${channel} ${peer.type} ${'tab' in peer ? peer.tab : ''} ${epoch ?? ''}`;
}

function isSame(a: Address, b: Address): boolean {
  return a.type === b.type && ('tab' in a ? a.tab : '') === ('tab' in b ? b.tab : '');
}
