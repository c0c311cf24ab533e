// Generated from the Rust crate tidewater-protocol by its tests; do not edit.
// Fields of type number that are u64 in Rust are exact up to 2^53.

export const PROTOCOL = 6;
export const FRAME_VERSION = 1;
export const DATABASE_NAME = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}$/;

/** Names of Web Locks, the BroadcastChannel and the SharedWorker. */
export const names = {
  storage: (database: string): string => `tidewater/${database}/storage`,
  page: (database: string, tab: string): string => `tidewater/${database}/page/${tab}`,
  worker: (database: string, tab: string): string => `tidewater/${database}/worker/${tab}`,
  coordinator: (database: string): string => `tidewater/${database}/coordinator`,
  coordinatorInstance: (database: string, instance: string): string => `tidewater/${database}/coordinator/${instance}`,
  coordinatorAt: (database: string, place: string): string => `tidewater/${database}/coordinator-at/${place}`,
  sharedWorker: (database: string): string => `tidewater/${database}`,
  bus: (database: string): string => `tidewater/${database}/bus/6`,
} as const;

/** Codes of the errors that the runtime itself raises. */
export const codes = {
  outcomeUnknown: "outcome_unknown",
  sessionExpired: "session_expired",
  upgradeRequired: "upgrade_required",
  closed: "closed",
  storageBusy: "storage_busy",
  unavailable: "unavailable",
  configurationMismatch: "configuration_mismatch",
  timeout: "timeout",
  badMessage: "bad_message",
  poisonedRequest: "poisoned_request",
  transactionLost: "transaction_lost",
  hostPanicked: "host_panicked",
} as const;

/** Second byte of a frame. */
export const frameKinds = {
  rows: 1,
  delivery: 2,
  positional: 3,
  named: 4,
} as const;

/** A page client together with its worker: 128 random bits in hexadecimal, drawn again for each life. */
export type TabId = string;

/** A page client through all its tab ids: 128 random bits in hexadecimal, drawn once. The database knows by it which writes were done. */
export type ClientId = string;

/** One database: random, written into it when it is created. */
export type DatabaseId = string;

/** One life of a coordinator: 128 random bits in hexadecimal. */
export type InstanceId = string;

/** One attempt to make a worker the host. Terms count up within a coordinator, which takes up the highest it hears of. */
export type Term = number;

/** One host's leadership: counted up in the database each time it is opened, so a higher epoch is a later host. */
export type Epoch = number;

/** The number of a commit: 0 before the first, then 1 up, stored in the database. */
export type CommitId = number;

/** A request of one page client, counted up by it and never reused. */
export type RequestId = number;

/** A request of one client that may write, counted up by it from 1 as it posts them first; the same when it is posted again. */
export type Seq = number;

/** A subscription of one page client, counted up by it and never reused; it keeps its id when the host changes. */
export type SubscriptionId = number;

/** Bytes of a frame as a message carries them. */
export type Frame = Uint8Array;

/** Where the database is kept. */
export type StorageMode = "opfs" | "memory";

/** An error as an answer. */
export type ErrorInfo = {
  /** A stable code: one of `codes` or of the engine's. */
  code: string,
  /** The error, for people. */
  message: string,
  /** SQLite's extended result code, if it is SQLite's error. */
  sqlite?: number,
  /** Where in the SQL the error is, in bytes of UTF-8, if that is known. */
  offset?: number,
};

/** From a page client to the coordinator. */
export type PageToCoordinator = { "type": "register",
  /** The tab. */
  tab: TabId,
  /** `PROTOCOL` of the page client. */
  protocol: number,
  /** Whether `document.visibilityState` is `visible`. */
  visible: boolean,
  /** How long ago it was last visible, in milliseconds; absent if it never was. No time: no two clocks agree. */
  hiddenFor?: number,
  /** Whether its page client has registered before, as another tab: then it brings no news to a database that cannot be opened. */
  returning: boolean,
  /** The highest epoch it has heard of; 0 if none. */
  epoch: Epoch }
  | { "type": "visibility",
  /** Whether the page is visible now. */
  visible: boolean }
  | { "type": "goodbye" };

/** From the coordinator to a page client. */
export type CoordinatorToPage = { "type": "coordinatorStarted",
  /** The coordinator. */
  instance: InstanceId }
  | { "type": "registered",
  /** The coordinator. */
  instance: InstanceId }
  | { "type": "upgradeRequired",
  /** The coordinator's version: if it is the higher one, this page has to be reloaded, else the other tabs. */
  protocol: number }
  | { "type": "elsewhere" }
  | { "type": "connect",
  /** The tab whose worker is the host. */
  host: TabId,
  /** The term in which it became the host. */
  term: Term,
  /** Its epoch. */
  epoch: Epoch,
  /** Where it keeps the database. */
  storage: StorageMode }
  | { "type": "hostLost",
  /** The tab whose worker was the host. */
  host: TabId,
  /** Its epoch. */
  epoch: Epoch }
  | { "type": "workerLost" }
  | { "type": "status",
  /** How things stand. */
  status: Status,
};

/** How the coordinator sees the database. */
export type Status = {
  /** The state of the host. */
  state: HostState,
  /** The tab that is the host, in the states `ready` and `stalled`. */
  host?: TabId,
  /** The term of the host, or of the last one. */
  term: Term,
  /** The latest epoch heard of. */
  epoch: Epoch,
  /** Where the database is kept, once that is decided. */
  storage?: StorageMode,
  /** The number of registered tabs. */
  tabs: number,
  /** Why there is no host, in the states `busy` and `unavailable`. */
  error?: ErrorInfo,
};

/** The state of the host, in [`Status`]. */
export type HostState = "waiting" | "electing" | "busy" | "ready" | "stalled" | "unavailable";

/** From a worker to the coordinator. */
export type WorkerToCoordinator = { "type": "register",
  /** The tab. */
  tab: TabId,
  /** `PROTOCOL` of the worker. */
  protocol: number,
  /** What an earlier coordinator made it. */
  hosting?: Hosting }
  | { "type": "hostReady",
  /** The term it was given. */
  term: Term,
  /** The epoch it wrote into the database. */
  epoch: Epoch,
  /** Where it keeps the database. */
  storage: StorageMode }
  | { "type": "hostFailed",
  /** The term it was given. */
  term: Term,
  /** What stood in the way. */
  reason: HostFailure,
  /** The error, for people. */
  message: string }
  | { "type": "hostDown",
  /** The term that ends. */
  term: Term }
  | { "type": "poisoned",
  /** What happened. */
  error: ErrorInfo }
  | { "type": "pong",
  /** The ping's. */
  nonce: number,
};

/** What a worker tells a new coordinator about its leadership. */
export type Hosting = { "state": "opening",
  /** The term it was given. */
  term: Term }
  | { "state": "ready",
  /** The term it was given. */
  term: Term,
  /** Its epoch. */
  epoch: Epoch,
  /** Where it keeps the database. */
  storage: StorageMode,
};

/** Why a worker could not become the host. */
export type HostFailure = "busy" | "unavailable" | "failed";

/** From the coordinator to a worker. */
export type CoordinatorToWorker = { "type": "coordinatorStarted",
  /** The coordinator. */
  instance: InstanceId }
  | { "type": "registered",
  /** The coordinator. */
  instance: InstanceId }
  | { "type": "upgradeRequired",
  /** The coordinator's version. */
  protocol: number }
  | { "type": "standBy" }
  | { "type": "becomeHost",
  /** The attempt. */
  term: Term,
  /** Where to keep the database; there is no falling back from it. */
  storage: StorageMode,
  /** The epoch must be higher than this one and than the one stored in the database. */
  after: Epoch }
  | { "type": "retire",
  /** The term that shall end. */
  term: Term }
  | { "type": "connect",
  /** The page client. */
  client: TabId,
  /** The term of the host that is meant. */
  term: Term }
  | { "type": "disconnect",
  /** The page client. */
  client: TabId }
  | { "type": "ping",
  /** To be repeated in the answer. */
  nonce: number,
};

/** How an application wants its database to be set. A page client gives it to its own worker, which opens the database with it as
 * the host, and says it to each host in its hello: no two tabs can have different ones. */
export type Configuration = {
  /** Whether foreign keys are enforced. */
  foreignKeys: boolean,
};

/** From a page client to the host. */
export type PageToHost = { "type": "hello",
  /** The page client. */
  client: ClientId,
  /** `PROTOCOL` of the page client. */
  protocol: number,
  /** To be repeated in the answer; never used again on a port. */
  nonce: number,
  /** Whether everything begins again: the host forgets the subscriptions of the page client, which comes with them again. */
  restart: boolean,
  /** How the database is to be set. */
  configuration: Configuration,
  /** A schema script of the application, to be run before anything else; it must be repeatable. */
  schema?: string }
  | { "type": "exec",
  /** The request. */
  request: RequestId,
  /** Its place among the client's requests that may write. */
  seq: Seq,
  /** The client knows what came of all those up to this one. */
  acknowledged: Seq,
  /** The statements. */
  sql: string,
  /** A parameter frame, unless there are none. */
  params?: Frame,
  /** For how many milliseconds a statement of it may run; the host's default if nothing is said. */
  timeout?: number }
  | { "type": "query",
  /** The request. */
  request: RequestId,
  /** Its place among the client's requests that may write. */
  seq: Seq,
  /** The client knows what came of all those up to this one. */
  acknowledged: Seq,
  /** The statement. */
  sql: string,
  /** A parameter frame, unless there are none. */
  params?: Frame,
  /** For how many milliseconds a statement of it may run; the host's default if nothing is said. */
  timeout?: number }
  | { "type": "transaction",
  /** The request. */
  request: RequestId,
  /** Its place among the client's requests that may write. */
  seq: Seq,
  /** The client knows what came of all those up to this one. */
  acknowledged: Seq,
  /** The statements, in order. */
  statements: Array<Statement>,
  /** For how many milliseconds a statement of it may run; the host's default if nothing is said. */
  timeout?: number }
  | { "type": "begin",
  /** The request, by which the transaction is known. */
  request: RequestId }
  | { "type": "step",
  /** The request. */
  request: RequestId,
  /** The `begin`. */
  transaction: RequestId,
  /** The statements. */
  sql: string,
  /** A parameter frame, unless there are none. */
  params?: Frame,
  /** For how many milliseconds a statement of it may run; the host's default if nothing is said. */
  timeout?: number }
  | { "type": "commit",
  /** The request. */
  request: RequestId,
  /** The `begin`. */
  transaction: RequestId,
  /** Its place among the client's commits, which are counted by themselves: they do not wait for the requests before. */
  seq: Seq }
  | { "type": "rollBack",
  /** The request. */
  request: RequestId,
  /** The `begin`. */
  transaction: RequestId }
  | { "type": "explain",
  /** The request. */
  request: RequestId,
  /** The statement. */
  sql: string,
  /** A parameter frame, unless there are none. */
  params?: Frame }
  | { "type": "stats",
  /** The request. */
  request: RequestId }
  | { "type": "subscribe",
  /** The subscription. */
  subscription: SubscriptionId,
  /** The statement. */
  sql: string,
  /** A parameter frame, unless there are none. */
  params?: Frame,
  /** Whether it had a result from a former host. Then a query that has no answer for the data as they are does not end it:
   * it has one again once they are others. */
  resumed: boolean }
  | { "type": "rebind",
  /** The request. */
  request: RequestId,
  /** The subscription. */
  subscription: SubscriptionId,
  /** A parameter frame, unless there are none. */
  params?: Frame }
  | { "type": "unsubscribe",
  /** The subscription. */
  subscription: SubscriptionId }
  | { "type": "listen" }
  | { "type": "confirm",
  /** Its number. */
  number: number,
};

/** One statement of a `transaction`. */
export type Statement = {
  /** The SQL. */
  sql: string,
  /** A parameter frame, unless there are none. */
  params?: Frame,
};

/** From the host to a page client. */
export type HostToPage = { "type": "welcome",
  /** The hello's. */
  nonce: number,
  /** The host's epoch. */
  epoch: Epoch,
  /** Where the database is kept. */
  storage: StorageMode,
  /** The database. If it is another one than before, none of the client's requests was done in it. */
  database: DatabaseId,
  /** The client's newest request that the database has a record of; 0 if there is none. It answers that one and those before it
   * from the record, and does those after it. */
  applied: Seq,
  /** The latest commit. */
  commit: CommitId }
  | { "type": "refused",
  /** The hello's. */
  nonce: number,
  /** Why. */
  error: ErrorInfo }
  | { "type": "begun",
  /** The request. */
  request: RequestId }
  | { "type": "stepped",
  /** The request. */
  request: RequestId,
  /** The result: of several statements, the rows of the last one that returns any. */
  result: StatementResult }
  | { "type": "rolledBack",
  /** The request. */
  request: RequestId }
  | { "type": "executed",
  /** The request. */
  request: RequestId,
  /** The latest commit, which is the request's own if it changed anything. */
  commit: CommitId,
  /** The number of rows changed. */
  changes: number }
  | { "type": "queried",
  /** The request. */
  request: RequestId,
  /** The latest commit, which is the request's own if it changed anything. */
  commit: CommitId,
  /** The columns' names. */
  columns: Array<string>,
  /** A rows frame. */
  rows: Frame }
  | { "type": "transacted",
  /** The request. */
  request: RequestId,
  /** The latest commit, which is the request's own if it changed anything. */
  commit: CommitId,
  /** One result a statement, in order. */
  results: Array<StatementResult> }
  | { "type": "explained",
  /** The request. */
  request: RequestId,
  /** What the engine says. */
  explain: Explain }
  | { "type": "counted",
  /** The request. */
  request: RequestId,
  /** The counters. */
  stats: Stats }
  | { "type": "failed",
  /** The request. */
  request: RequestId,
  /** Why. */
  error: ErrorInfo }
  | { "type": "subscribed",
  /** The subscription. */
  subscription: SubscriptionId,
  /** The commit that the rows are as of. */
  commit: CommitId,
  /** The columns' names. */
  columns: Array<string>,
  /** How the result is maintained. */
  plan: PlanKind,
  /** A rows frame. */
  rows: Frame }
  | { "type": "rebound",
  /** The request. */
  request: RequestId,
  /** The commit that its rows are as of. */
  commit: CommitId }
  | { "type": "delivery" } & Delivery | { "type": "committed",
  /** The last one. */
  commit: CommitId,
  /** The tables that were written; those of attached databases with the name of the database. */
  tables: Array<string>,
  /** Whether other tables may have changed as well, as when the schema does. */
  isPartial: boolean,
  /** The receiver's own request that made the commit. Its answer follows. */
  cause?: RequestId,
};

/** What the host posts to a page client at a time. */
export type Packet = {
  /** Counted up by one on a port. */
  number: number,
  /** Whether `confirm` is to answer it. While too much is not confirmed, the host does nothing that the page client asks for and
   * delivers nothing; then it delivers at once what was missed. */
  confirm: boolean,
  /** The messages, in order. */
  messages: Array<HostToPage>,
};

/** What one commit means for all subscriptions of one page client. A page client applies all of it before it tells the
 * application any of it. */
export type Delivery = {
  /** A delivery frame: the commit, and the edits of each subscription that has any. */
  edits: Frame,
  /** Subscriptions to which something else than edits happened. */
  events: Array<SubscriptionEvent>,
  /** The receiver's own request that made the commit or, of a `rebind`, the edits. Its answer follows. */
  cause?: RequestId,
};

/** Something else than edits that happened to a subscription, in a [`Delivery`]. */
export type SubscriptionEvent = { "type": "columns",
  /** The subscription. */
  subscription: SubscriptionId,
  /** The columns' names. */
  columns: Array<string>,
  /** A rows frame. */
  rows: Frame }
  | { "type": "error",
  /** The subscription. */
  subscription: SubscriptionId,
  /** Why. */
  error: ErrorInfo,
  /** Whether it has ended; otherwise it goes on with its old rows. */
  closed: boolean,
};

/** What one statement of a `transaction` did. */
export type StatementResult = {
  /** The number of rows changed. */
  changes: number,
  /** The columns' names; none if the statement returns no rows. */
  columns: Array<string>,
  /** A rows frame, if the statement returns rows. */
  rows?: Frame,
};

/** How a result is maintained. */
export type PlanKind = "incremental" | "requery";

/** How the engine maintains a statement, or would. */
export type Explain = {
  /** How the result is maintained. */
  plan: PlanKind,
  /** Why it is not incremental, if it is not. */
  reason?: string,
  /** The same as a short name that stays the same in later versions. */
  reasonCode?: string,
  /** What it reads. */
  tables: Array<TableColumns>,
  /** The template's fingerprint. */
  template: string,
  /** The plan as a tree, if there is one. */
  steps?: Step,
  /** What brings commits to it, one for each place where it reads a base table. */
  routes: Array<Route>,
  /** What else there is to know. */
  notes: Array<string>,
  /** How things stand with its template, if anybody subscribes to it. */
  live?: LiveTemplate,
  /** The indexes without which its plan looks at every row of a table. */
  indexes: Array<WantedIndex>,
  /** The whole explanation, for people. */
  text: string,
};

/** A table and the columns of it that a statement reads. */
export type TableColumns = {
  /** The table. */
  table: string,
  /** Its columns. */
  columns: Array<string>,
};

/** A part of a plan. */
export type Step = {
  /** The strategy's name. */
  strategy: string,
  /** What it does here. */
  detail: string,
  /** The base tables whose changes it looks at. */
  tables: Array<string>,
  /** The parts that it is made of. */
  inputs: Array<Step>,
  /** What it remembers and has done so far, if the plan is at work. */
  live?: LiveStep,
};

/** What a part of a plan remembers, and what it has done for commits since the plan is at work; without the parts that it is
 * made of, and for all bindings together. */
export type LiveStep = {
  /** Rows that it remembers. */
  stateRows: number,
  /** Bytes of that. */
  stateBytes: number,
  /** Commits that gave it something to do. */
  commits: number,
  /** Changed rows that it was given. */
  rowsIn: number,
  /** Rows that came or went by it. */
  rowsOut: number,
  /** SQLite's instructions that its own statements took. */
  instructions: number,
};

/** What brings commits to a statement through one place where it reads a base table: a changed row matters if one of the
 * columns changed (or the whole row came or went), and the row, as it was or as it is, satisfies the predicates. */
export type Route = {
  /** The table. */
  table: string,
  /** The columns that are read. */
  columns: Array<string>,
  /** The comparisons with constants that a row has to satisfy. */
  predicates: Array<RoutePredicate>,
  /** How it is found from a changed row. */
  found: Found,
  /** The column whose constants or bounds it is found by, if it is. */
  by?: string,
  /** The joins over which a changed row leads to that column of another table, if it does. */
  over: Array<string>,
};

/** A comparison of a column with constants; one of them has to match. */
export type RoutePredicate = {
  /** The column. */
  column: string,
  /** `=`, `IN`, `IS`, `<`, `<=`, `>` or `>=`. */
  relation: string,
  /** The constants as SQL writes them, and parameters as `?1` or `:name`. */
  values: Array<string>,
};

/** How a statement is found from a changed row. */
export type Found = "byValue" | "byRange" | "byJoin" | "byAnyChange" | "byNoChange";

/** How things stand with a template that is subscribed to: what is held, and what commits have come to so far. */
export type LiveTemplate = {
  /** Its bindings, each with values of its own. */
  bindings: number,
  /** The subscriptions to them. */
  subscriptions: number,
  /** How many of the bindings are maintained by the plan now; the others are re-run. */
  planned: number,
  /** Rows that are held for results. */
  stateRows: number,
  /** Bytes that are held. */
  stateBytes: number,
  /** Commits that had any of its results maintained or re-run. */
  commits: number,
  /** Results brought up to date from what a commit changed. */
  maintained: number,
  /** Results evaluated again, for any reason. */
  requeries: number,
  /** Of those, the ones that the cost gate refused. */
  refused: number,
  /** Of those, the ones whose maintenance was given up. */
  givenUp: number,
  /** Windows that no row of a commit came to. */
  beyond: number,
  /** Windows that had to be filled again. */
  refills: number,
  /** SQLite's instructions that one of those commits took on average. */
  instructionsPerCommit?: number,
  /** SQLite's instructions that maintaining a changed row takes by now. */
  instructionsPerRow?: number,
  /** SQLite's instructions that the last evaluation of a binding took on average. */
  instructionsPerRun?: number,
};

/** An index that would spare statements of a plan a scan. */
export type WantedIndex = {
  /** The table. */
  table: string,
  /** The columns by whose values its rows are asked for. */
  columns: Array<string>,
  /** The statement that makes it. */
  sql: string,
};

/** The engine's counters, of this host since it opened the database. */
export type Stats = {
  /** Commits made. */
  commits: number,
  /** Live subscriptions. */
  subscriptions: number,
  /** Live templates. */
  templates: number,
  /** Live bindings. */
  bindings: number,
  /** Live dataflows. */
  dataflows: number,
  /** Bytes of all that is held: the results, and what plans remember beside them. */
  stateBytes: number,
  /** Bytes of what plans remember beside the results. */
  rememberedBytes: number,
  /** What they may be, if there is a limit. */
  memoryBudget?: number,
  /** How often what a plan remembered was dropped because all together was too much. */
  evicted: number,
  /** Times that a query was run again. */
  requeries: number,
  /** Results brought up to date from what a commit changed. */
  maintained: number,
  /** Results evaluated again because maintaining them would have cost more. */
  refused: number,
  /** Results evaluated again because a statement of their plan failed or maintaining them became too expensive. */
  givenUp: number,
  /** Changed rows that came in. */
  rowsIn: number,
  /** Changed rows that went out. */
  rowsOut: number,
};

/** A message with its way. Everybody hears every envelope and drops those that are not for them. */
export type Envelope = {
  /** The sender. */
  from: Address,
  /** The receiver. */
  to: Address,
  /** The message. */
  message: BusMessage,
};

/** Somebody on the bus. */
export type Address = { "type": "coordinator" }
  | { "type": "page",
  /** The tab. */
  tab: TabId }
  | { "type": "worker",
  /** The tab. */
  tab: TabId }
  | { "type": "everyone" };

/** A message of any channel. Epochs and instances stand for the ports that there are not: on the data plane page clients
 * and hosts drop messages of an epoch that is not the one they are in; on the control plane page clients and workers drop
 * all messages but `coordinatorStarted` of a coordinator that is not the one whose `registered` they heard last. */
export type BusMessage = { "channel": "pageToCoordinator",
  /** The message. */
  message: PageToCoordinator }
  | { "channel": "coordinatorToPage",
  /** The coordinator. */
  instance: InstanceId,
  /** The message. */
  message: CoordinatorToPage }
  | { "channel": "workerToCoordinator",
  /** The message. */
  message: WorkerToCoordinator }
  | { "channel": "coordinatorToWorker",
  /** The coordinator. */
  instance: InstanceId,
  /** The message. */
  message: CoordinatorToWorker }
  | { "channel": "pageToHost",
  /** The host's epoch. */
  epoch: Epoch,
  /** The messages, in order. */
  message: Array<PageToHost> }
  | { "channel": "hostToPage",
  /** The host's epoch. */
  epoch: Epoch,
  /** The messages. */
  message: Packet,
};
