// The page client: this tab's end of everything. It owns the application's requests and subscriptions, which outlive
// hosts, coordinators and the tab's own workers.

import type { Assets } from './assets.js';
import { TidewaterError } from './errors.js';
import {
  type Configuration,
  type CoordinatorToPage,
  type HostToPage,
  PROTOCOL,
  type PageToHost,
  type Status,
  type StorageMode,
  codes,
} from './generated/protocol.js';
import { Life, type LifeEvents } from './life.js';
import type { Port } from './port.js';
import { type Asked, type Effect, type Host, MOST_HOSTS, Requests, poisoned } from './requests.js';
import { readDelivery, readRows } from './rows.js';
import { State } from './subscription.js';

/** A connection to a host. */
interface Connection {
  readonly port: Port;
  readonly host: string;
  readonly epoch: number;
  /** Hellos that are not answered yet, with the schema scripts that they bring. */
  readonly hellos: Map<number, string | undefined>;
  /** The subscriptions that were posted. */
  readonly posted: Set<number>;
  /** Subscriptions that the last host died with: each is posted when the one before it is answered. Undefined before all hellos are. */
  trials: number[] | undefined;
  /** The one that is tried. */
  tried: number | undefined;
  /** Whether requests can be posted: all hellos are answered, and all trials are over. */
  welcome: boolean;
}

/** A handle that is being opened. */
interface Waiting {
  readonly schema: string | undefined;
  readonly resolve: () => void;
  readonly reject: (error: TidewaterError) => void;
}

function asHost({ port, host, epoch }: Connection): Host {
  return { leadership: `${host}/${epoch}`, post: (message) => port.postMessage(message) };
}

/** How long a page that asked for nothing is kept by its last handle: React's StrictMode closes and opens at once. */
const LINGER = 50;
/** How long a tab without a worker of its own waits for another tab to serve it. */
const SERVED_WITHIN = 2_000;
/** A worker that lived shorter than this is not replaced at once: what killed it would kill the next. */
const SHORT_LIFE = 1_000;

export class PageClient {
  readonly database: string;
  storage: StorageMode | undefined;
  status: Status | undefined;
  /** Whether a coordinator has answered, and none has been missed since. */
  isCoordinated = false;
  /** Called when something of the state changed that handles show. */
  readonly onstatus = new Set<() => void>();

  readonly #configuration: Configuration;
  readonly #assets: Assets;
  readonly #requests = new Requests();
  readonly #subscriptions = new Map<number, State>();
  /** Subscriptions whose answer from the present host is still to come. */
  readonly #awaited = new Set<number>();
  /** The leadership of the host that subscriptions were posted to last, and which were. */
  #resumed: { readonly leadership: string; readonly posted: ReadonlySet<number> } | undefined;
  /** Subscriptions that changed since the application was last told. */
  readonly #changed = new Set<State>();
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
  #lastSubscription = 0;
  #lastHello = 0;
  /** Called when all subscriptions that were suspect are answered. */
  #onResumed: () => void = () => {};
  #epoch = 0;
  #refused: TidewaterError | undefined;
  #closed: TidewaterError | undefined;
  readonly #gone: (client: PageClient) => void;
  #handles = 0;
  #lingering: ReturnType<typeof setTimeout> | undefined;

  constructor(database: string, configuration: Configuration, assets: Assets, gone: (client: PageClient) => void) {
    this.database = database;
    this.#configuration = configuration;
    this.#assets = assets;
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
    const ended = this.#closed ?? this.#refused ?? this.#unserved();
    if (ended) return Promise.reject(ended);
    const connection = this.#connection;
    return this.#requests.add(asked, effect, connection?.welcome ? asHost(connection) : undefined, signal);
  }

  subscribe(sql: string, params: Uint8Array | undefined): State {
    const state = new State((this.#lastSubscription += 1), sql, params, this);
    this.#subscriptions.set(state.id, state);
    if (this.#connection?.welcome) this.#postSubscription(this.#connection, state);
    const ended = this.#closed ?? this.#refused;
    if (ended) {
      // Told after the caller has the subscription.
      queueMicrotask(() => this.#failSubscription(state, ended));
    }
    return state;
  }

  async rebind(id: number, params: Uint8Array | undefined): Promise<void> {
    const slots = params === undefined ? {} : { params };
    // Doing it twice does no harm.
    await this.request({ type: 'rebind', subscription: id, ...slots }, 'reads');
  }

  unsubscribe(id: number): void {
    this.#subscriptions.delete(id);
    this.#awaited.delete(id);
    if (this.#connection?.posted.delete(id)) {
      this.#connection.port.postMessage({ type: 'unsubscribe', subscription: id } satisfies PageToHost);
    }
    this.#tell();
    this.#isTried(id);
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
    for (const state of [...this.#subscriptions.values()]) this.#failSubscription(state, error);
    this.#rejectWaiting(error);
  }

  #rejectWaiting(error: TidewaterError): void {
    for (const waiting of this.#waiting) waiting.reject(error);
    this.#waiting.clear();
  }

  #failSubscription(state: State, error: TidewaterError): void {
    this.#subscriptions.delete(state.id);
    state.failed(error, true);
    state.tell();
  }

  #welcomed(schema: string | undefined, timeout: number): Promise<void> {
    const ended = this.#closed ?? this.#refused ?? this.#unserved();
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
    };
    try {
      this.#life = new Life(this.database, this.#configuration, this.#assets, events);
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
      posted: new Set(),
      trials: undefined,
      tried: undefined,
      welcome: false,
    };
    this.#connection = connection;
    this.storage = storage;
    port.onmessage = ({ data }) => {
      if (this.#connection === connection) this.#fromHost(connection, data as HostToPage);
    };
    const [first, ...others] = this.#schemas;
    this.#hello(connection, first);
    for (const schema of others) this.#hello(connection, schema);
  }

  #disconnect(): void {
    this.#connection?.port.close();
    this.#connection = undefined;
  }

  #hello({ port, hellos }: Connection, schema: string | undefined): void {
    const client = this.#life?.tab;
    if (client === undefined) return;
    const nonce = (this.#lastHello += 1);
    hellos.set(nonce, schema);
    const script = schema === undefined ? {} : { schema };
    const configuration = this.#configuration;
    port.postMessage({ type: 'hello', client, protocol: PROTOCOL, nonce, configuration, ...script } satisfies PageToHost);
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
        this.#subscribed(message);
        break;
      case 'delivery':
        this.#deliver(message);
        break;
      case 'rebound':
        this.#rebound(message.request, false);
        this.#requests.answered(message);
        this.#tell();
        break;
      default:
        this.#requests.answered(message);
    }
  }

  #welcome(connection: Connection, welcome: Extract<HostToPage, { type: 'welcome' }>): void {
    const { hellos } = connection;
    const { nonce, epoch, storage, opened, commit } = welcome;
    const schema = hellos.get(nonce);
    // Over the bus answers to the hellos of an earlier introduction come too.
    if (!hellos.delete(nonce)) return;
    if (schema !== undefined) this.#ran.add(schema);
    if (!connection.trials) {
      // Requests may need the tables of every script.
      if (hellos.size > 0) return;
      this.#epoch = Math.max(this.#epoch, epoch);
      this.storage = storage;
      this.#resume(connection, () => this.#requests.welcomed(opened, commit, asHost(connection)));
    }
    this.#served();
  }

  /** Posts the subscriptions, those last and one by one that the last host may have died of; then `done`. */
  #resume(connection: Connection, done: () => void): void {
    const { leadership } = asHost(connection);
    const last = this.#resumed;
    this.#resumed = { leadership, posted: connection.posted };
    for (const id of this.#awaited) {
      const state = this.#subscriptions.get(id);
      if (!state || !last || last.leadership === leadership || !last.posted.has(id)) continue;
      state.outlived += 1;
      if (state.outlived >= MOST_HOSTS) this.#failSubscription(state, poisoned());
    }
    // Nothing is told before all are answered.
    this.#awaited.clear();
    const trials: number[] = [];
    for (const state of this.#subscriptions.values()) {
      this.#awaited.add(state.id);
      if (state.outlived > 0) trials.push(state.id);
      else this.#postSubscription(connection, state);
    }
    connection.trials = trials;
    this.#onResumed = done;
    this.#tryNext(connection);
  }

  /** Posts the next subscription that is suspect. When there is none left, all requests can be posted. */
  #tryNext(connection: Connection): void {
    for (;;) {
      connection.tried = connection.trials?.shift();
      if (connection.tried === undefined) break;
      const state = this.#subscriptions.get(connection.tried);
      if (state) return this.#postSubscription(connection, state);
    }
    connection.welcome = true;
    for (const state of this.#subscriptions.values()) {
      if (!connection.posted.has(state.id)) this.#postSubscription(connection, state);
    }
    this.#onResumed();
    this.#served();
  }

  /** The subscription is answered, or nobody waits for it any more. */
  #isTried(id: number): void {
    if (this.#connection?.tried === id) this.#tryNext(this.#connection);
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

  #postSubscription({ port, posted }: Connection, { id, sql, params, hasResult }: State): void {
    this.#awaited.add(id);
    posted.add(id);
    const slots = params === undefined ? {} : { params };
    port.postMessage({ type: 'subscribe', subscription: id, sql, ...slots, resumed: hasResult } satisfies PageToHost);
  }

  #subscribed({ subscription, commit, columns, plan, rows }: Extract<HostToPage, { type: 'subscribed' }>): void {
    this.#requests.heard(commit);
    this.#awaited.delete(subscription);
    const state = this.#subscriptions.get(subscription);
    if (state) {
      state.outlived = 0;
      state.subscribed(commit, columns, plan, readRows(rows, columns));
      this.#changed.add(state);
    }
    this.#tell();
    this.#isTried(subscription);
  }

  /** The host has done this request; whether it is a rebind. If so, the next host is asked for what the rows are of now. */
  #rebound(request: number, hasEdits: boolean): boolean {
    const asked = this.#requests.pending(request);
    if (asked?.type !== 'rebind') return false;
    this.#subscriptions.get(asked.subscription)?.rebound(asked.params, hasEdits);
    return true;
  }

  #deliver({ edits: frame, events, cause }: Extract<HostToPage, { type: 'delivery' }>): void {
    const { commit, edits } = readDelivery(frame, (id) => this.#subscriptions.get(id)?.columns);
    this.#requests.heard(commit, cause);
    const isRebind = cause !== undefined && this.#rebound(cause, true);
    for (const [id, list] of edits) {
      const state = this.#subscriptions.get(id);
      if (!state) continue;
      state.edited(commit, list);
      this.#changed.add(state);
    }
    for (const event of events) {
      const state = this.#subscriptions.get(event.subscription);
      if (!state) continue;
      if (event.type === 'columns') {
        state.result(commit, event.columns, readRows(event.rows, event.columns));
      } else {
        this.#awaited.delete(event.subscription);
        state.failed(TidewaterError.from(event.error), event.closed);
        if (event.closed) this.#subscriptions.delete(event.subscription);
      }
      this.#changed.add(state);
    }
    // Its answer follows: those who wait for it and those who receive the edits do so before the page is drawn again.
    if (!isRebind) this.#tell();
    for (const { subscription } of events) this.#isTried(subscription);
  }

  /**
   * Tells the application what changed, whole: while a new host's answers come in, some subscriptions are as of an older commit than
   * others, and nobody is told before all are there.
   */
  #tell(): void {
    const isResuming = [...this.#awaited].some((id) => this.#subscriptions.get(id)?.hasResult);
    if (isResuming) return;
    const changed = [...this.#changed];
    this.#changed.clear();
    for (const state of changed) state.tell();
    if (changed.length > 0) this.#statusChanged();
  }
}

