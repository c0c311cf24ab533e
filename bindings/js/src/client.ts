// The page client: this tab's end of everything. It owns the application's requests and subscriptions, which outlive
// hosts, coordinators and the tab's own workers.

import type { Assets } from './assets.js';
import { Commits } from './commits.js';
import { TidewaterError } from './errors.js';
import {
  type Configuration,
  type CoordinatorToPage,
  type HostToPage,
  type Packet,
  PROTOCOL,
  type PageToHost,
  type Status,
  type StorageMode,
  codes,
} from './generated/protocol.js';
import { Life, type LifeEvents } from './life.js';
import { Packets } from './packets.js';
import type { Topology } from './place.js';
import type { Port } from './port.js';
import { randomId } from './random.js';
import { type Asked, type Effect, type Host, Requests } from './requests.js';
import type { State } from './subscription.js';
import { Subscriptions } from './subscriptions.js';

/** A connection to a host. */
interface Connection {
  readonly port: Port;
  readonly host: string;
  readonly epoch: number;
  /** Hellos that are not answered yet, with the schema scripts that they bring. */
  readonly hellos: Map<number, string | undefined>;
  readonly packets: Packets;
  /** Whether all hellos are answered and subscriptions are posted. */
  isResuming: boolean;
  /** Whether requests can be posted: that is done. */
  welcome: boolean;
}

/** A handle that is being opened. */
interface Waiting {
  readonly schema: string | undefined;
  readonly resolve: () => void;
  readonly reject: (error: TidewaterError) => void;
}

/** What is posted in one task goes in one message. */
function asHost({ port, host, epoch }: Connection): Host {
  let outbox: PageToHost[] = [];
  const flush = () => {
    port.postMessage(outbox);
    outbox = [];
  };
  const post = (message: PageToHost) => {
    if (outbox.push(message) === 1) queueMicrotask(flush);
  };
  return { leadership: `${host}/${epoch}`, post };
}

/** How long a page that asked for nothing is kept by its last handle: React's StrictMode closes and opens at once. */
const LINGER = 50;
/** How long a tab without a worker of its own waits for another tab to serve it. */
const SERVED_WITHIN = 2_000;
/** A worker that lived shorter than this is not replaced at once: what killed it would kill the next. */
const SHORT_LIFE = 1_000;

/** How a page client is to work. */
export interface ClientOptions {
  readonly configuration: Configuration;
  readonly assets: Assets;
  /** How tabs reach their coordinator, if the application says so. */
  readonly topology: Topology | undefined;
}

export class PageClient {
  readonly database: string;
  /** By this the database knows which of our writes it has done. */
  readonly #id = randomId();
  storage: StorageMode | undefined;
  status: Status | undefined;
  /** The commit that the rows of subscriptions are of; those that did not change them count. */
  told = 0;
  /** Whether a coordinator has answered, and none has been missed since. */
  isCoordinated = false;
  /** Called when something of the state changed that handles show. */
  readonly onstatus = new Set<() => void>();
  readonly commits = new Commits(() => this.#listen());

  readonly #configuration: Configuration;
  readonly #assets: Assets;
  topology: Topology;
  /** Whether the application leaves it to us. */
  readonly #mayChangeTopology: boolean;
  readonly #requests = new Requests();
  readonly #subscriptions = new Subscriptions(() => this.#statusChanged());
  readonly #waiting = new Set<Waiting>();
  /** The scripts of all handles, in the order in which they came. Each host hears them: that of a database in memory has none. */
  readonly #schemas = new Set<string>();
  /** Those that a host has run. */
  readonly #ran = new Set<string>();
  readonly #stopListening: () => void;
  #life: Life | undefined;
  #connection: Connection | undefined;
  #started = 0;
  #lives = 0;
  /** When the page was last visible, by its own clock. */
  #lastVisible: number | undefined;
  #lastHello = 0;
  #epoch = 0;
  #refused: TidewaterError | undefined;
  #closed: TidewaterError | undefined;
  readonly #gone: (client: PageClient) => void;
  #handles = 0;
  #lingering: ReturnType<typeof setTimeout> | undefined;

  constructor(
    database: string,
    { configuration, assets, topology }: ClientOptions,
    gone: (client: PageClient) => void,
  ) {
    this.database = database;
    this.#configuration = configuration;
    this.#assets = assets;
    this.#mayChangeTopology = topology === undefined;
    this.topology = topology ?? (typeof SharedWorker === 'undefined' ? 'bus' : 'shared');
    this.#gone = gone;
    this.#stopListening = this.#listenToPage();
    this.#start();
  }

  /** The number of the last commit heard of. */
  get commit(): number {
    return this.#requests.known;
  }

  get epoch(): number {
    return this.#epoch;
  }

  /** Whether a tab serves the database and this one has not yet all from it that it had from the one before. */
  get isResuming(): boolean {
    return this.#epoch > 0 && this.status?.state === 'ready' && !this.#connection?.welcome;
  }

  /** Why nothing can be asked for any more. */
  get ended(): TidewaterError | undefined {
    return this.#closed ?? this.#refused;
  }

  /** Whether this tab's worker is the host. */
  get isActive(): boolean {
    return this.#life !== undefined && this.status?.host === this.#life.tab && this.status.state !== 'electing';
  }

  /** Counts a handle; resolves when its schema script has run, which happens once however many handles bring it. */
  async opened(schema: string | undefined, configuration: Configuration, timeout: number): Promise<void> {
    const { foreignKeys } = this.#configuration;
    if (foreignKeys !== configuration.foreignKeys) {
      const why = `this page has opened the database with foreignKeys: ${foreignKeys}`;
      throw new TidewaterError(codes.configurationMismatch, why);
    }
    this.#handles += 1;
    clearTimeout(this.#lingering);
    try {
      if (schema !== undefined && !this.#schemas.has(schema)) {
        this.#schemas.add(schema);
        if (this.#connection) this.#hello(this.#connection, schema);
      }
      await this.#welcomed(schema, timeout);
    } catch (error) {
      this.released();
      throw error;
    }
  }

  /** One handle less; the last one closes the client. */
  released(): void {
    this.#handles -= 1;
    if (this.#handles > 0) return;
    this.#lingering = setTimeout(() => this.close(), LINGER);
  }

  request(asked: Asked, effect: Effect, signal?: AbortSignal) {
    const ended = this.ended ?? this.#unserved();
    if (ended) return Promise.reject(ended);
    return this.#requests.add(asked, effect, signal);
  }

  subscribe(sql: string, params: Uint8Array | undefined): State {
    const state = this.#subscriptions.add(sql, params, this);
    const { ended } = this;
    if (ended) {
      // Told after the caller has the subscription.
      queueMicrotask(() => this.#subscriptions.fail(state, ended));
    }
    return state;
  }

  async rebind(id: number, params: Uint8Array | undefined): Promise<void> {
    const slots = params === undefined ? {} : { params };
    // Doing it twice does no harm.
    await this.request({ type: 'rebind', subscription: id, ...slots }, 'reads');
  }

  unsubscribe(id: number): void {
    this.#subscriptions.remove(id);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = new TidewaterError(codes.closed, 'the database was closed');
    this.#stopListening();
    this.#suspend();
    this.#end(this.#closed);
    this.#gone(this);
    this.#statusChanged();
  }

  /** Nothing will be answered any more. */
  #end(error: TidewaterError): void {
    this.#requests.abandon(error);
    this.#subscriptions.failAll(error);
    this.commits.end(error);
    this.#rejectWaiting(error);
  }

  #rejectWaiting(error: TidewaterError): void {
    for (const waiting of this.#waiting) waiting.reject(error);
    this.#waiting.clear();
  }

  #welcomed(schema: string | undefined, timeout: number): Promise<void> {
    const ended = this.ended ?? this.#unserved();
    if (ended) return Promise.reject(ended);
    if (this.#serves(schema)) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const waiting: Waiting = { schema, resolve, reject };
      this.#waiting.add(waiting);
      if (timeout === Infinity) return;
      setTimeout(() => {
        if (this.#waiting.delete(waiting)) reject(new TidewaterError(codes.timeout, this.#whyNotServed(timeout)));
      }, timeout);
    });
  }

  #whyNotServed(timeout: number): string {
    const { state, error } = this.status ?? {};
    const why = error ? `${error.code}: ${error.message}` : state ? `the state is ${state}` : 'no coordinator has answered';
    return `no tab has served the database within ${timeout} ms: ${why}`;
  }

  /** Whether there is a host that has run the script. */
  #serves(schema: string | undefined): boolean {
    return this.#connection?.welcome === true && (schema === undefined || this.#ran.has(schema));
  }

  // Life of the tab

  #start(): void {
    if (this.#life || this.#closed) return;
    this.#started = performance.now();
    this.#lives += 1;
    const events: LifeEvents = {
      registration: () => ({
        protocol: PROTOCOL,
        ...this.#visibility(),
        returning: this.#lives > 1,
        epoch: this.#epoch,
      }),
      message: (message, port) => this.#fromCoordinator(message, port),
      died: () => this.#startAnew(),
      unusable: (error) => setTimeout(() => this.#giveUpUnlessServed(error), SERVED_WITHIN),
      failed: (error) => this.#uncoordinated(error),
      // While a tab hosts, its coordinator is waited for: a script that cannot be loaded now was loaded before.
      unshared: () => this.isCoordinated || this.#epoch > 0 || this.#useBus(),
      onBus: () => this.#useBus(),
    };
    try {
      this.#life = new Life(this.database, this.#configuration, this.#assets, this.topology, events);
    } catch (error) {
      // The script of a worker is of another origin, or its address is none.
      this.#unavailable(new TidewaterError(codes.unavailable, String(error)));
    }
  }

  /** The tab's worker has died: that is as if the tab were closed and opened again. */
  #startAnew(): void {
    this.#suspend();
    const wasShort = performance.now() - this.#started < SHORT_LIFE;
    setTimeout(() => this.#start(), wasShort ? SHORT_LIFE : 0);
  }

  #giveUpUnlessServed(error: TidewaterError): void {
    if (!this.#connection?.welcome) this.#unavailable(error);
  }

  /**
   * No coordinator can be had. Host and ports live without one; it is looked for again. Only where nobody was ever heard of there is
   * nothing to go on with.
   */
  #uncoordinated(error: TidewaterError): void {
    if (this.#epoch === 0 && !this.#connection) return this.#unavailable(error);
    this.isCoordinated = false;
    this.#statusChanged();
  }

  /** The coordinator cannot be reached by the port of a SharedWorker. */
  #useBus(): void {
    if (!this.#mayChangeTopology) return;
    this.topology = 'bus';
    this.#suspend();
    this.#start();
  }

  /** Ends what must not outlive a page that is frozen, cached or closed. At once: there may be no later. */
  #suspend(): void {
    this.#disconnect();
    this.#life?.end();
    this.#life = undefined;
  }

  #listenToPage(): () => void {
    const controller = new AbortController();
    const listen = (target: EventTarget, type: string, listener: (event: Event) => void) =>
      target.addEventListener(type, listener, { signal: controller.signal });
    const suspend = () => this.#suspend();
    const start = () => this.#start();
    listen(window, 'pagehide', suspend);
    listen(document, 'freeze', suspend);
    listen(window, 'pageshow', start);
    listen(document, 'resume', start);
    listen(document, 'visibilitychange', () => {
      // Whichever way it changed: it is visible or was until now.
      this.#lastVisible = performance.now();
      if (document.visibilityState === 'visible') this.#start();
      this.#life?.visibility(document.visibilityState === 'visible');
    });
    return () => controller.abort();
  }

  #visibility(): { visible: boolean; hiddenFor?: number } {
    const visible = document.visibilityState === 'visible';
    if (visible) return { visible, hiddenFor: 0 };
    if (this.#lastVisible === undefined) return { visible };
    return { visible, hiddenFor: Math.round(performance.now() - this.#lastVisible) };
  }

  /** Why there is no host and will not be one soon. */
  #unserved(): TidewaterError | undefined {
    if (this.status?.state !== 'unavailable') return undefined;
    return TidewaterError.from(this.status.error ?? { code: codes.unavailable, message: 'no tab can open the database' });
  }

  /** Every attempt to have a host failed. Subscriptions go on waiting for the next one. */
  #waitNoLongerIfUnserved(): void {
    const why = this.#unserved();
    if (!why) return;
    this.#requests.abandon(why);
    this.#rejectWaiting(why);
  }

  #unavailable(error: TidewaterError): void {
    this.#refused = error;
    this.#end(error);
    // Opening the database again gives a client that has not failed.
    this.#gone(this);
  }

  // Control plane

  #fromCoordinator(message: CoordinatorToPage, port: Port | undefined): void {
    switch (message.type) {
      case 'connect':
        if (port) this.#connect(message, port);
        break;
      case 'hostLost':
        if (this.#connection?.host === message.host && this.#connection.epoch === message.epoch) this.#disconnect();
        break;
      case 'status':
        this.status = message.status;
        if (message.status.storage) this.storage = message.status.storage;
        this.#waitNoLongerIfUnserved();
        this.#statusChanged();
        break;
      case 'upgradeRequired': {
        const why = `another tab speaks protocol ${message.protocol}, this one ${PROTOCOL}: reload the older one`;
        this.#unavailable(new TidewaterError(codes.upgradeRequired, why));
        break;
      }
      case 'workerLost':
        this.#startAnew();
        break;
      case 'registered':
        this.isCoordinated = true;
        this.#statusChanged();
        break;
      case 'coordinatorStarted':
      case 'elsewhere':
        break;
    }
  }

  #statusChanged(): void {
    for (const callback of [...this.onstatus]) callback();
  }

  // Data plane

  #connect({ host, epoch, storage }: Extract<CoordinatorToPage, { type: 'connect' }>, port: Port): void {
    const present = this.#connection;
    if (present?.welcome && present.host === host && present.epoch === epoch) {
      // A new coordinator introduces everybody again; over the bus it is the same port.
      if (present.port !== port) port.close();
      return;
    }
    // Over the bus the port of the same host is the same one, and stays open.
    if (present && present.port !== port) this.#disconnect();
    const connection: Connection = {
      port,
      host,
      epoch,
      hellos: new Map(),
      packets: new Packets(),
      isResuming: false,
      welcome: false,
    };
    this.#connection = connection;
    this.#requests.lost();
    this.#subscriptions.lost();
    this.storage = storage;
    port.onmessage = ({ data }) => {
      this.#receive(connection, data as Packet);
      // A listener that hears of a commit finds its rows.
      if (!this.#subscriptions.tell()) return;
      this.told = this.#requests.known;
      this.commits.tell(this.told);
    };
    port.onmessageerror = () => this.#restart(connection, 'a packet that the browser cannot read');
    this.#begin(connection);
  }

  #begin(connection: Connection): void {
    const [first, ...others] = this.#schemas;
    this.#hello(connection, first, true);
    for (const schema of others) this.#hello(connection, schema);
  }

  #receive(connection: Connection, { number, confirm, messages }: Packet): void {
    const { hellos, packets, port } = connection;
    const isAnswer = (message: HostToPage) => 'nonce' in message && hellos.has(message.nonce);
    const next = packets.next(number, messages.some(isAnswer));
    if (next === 'drop') return;
    if (next === 'missing') return this.#restart(connection, 'a packet is missing');
    if (confirm) port.postMessage([{ type: 'confirm', number } satisfies PageToHost]);
    try {
      for (const message of messages) {
        // One of them may have ended the connection.
        if (this.#connection === connection) this.#fromHost(connection, message);
      }
    } catch (error) {
      this.#restart(connection, String(error));
    }
  }

  /** What came cannot be gone on from: the host is asked for everything again, and rows are compared with what there is. */
  #restart(connection: Connection, why: string): void {
    if (this.#connection !== connection) return;
    if (!connection.packets.begin(performance.now())) return this.#unavailable(new TidewaterError(codes.badMessage, why));
    console.warn(`tidewater: ${why}; everything is asked for again`);
    connection.hellos.clear();
    connection.isResuming = connection.welcome = false;
    this.#requests.lost();
    this.#subscriptions.interrupted();
    this.#begin(connection);
  }

  #listen(): void {
    const { port, welcome } = this.#connection ?? {};
    if (welcome && this.commits.isWanted) port?.postMessage([{ type: 'listen' } satisfies PageToHost]);
  }

  #disconnect(): void {
    this.#connection?.port.close();
    this.#connection = undefined;
    this.#requests.lost();
    this.#subscriptions.lost();
  }

  #hello({ port, hellos }: Connection, schema: string | undefined, restart = false): void {
    const nonce = (this.#lastHello += 1);
    hellos.set(nonce, schema);
    const script = schema === undefined ? {} : { schema };
    const configuration = this.#configuration;
    const hello = { type: 'hello', client: this.#id, protocol: PROTOCOL, nonce, restart, configuration, ...script } satisfies PageToHost;
    port.postMessage([hello]);
  }

  #fromHost(connection: Connection, message: HostToPage): void {
    switch (message.type) {
      case 'welcome':
        this.#welcome(connection, message);
        break;
      case 'refused':
        this.#refuse(connection, message);
        break;
      case 'subscribed':
        this.#requests.heard(message.commit);
        this.#subscriptions.subscribed(message);
        break;
      case 'delivery':
        this.#deliver(message);
        break;
      case 'committed':
        this.#requests.heard(message.commit);
        this.commits.heard(message);
        break;
      case 'rebound':
        this.#rebound(message.request, false);
        this.#requests.answered(message);
        break;
      default:
        this.#requests.answered(message);
    }
  }

  #welcome(connection: Connection, welcome: Extract<HostToPage, { type: 'welcome' }>): void {
    const { hellos } = connection;
    const { nonce, epoch, storage } = welcome;
    const schema = hellos.get(nonce);
    // Over the bus answers to the hellos of an earlier introduction come too.
    if (!hellos.delete(nonce)) return;
    if (schema !== undefined) this.#ran.add(schema);
    if (!connection.isResuming) {
      // Requests may need the tables of every script.
      if (hellos.size > 0) return;
      connection.isResuming = true;
      this.#epoch = Math.max(this.#epoch, epoch);
      this.storage = storage;
      const host = asHost(connection);
      this.#subscriptions.resume(host, () => {
        connection.welcome = true;
        this.#requests.welcomed(welcome, host);
        this.commits.resumed(welcome.commit);
        this.#listen();
        this.#served();
      });
    }
    this.#served();
  }

  #served(): void {
    for (const waiting of this.#waiting) {
      if (!this.#serves(waiting.schema)) continue;
      this.#waiting.delete(waiting);
      waiting.resolve();
    }
    this.#statusChanged();
  }

  #refuse(connection: Connection, { nonce, error }: Extract<HostToPage, { type: 'refused' }>): void {
    const { hellos } = connection;
    const schema = hellos.get(nonce);
    if (!hellos.delete(nonce)) return;
    const why = TidewaterError.from(error);
    const isOfAll = why.code === codes.upgradeRequired || why.code === codes.configurationMismatch;
    if (schema === undefined || this.#ran.has(schema) || isOfAll) return this.#unavailable(why);
    // The script is its own handles' error; the others go on without it.
    this.#schemas.delete(schema);
    for (const waiting of this.#waiting) {
      if (waiting.schema !== schema) continue;
      this.#waiting.delete(waiting);
      waiting.reject(why);
    }
    if (!connection.welcome && hellos.size === 0) this.#hello(connection, undefined);
  }

  /** The host has done this request. If it is a rebind, the next host is asked for what the rows are of now. */
  #rebound(request: number, hasEdits: boolean): void {
    const asked = this.#requests.pending(request);
    if (asked?.type !== 'rebind') return;
    this.#subscriptions.rebound(asked.subscription, asked.params, hasEdits);
  }

  #deliver(delivery: Extract<HostToPage, { type: 'delivery' }>): void {
    const { cause } = delivery;
    this.#subscriptions.deliver(delivery, (commit) => {
      this.#requests.heard(commit);
      if (cause !== undefined) this.#rebound(cause, true);
    });
  }
}
