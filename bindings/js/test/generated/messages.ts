// Generated from the Rust crate tidewater-protocol by its tests; do not edit. As Rust writes messages, one of each kind.

import type * as protocol from '../../src/generated/protocol.js';

export const somePageToCoordinator: protocol.PageToCoordinator[] = [
  {tab: "text 65", protocol: 0, visible: false, returning: true, epoch: 6420642369527232, type: "register"},
  {visible: true, type: "visibility"},
  {type: "goodbye"},
];

export const someCoordinatorToPage: protocol.CoordinatorToPage[] = [
  {instance: "\"ü🌊\\\n\u0000", type: "coordinatorStarted"},
  {instance: "text 92", type: "registered"},
  {protocol: 4294967295, type: "upgradeRequired"},
  {type: "elsewhere"},
  {host: "text 43", term: 5372511312923943, epoch: 0, storage: "opfs", type: "connect"},
  {host: "", epoch: 9007199254740992, type: "hostLost"},
  {type: "workerLost"},
  {status: {state: "busy", term: 0, epoch: 9007199254740992, tabs: 4294967295}, type: "status"},
];

export const someWorkerToCoordinator: protocol.WorkerToCoordinator[] = [
  {tab: "text 3", protocol: 0, hosting: {term: 707, epoch: 9007199254740992, storage: "memory", state: "ready"}, type: "register"},
  {term: 0, epoch: 9007199254740992, storage: "opfs", type: "hostReady"},
  {term: 1004952336798608, reason: "busy", message: "\"ü🌊\\\n\u0000", type: "hostFailed"},
  {term: 9007199254740992, type: "hostDown"},
  {error: {code: "", message: "\"ü🌊\\\n\u0000"}, type: "poisoned"},
  {nonce: 9007199254740992, type: "pong"},
];

export const someCoordinatorToWorker: protocol.CoordinatorToWorker[] = [
  {instance: "\"ü🌊\\\n\u0000", type: "coordinatorStarted"},
  {instance: "", type: "registered"},
  {protocol: 0, type: "upgradeRequired"},
  {term: 9007199254740992, storage: "opfs", after: 325, type: "becomeHost"},
  {term: 992, type: "retire"},
  {client: "", term: 9007199254740992, type: "connect"},
  {client: "\"ü🌊\\\n\u0000", type: "disconnect"},
  {nonce: 0, type: "ping"},
];

export const somePageToHost: protocol.PageToHost[] = [
  {client: "text 70", protocol: 0, nonce: 824, configuration: {foreignKeys: true}, type: "hello"},
  {request: 6172927592508879, sql: "", params: new Uint8Array([0, 36, 72, 108, 144]), type: "exec"},
  {request: 9007199254740992, sql: "\"ü🌊\\\n\u0000", again: true, timeout: 9007199254740992, type: "query"},
  {request: 0, statements: [{sql: "\"ü🌊\\\n\u0000"}], timeout: 216, type: "transaction"},
  {request: 583, sql: "", type: "explain"},
  {request: 9007199254740992, type: "stats"},
  {subscription: 466673766232081, sql: "\"ü🌊\\\n\u0000", params: new Uint8Array([0, 36, 72]), resumed: true, type: "subscribe"},
  {request: 9007199254740992, subscription: 0, type: "rebind"},
  {subscription: 0, type: "unsubscribe"},
];

export const someHostToPage: protocol.HostToPage[] = [
  {nonce: 9007199254740992, epoch: 5963589656620650, storage: "memory", opened: 169, commit: 58, type: "welcome"},
  {nonce: 0, error: {code: "\"ü🌊\\\n\u0000", message: "text 95"}, type: "refused"},
  {request: 666, commit: 0, changes: 309, type: "executed"},
  {request: 9007199254740992, commit: 4316011832471730, columns: ["text 26"], rows: new Uint8Array([]), type: "queried"},
  {request: 420, commit: 9007199254740992, results: [{changes: 8365629295791476, columns: ["text 40"], rows: new Uint8Array([])}, {changes: 0, columns: ["text 92", "text 67"], rows: new Uint8Array([0, 36, 72])}], type: "transacted"},
  {request: 3921880555789802, explain: {plan: "incremental", reason: "\"ü🌊\\\n\u0000", tables: [{table: "", columns: ["text 77"]}], template: "\"ü🌊\\\n\u0000", routes: [], notes: ["\"ü🌊\\\n\u0000", "text 3"], indexes: [{table: "\"ü🌊\\\n\u0000", columns: [], sql: ""}], text: "text 33"}, type: "explained"},
  {request: 4202235806024234, stats: {commits: 291, subscriptions: 31, templates: 0, bindings: 0, dataflows: 9007199254740992, stateBytes: 533, rememberedBytes: 9007199254740992, memoryBudget: 0, evicted: 328, requeries: 864, maintained: 9007199254740992, refused: 6425057939938332, givenUp: 106, rowsIn: 603, rowsOut: 0}, type: "counted"},
  {request: 863, error: {code: "", message: "text 5"}, type: "failed"},
  {subscription: 8060878708076128, commit: 6689032849035452, columns: ["\"ü🌊\\\n\u0000", "text 4"], plan: "incremental", rows: new Uint8Array([0, 36, 72, 108, 144]), type: "subscribed"},
  {request: 0, commit: 2776477759947533, type: "rebound"},
  {edits: new Uint8Array([0, 36, 72, 108]), events: [], cause: 779, type: "delivery"},
];

export const someEnvelope: protocol.Envelope[] = [
  {from: {type: "everyone"}, to: {tab: "", type: "worker"}, message: {epoch: 9007199254740992, message: {request: 9007199254740992, type: "stats"}, channel: "pageToHost"}},
];
