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
  {status: {state: "busy", term: 0, epoch: 9007199254740992, tabs: 4294967295, error: {code: "\"ü🌊\\\n\u0000", message: "\"ü🌊\\\n\u0000", sqlite: 618, offset: 403}}, type: "status"},
];

export const someWorkerToCoordinator: protocol.WorkerToCoordinator[] = [
  {tab: "\"ü🌊\\\n\u0000", protocol: 707, type: "register"},
  {term: 0, epoch: 784, storage: "memory", type: "hostReady"},
  {term: 155, reason: "busy", message: "", type: "hostFailed"},
  {term: 7625785976847450, type: "hostDown"},
  {error: {code: "text 98", message: "\"ü🌊\\\n\u0000", sqlite: 116, offset: 4294967295}, type: "poisoned"},
  {nonce: 608, type: "pong"},
];

export const someCoordinatorToWorker: protocol.CoordinatorToWorker[] = [
  {instance: "text 72", type: "coordinatorStarted"},
  {instance: "\"ü🌊\\\n\u0000", type: "registered"},
  {protocol: 0, type: "upgradeRequired"},
  {type: "standBy"},
  {term: 9007199254740992, storage: "opfs", after: 9007199254740992, type: "becomeHost"},
  {term: 573, type: "retire"},
  {client: "", term: 0, type: "connect"},
  {client: "\"ü🌊\\\n\u0000", type: "disconnect"},
  {nonce: 0, type: "ping"},
];

export const somePageToHost: protocol.PageToHost[] = [
  {client: "", protocol: 0, nonce: 997, restart: true, configuration: {foreignKeys: true}, type: "hello"},
  {request: 9007199254740992, seq: 572, acknowledged: 2393159031634309, sql: "\"ü🌊\\\n\u0000", type: "exec"},
  {request: 2546691289173125, seq: 9007199254740992, acknowledged: 9007199254740992, sql: "\"ü🌊\\\n\u0000", params: new Uint8Array([0, 36, 72]), timeout: 0, type: "query"},
  {request: 669, seq: 9007199254740992, acknowledged: 29, statements: [{sql: ""}, {sql: "\"ü🌊\\\n\u0000"}], type: "transaction"},
  {request: 0, type: "begin"},
  {request: 169, transaction: 58, sql: "", params: new Uint8Array([]), type: "step"},
  {request: 625, transaction: 422, seq: 0, type: "commit"},
  {request: 0, transaction: 0, type: "rollBack"},
  {request: 8350020328422348, sql: "\"ü🌊\\\n\u0000", params: new Uint8Array([]), type: "explain"},
  {request: 177, type: "stats"},
  {subscription: 8365629295791476, sql: "text 40", resumed: true, type: "subscribe"},
  {request: 4757273579923775, subscription: 1048467958345844, params: new Uint8Array([0, 36, 72, 108, 144]), type: "rebind"},
  {subscription: 0, type: "unsubscribe"},
  {type: "listen"},
  {number: 3921880555789802, type: "confirm"},
];

export const someHostToPage: protocol.HostToPage[] = [
  {nonce: 536, epoch: 2444405872561545, storage: "opfs", database: "", applied: 8005970012590033, commit: 9007199254740992, type: "welcome"},
  {nonce: 9007199254740992, error: {code: "", message: "\"ü🌊\\\n\u0000", offset: 717}, type: "refused"},
  {request: 0, type: "begun"},
  {request: 27, result: {changes: 9007199254740992, columns: [], rows: new Uint8Array([])}, type: "stepped"},
  {request: 518, type: "rolledBack"},
  {request: 928, commit: 9007199254740992, changes: 0, type: "executed"},
  {request: 9007199254740992, commit: 3204290973799623, columns: [], rows: new Uint8Array([]), type: "queried"},
  {request: 5033034489893272, commit: 0, results: [{changes: 388594463551376, columns: [], rows: new Uint8Array([0, 36, 72, 108, 144, 180])}, {changes: 9007199254740992, columns: [], rows: new Uint8Array([0, 36, 72])}], type: "transacted"},
  {request: 0, explain: {plan: "requery", tables: [], template: "", steps: {strategy: "\"ü🌊\\\n\u0000", detail: "\"ü🌊\\\n\u0000", tables: ["\"ü🌊\\\n\u0000"], inputs: [], live: {stateRows: 9007199254740992, stateBytes: 0, commits: 3871133758843369, rowsIn: 4336347165297859, rowsOut: 9007199254740992, instructions: 23}}, routes: [{table: "\"ü🌊\\\n\u0000", columns: [], predicates: [], found: "byRange", by: "text 21", over: ["text 5", "\"ü🌊\\\n\u0000"]}, {table: "\"ü🌊\\\n\u0000", columns: ["\"ü🌊\\\n\u0000", ""], predicates: [{column: "", relation: "", values: ["text 58", ""]}], found: "byJoin", over: []}], notes: [], indexes: [{table: "text 89", columns: ["text 33", "\"ü🌊\\\n\u0000"], sql: "\"ü🌊\\\n\u0000"}, {table: "text 71", columns: ["\"ü🌊\\\n\u0000"], sql: "\"ü🌊\\\n\u0000"}], text: "text 84"}, type: "explained"},
  {request: 956, stats: {commits: 0, subscriptions: 4343826089922713, templates: 9007199254740992, bindings: 8844229406293261, dataflows: 223, stateBytes: 9007199254740992, rememberedBytes: 970, evicted: 9007199254740992, requeries: 0, maintained: 766, refused: 6544025156088812, givenUp: 2812215071682903, rowsIn: 8043649206092905, rowsOut: 9007199254740992}, type: "counted"},
  {request: 956, error: {code: "\"ü🌊\\\n\u0000", message: "text 40", sqlite: 337, offset: 0}, type: "failed"},
  {subscription: 69260420822152, commit: 3710344356249344, columns: [""], plan: "incremental", rows: new Uint8Array([0, 36, 72, 108, 144, 180, 216]), type: "subscribed"},
  {request: 9007199254740992, commit: 9007199254740992, type: "rebound"},
  {edits: new Uint8Array([0]), events: [{subscription: 903, error: {code: "text 47", message: "text 72", sqlite: 4294967295}, closed: false, type: "error"}, {subscription: 0, error: {code: "", message: "text 55", offset: 4294967295}, closed: true, type: "error"}], type: "delivery"},
  {commit: 0, tables: [], isPartial: false, cause: 417, type: "committed"},
];

export const someEnvelope: protocol.Envelope[] = [
  {from: {type: "everyone"}, to: {type: "coordinator"}, message: {message: {visible: true, type: "visibility"}, channel: "pageToCoordinator"}},
];
