// One life of a tab: its id, its locks, its worker, its way to the coordinator. Ends as a whole and is never taken up again.

import { type Assets, joinCoordinator, startCoordinator, startCoordinatorWorker, startWorker, wasmUrl } from './assets.js';
import { Bus } from './bus.js';
import { TidewaterError } from './errors.js';
import { type Configuration, type CoordinatorToPage, type PageToCoordinator, codes, names } from './generated/protocol.js';
import { ON_BUS, type Topology, coordinatorUrl } from './place.js';
import type { Port } from './port.js';
import { randomId } from './random.js';
import type { FromWorker, ToWorker } from './shell.js';

type Registration = Omit<Extract<PageToCoordinator, { type: 'register' }>, 'type' | 'tab'>;

/** How long a coordinator may take to answer a registration before it counts as dead, in milliseconds. */
const ANSWERS_WITHIN = 2_000;
/** How long after a coordinator that was none another one is looked for, in milliseconds: at first, and at most. */
const LOOKS_AGAIN_AFTER = { first: 50, most: 10_000 };

/** What a life asks and tells its page client. */
export interface LifeEvents {
  registration(): Registration;
  /** A message of the coordinator; with `connect`, the port to the host. */
  message(message: CoordinatorToPage, port: Port | undefined): void;
  /** The worker has died. */
  died(): void;
  /** There is no worker; another tab's may be enough. */
  unusable(error: TidewaterError): void;
  /** No coordinator can be had now; one is looked for again. */
  failed(error: TidewaterError): void;
  /** A SharedWorker cannot be started here. */
  unshared(): void;
  /** The coordinator that lives is no SharedWorker. */
  onBus(): void;
}

export class Life {
  readonly tab = randomId();
  readonly #database: string;
  readonly #assets: Assets;
  readonly #events: LifeEvents;
  readonly #ended = new AbortController();
  readonly #bus: Bus | undefined;
  readonly #worker: Worker;
  readonly #fallback: Worker | undefined;
  #coordinator: Port | undefined;
  /** Whether we hold the lock by which others know that the page lives: before that it cannot be registered. */
  #isAlive = false;
  #instance: string | undefined;
  #answer: ReturnType<typeof setTimeout> | undefined;
  /** Counts the attempts to have a coordinator: only the last one goes on. */
  #attempt = 0;
  /** How many in a row found none. */
  #failures = 0;

  constructor(database: string, configuration: Configuration, assets: Assets, topology: Topology, events: LifeEvents) {
    this.#database = database;
    this.#assets = assets;
    this.#events = events;
    const useBus = topology === 'bus';
    this.#worker = startWorker(assets);
    this.#worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
      // What a terminated worker had posted may still arrive.
      if (this.#isOver) return;
      if (data.type === 'compile') void this.#compile();
      else if (data.type === 'fatal') this.#events.died();
      else this.#events.unusable(new TidewaterError(codes.unavailable, data.message));
    };
    this.#worker.onerror = () => {
      if (this.#isOver) return;
      this.#events.unusable(new TidewaterError(codes.unavailable, 'the worker script cannot be loaded'));
    };
    this.#post({ type: 'start', database, tab: this.tab, wasm: wasmUrl(assets), bus: useBus, configuration });
    // Where that fails, the worker loads the engine when it has to.
    this.#prepare().catch(() => {});
    if (useBus) {
      this.#bus = new Bus(database, { type: 'page', tab: this.tab });
      this.#fallback = startCoordinatorWorker(assets, names.sharedWorker(database));
      this.#fallback.onerror = () => this.#failed('the coordinator script cannot be loaded');
    }
    void this.#live();
  }

  /** Tells the coordinator whether the page is visible. */
  visibility(visible: boolean): void {
    this.#tell({ type: 'visibility', visible });
  }

  /** Ends it at once: the worker is terminated and every lock request withdrawn before this returns. */
  end(): void {
    this.#worker.terminate();
    this.#fallback?.terminate();
    this.#tell({ type: 'goodbye' });
    clearTimeout(this.#answer);
    this.#ended.abort();
    this.#coordinator?.close();
    this.#bus?.close();
  }

  get #isOver(): boolean {
    return this.#ended.signal.aborted;
  }

  /** Whether this tab is likely to be the first: then the engine's module is compiled while the worker starts. */
  async #prepare(): Promise<void> {
    const { held = [] } = await navigator.locks.query();
    if (this.#isOver || held.some(({ name }) => name === names.storage(this.#database))) return;
    this.#post({ type: 'first' });
    await this.#compile();
  }

  /** Compiles the engine's module for the worker. */
  async #compile(): Promise<void> {
    const module = await WebAssembly.compileStreaming(fetch(wasmUrl(this.#assets))).catch(() => undefined);
    if (!this.#isOver) this.#post({ type: 'module', module });
  }

  /** Holds the lock by which others know that the page lives, and registers. */
  async #live(): Promise<void> {
    // The coordinator is looked for, and may start, meanwhile.
    this.#register();
    await this.#lock(names.page(this.#database, this.tab), 'exclusive', () => {
      this.#isAlive = true;
      if (this.#coordinator) this.#registerHere();
      return new Promise<void>((resolve) => this.#ended.signal.addEventListener('abort', () => resolve()));
    });
  }

  /** Runs `held` with the lock; gives up silently when the life ends before the lock is granted. */
  async #lock(name: string, mode: LockMode, held: () => Promise<void> | void): Promise<void> {
    try {
      await navigator.locks.request(name, { mode, signal: this.#ended.signal }, async () => {
        if (!this.#isOver) await held();
      });
    } catch (error) {
      if (!this.#isOver) this.#failed(String(error));
    }
  }

  /** Connects to the coordinator that lives, and registers. */
  #register(): void {
    if (this.#bus) {
      this.#coordinator ??= this.#listen(
        this.#bus.port({ type: 'coordinator' }, 'pageToCoordinator', 'coordinatorToPage'),
      );
      return this.#registerHere();
    }
    const attempt = (this.#attempt += 1);
    this.#registerIn(ANSWERS_WITHIN);
    coordinatorUrl(this.#database).then(
      (url) => {
        if (attempt !== this.#attempt || this.#isOver) return;
        if (url === ON_BUS) this.#events.onBus();
        else this.#connect(url);
      },
      (error: unknown) => this.#missing(attempt, String(error)),
    );
  }

  /** Connects to the coordinator at `url`, or starts one, and registers. */
  #connect(url: string | undefined): void {
    const attempt = this.#attempt;
    const name = names.sharedWorker(this.#database);
    this.#coordinator?.close();
    try {
      const shared = url === undefined ? startCoordinator(this.#assets, name) : joinCoordinator(url, name);
      shared.onerror = () => {
        const why = `the coordinator script cannot be loaded${url ? ` from ${url}` : ''}`;
        if (url === undefined && attempt === this.#attempt && !this.#isOver) this.#events.unshared();
        this.#missing(attempt, why);
      };
      this.#coordinator = this.#listen(shared.port as unknown as Port);
      this.#registerHere();
    } catch (error) {
      this.#events.unshared();
      this.#missing(attempt, String(error));
    }
  }

  /** There is no coordinator where one was looked for. */
  #missing(attempt: number, why: string): void {
    if (attempt !== this.#attempt || this.#isOver) return;
    this.#failures += 1;
    this.#registerIn(Math.min(LOOKS_AGAIN_AFTER.first * 2 ** this.#failures, LOOKS_AGAIN_AFTER.most));
    this.#failed(why);
  }

  #registerIn(milliseconds: number): void {
    clearTimeout(this.#answer);
    this.#answer = setTimeout(() => this.#register(), milliseconds);
  }

  /** Registers with the coordinator at the other end of the port there is. */
  #registerHere(): void {
    if (!this.#isAlive) return;
    const registration: PageToCoordinator = { type: 'register', tab: this.tab, ...this.#events.registration() };
    if (this.#bus) this.#tell(registration);
    else this.#tellWithWorker(registration);
    this.#registerIn(ANSWERS_WITHIN);
  }

  #tellWithWorker(registration: PageToCoordinator): void {
    const { port1, port2 } = new MessageChannel();
    this.#coordinator?.postMessage(registration, [port1]);
    this.#post({ type: 'coordinator' }, [port2]);
  }

  #listen(port: Port): Port {
    port.onmessage = ({ data, ports }) => {
      if (!this.#isOver) this.#receive(data as CoordinatorToPage, ports?.[0] as Port | undefined);
    };
    return port;
  }

  #receive(message: CoordinatorToPage, port: Port | undefined): void {
    if (message.type === 'coordinatorStarted') return this.#registerHere();
    if (message.type === 'elsewhere') return this.#registerIn(LOOKS_AGAIN_AFTER.first);
    if (message.type === 'registered') this.#registered(message.instance);
    if (message.type === 'upgradeRequired') clearTimeout(this.#answer);
    if (message.type === 'connect' && this.#bus) {
      const host = { type: 'worker', tab: message.host } as const;
      return this.#events.message(message, this.#bus.port(host, 'pageToHost', 'hostToPage', { epoch: message.epoch }));
    }
    this.#events.message(message, port);
  }

  /** Asks for the lock of the coordinator, which is free when it has died. */
  #registered(instance: string): void {
    clearTimeout(this.#answer);
    this.#failures = 0;
    if (this.#instance === instance) return;
    this.#instance = instance;
    // Shared, so that a page which is granted it and frozen holds up nobody.
    void this.#lock(names.coordinatorInstance(this.#database, instance), 'shared', () => {
      if (this.#instance === instance) this.#register();
    });
  }

  #tell(message: PageToCoordinator): void {
    this.#coordinator?.postMessage(message);
  }

  #post(message: ToWorker, transfer: Transferable[] = []): void {
    this.#worker.postMessage(message, transfer);
  }

  #failed(why: string): void {
    if (!this.#isOver) this.#events.failed(new TidewaterError(codes.unavailable, why));
  }
}
