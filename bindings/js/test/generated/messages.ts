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
  {type: "standBy"},
  {term: 9007199254740992, storage: "opfs", after: 325, type: "becomeHost"},
  {term: 992, type: "retire"},
  {client: "", term: 9007199254740992, type: "connect"},
  {client: "\"ü🌊\\\n\u0000", type: "disconnect"},
  {nonce: 0, type: "ping"},
];

export const somePageToHost: protocol.PageToHost[] = [
  {client: "text 70", protocol: 0, nonce: 824, anew: true, configuration: {foreignKeys: false}, schema: "", type: "hello"},
  {request: 9007199254740992, seq: 179, acknowledged: 9007199254740992, sql: "\"ü🌊\\\n\u0000", type: "exec"},
  {request: 157, seq: 6759536004193344, acknowledged: 0, sql: "text 1", timeout: 216, type: "query"},
  {request: 583, seq: 257, acknowledged: 0, statements: [], timeout: 449, type: "transaction"},
  {request: 731, sql: "", type: "explain"},
  {request: 0, type: "stats"},
  {subscription: 3006366766348056, sql: "text 80", params: new Uint8Array([0, 36, 72, 108, 144, 180, 216]), resumed: true, type: "subscribe"},
  {request: 5963589656620650, subscription: 9007199254740992, params: new Uint8Array([]), type: "rebind"},
  {subscription: 0, type: "unsubscribe"},
  {number: 920, type: "confirm"},
];

export const someHostToPage: protocol.HostToPage[] = [
  {nonce: 95, epoch: 666, storage: "memory", database: "text 22", applied: 309, commit: 3242207449019923, type: "welcome"},
  {nonce: 0, error: {code: "", message: "text 38"}, type: "refused"},
  {request: 9007199254740992, commit: 808, changes: 921, type: "executed"},
  {request: 4, commit: 9007199254740992, columns: ["", ""], rows: new Uint8Array([]), type: "queried"},
  {request: 9007199254740992, commit: 0, results: [], type: "transacted"},
  {request: 3175387101605440, explain: {plan: "incremental", reason: "\"ü🌊\\\n\u0000", tables: [], template: "text 77", steps: {strategy: "text 47", detail: "", tables: ["", "\"ü🌊\\\n\u0000"], inputs: [{strategy: "text 61", detail: "\"ü🌊\\\n\u0000", tables: [], inputs: [{strategy: "", detail: "text 40", tables: [""], inputs: [{strategy: "text 50", detail: "", tables: [], inputs: [{strategy: "", detail: "\"ü🌊\\\n\u0000", tables: [], inputs: []}, {strategy: "text 80", detail: "text 16", tables: [], inputs: [], live: {stateRows: 0, stateBytes: 667, commits: 648, rowsIn: 9007199254740992, rowsOut: 0, instructions: 140}}]}, {strategy: "text 37", detail: "text 65", tables: [], inputs: [{strategy: "\"ü🌊\\\n\u0000", detail: "", tables: [], inputs: []}]}], live: {stateRows: 9007199254740992, stateBytes: 858, commits: 0, rowsIn: 0, rowsOut: 36, instructions: 2653686884765385}}, {strategy: "\"ü🌊\\\n\u0000", detail: "\"ü🌊\\\n\u0000", tables: [""], inputs: [{strategy: "", detail: "text 83", tables: [], inputs: [{strategy: "text 77", detail: "text 78", tables: [], inputs: [], live: {stateRows: 94, stateBytes: 9007199254740992, commits: 0, rowsIn: 9007199254740992, rowsOut: 0, instructions: 295}}]}, {strategy: "\"ü🌊\\\n\u0000", detail: "\"ü🌊\\\n\u0000", tables: ["\"ü🌊\\\n\u0000", "text 4"], inputs: [], live: {stateRows: 3543688536497767, stateBytes: 3947946313129728, commits: 9007199254740992, rowsIn: 592, rowsOut: 9007199254740992, instructions: 0}}]}], live: {stateRows: 0, stateBytes: 0, commits: 88, rowsIn: 0, rowsOut: 0, instructions: 713}}], live: {stateRows: 5881705852691854, stateBytes: 5394758883140034, commits: 9007199254740992, rowsIn: 9007199254740992, rowsOut: 9007199254740992, instructions: 859}}, routes: [{table: "", columns: ["\"ü🌊\\\n\u0000"], predicates: [], found: "byAnyChange", by: "\"ü🌊\\\n\u0000", over: ["\"ü🌊\\\n\u0000"]}, {table: "text 72", columns: [], predicates: [{column: "", relation: "\"ü🌊\\\n\u0000", values: ["text 45"]}, {column: "\"ü🌊\\\n\u0000", relation: "text 77", values: ["", ""]}], found: "byNoChange", by: "", over: ["text 4"]}], notes: [], indexes: [{table: "\"ü🌊\\\n\u0000", columns: [], sql: ""}, {table: "\"ü🌊\\\n\u0000", columns: [], sql: "text 78"}], text: "text 3"}, type: "explained"},
  {request: 436, stats: {commits: 9007199254740992, subscriptions: 278, templates: 9007199254740992, bindings: 9007199254740992, dataflows: 6689032849035452, stateBytes: 9007199254740992, rememberedBytes: 0, memoryBudget: 700, evicted: 0, requeries: 943, maintained: 0, refused: 135, givenUp: 779, rowsIn: 7875449794317419, rowsOut: 0}, type: "counted"},
  {request: 9007199254740992, error: {code: "text 89", message: ""}, type: "failed"},
  {subscription: 9007199254740992, commit: 0, columns: ["\"ü🌊\\\n\u0000", "\"ü🌊\\\n\u0000"], plan: "incremental", rows: new Uint8Array([]), type: "subscribed"},
  {request: 9007199254740992, commit: 0, type: "rebound"},
  {edits: new Uint8Array([]), events: [], type: "delivery"},
];

export const someEnvelope: protocol.Envelope[] = [
  {from: {tab: "\"ü🌊\\\n\u0000", type: "worker"}, to: {tab: "", type: "worker"}, message: {instance: "", message: {type: "standBy"}, channel: "coordinatorToWorker"}},
];
