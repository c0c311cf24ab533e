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
  {client: "text 70", protocol: 0, nonce: 824, configuration: {foreignKeys: true}, type: "hello"},
  {request: 6172927592508879, seq: 997, acknowledged: 8097673425313692, sql: "", timeout: 572, type: "exec"},
  {request: 2393159031634309, seq: 0, acknowledged: 11041057673894, sql: "text 60", params: new Uint8Array([]), timeout: 9007199254740992, type: "query"},
  {request: 9007199254740992, seq: 9007199254740992, acknowledged: 461, statements: [{sql: "text 69", params: new Uint8Array([])}, {sql: "text 31", params: new Uint8Array([0, 36, 72, 108, 144])}], type: "transaction"},
  {request: 5310599586420459, sql: "", params: new Uint8Array([]), type: "explain"},
  {request: 9007199254740992, type: "stats"},
  {subscription: 0, sql: "", resumed: true, type: "subscribe"},
  {request: 0, subscription: 920, type: "rebind"},
  {subscription: 625, type: "unsubscribe"},
];

export const someHostToPage: protocol.HostToPage[] = [
  {nonce: 422, epoch: 309, storage: "memory", database: "\"ü🌊\\\n\u0000", applied: 0, commit: 0, type: "welcome"},
  {nonce: 9007199254740992, error: {code: "\"ü🌊\\\n\u0000", message: "text 55"}, type: "refused"},
  {request: 921, commit: 0, changes: 3046176350147663, type: "executed"},
  {request: 9007199254740992, commit: 0, columns: ["text 65"], rows: new Uint8Array([0, 36, 72, 108, 144, 180, 216]), type: "queried"},
  {request: 7914023165508822, commit: 3175387101605440, results: [{changes: 505, columns: []}, {changes: 286, columns: ["\"ü🌊\\\n\u0000"]}], type: "transacted"},
  {request: 161, explain: {plan: "requery", tables: [{table: "", columns: []}], template: "", steps: {strategy: "\"ü🌊\\\n\u0000", detail: "\"ü🌊\\\n\u0000", tables: [], inputs: [{strategy: "", detail: "", tables: ["text 55"], inputs: [{strategy: "\"ü🌊\\\n\u0000", detail: "\"ü🌊\\\n\u0000", tables: [], inputs: [{strategy: "text 16", detail: "text 7", tables: [], inputs: [{strategy: "text 80", detail: "text 16", tables: [], inputs: [], live: {stateRows: 0, stateBytes: 667, commits: 648, rowsIn: 9007199254740992, rowsOut: 0, instructions: 140}}, {strategy: "", detail: "text 39", tables: [], inputs: [], live: {stateRows: 764, stateBytes: 9007199254740992, commits: 0, rowsIn: 4684080860375349, rowsOut: 3234623502494057, instructions: 9007199254740992}}], live: {stateRows: 9007199254740992, stateBytes: 0, commits: 3871133758843369, rowsIn: 4336347165297859, rowsOut: 9007199254740992, instructions: 23}}, {strategy: "\"ü🌊\\\n\u0000", detail: "\"ü🌊\\\n\u0000", tables: [], inputs: []}], live: {stateRows: 9007199254740992, stateBytes: 858, commits: 0, rowsIn: 0, rowsOut: 36, instructions: 2653686884765385}}]}, {strategy: "", detail: "\"ü🌊\\\n\u0000", tables: [], inputs: [{strategy: "text 32", detail: "\"ü🌊\\\n\u0000", tables: ["\"ü🌊\\\n\u0000"], inputs: [{strategy: "\"ü🌊\\\n\u0000", detail: "", tables: [], inputs: [{strategy: "\"ü🌊\\\n\u0000", detail: "", tables: [], inputs: []}, {strategy: "text 4", detail: "", tables: [], inputs: []}]}, {strategy: "", detail: "text 12", tables: ["text 56", ""], inputs: [{strategy: "text 40", detail: "text 37", tables: [], inputs: [], live: {stateRows: 873, stateBytes: 69260420822152, commits: 0, rowsIn: 762, rowsOut: 8650943317475435, instructions: 132}}, {strategy: "\"ü🌊\\\n\u0000", detail: "\"ü🌊\\\n\u0000", tables: [], inputs: []}]}]}, {strategy: "\"ü🌊\\\n\u0000", detail: "", tables: [], inputs: [], live: {stateRows: 0, stateBytes: 2137169056578187, commits: 9007199254740992, rowsIn: 291, rowsOut: 31, instructions: 0}}], live: {stateRows: 909, stateBytes: 9007199254740992, commits: 5941233388219163, rowsIn: 389, rowsOut: 328, instructions: 864}}]}, routes: [{table: "", columns: ["\"ü🌊\\\n\u0000"], predicates: [{column: "\"ü🌊\\\n\u0000", relation: "text 4", values: []}, {column: "", relation: "", values: []}], found: "byValue", over: ["\"ü🌊\\\n\u0000", ""]}, {table: "", columns: [""], predicates: [{column: "\"ü🌊\\\n\u0000", relation: "text 59", values: []}], found: "byValue", by: "", over: ["\"ü🌊\\\n\u0000", "\"ü🌊\\\n\u0000"]}], notes: ["text 18", ""], indexes: [{table: "text 33", columns: [], sql: ""}, {table: "text 29", columns: ["text 16"], sql: ""}], text: "text 96"}, type: "explained"},
  {request: 0, stats: {commits: 0, subscriptions: 0, templates: 9007199254740992, bindings: 0, dataflows: 0, stateBytes: 9007199254740992, rememberedBytes: 1073207230494199, memoryBudget: 254823269806, evicted: 3035246887796014, requeries: 0, maintained: 9007199254740992, refused: 47932492947967, givenUp: 735, rowsIn: 390, rowsOut: 9007199254740992}, type: "counted"},
  {request: 0, error: {code: "\"ü🌊\\\n\u0000", message: ""}, type: "failed"},
  {subscription: 4936409627566291, commit: 74, columns: ["text 90", "\"ü🌊\\\n\u0000"], plan: "requery", rows: new Uint8Array([]), type: "subscribed"},
  {request: 0, commit: 98, type: "rebound"},
  {edits: new Uint8Array([0]), events: [{subscription: 136066781708819, error: {code: "", message: "\"ü🌊\\\n\u0000"}, closed: true, type: "error"}], type: "delivery"},
];

export const someEnvelope: protocol.Envelope[] = [
  {from: {type: "coordinator"}, to: {type: "coordinator"}, message: {epoch: 1679382236952964, message: [], channel: "hostToPage"}},
];
