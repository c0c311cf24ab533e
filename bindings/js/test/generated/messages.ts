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
  {client: "", protocol: 0, nonce: 997, anew: true, configuration: {foreignKeys: true}, type: "hello"},
  {request: 9007199254740992, seq: 572, acknowledged: 2393159031634309, sql: "\"ü🌊\\\n\u0000", type: "exec"},
  {request: 2546691289173125, seq: 9007199254740992, acknowledged: 9007199254740992, sql: "\"ü🌊\\\n\u0000", params: new Uint8Array([0, 36, 72]), timeout: 0, type: "query"},
  {request: 669, seq: 9007199254740992, acknowledged: 29, statements: [{sql: ""}, {sql: "\"ü🌊\\\n\u0000"}], type: "transaction"},
  {request: 0, sql: "", type: "explain"},
  {request: 9007199254740992, type: "stats"},
  {subscription: 0, sql: "text 95", params: new Uint8Array([]), resumed: true, type: "subscribe"},
  {request: 5564939754592965, subscription: 5285740440643413, params: new Uint8Array([0, 36, 72, 108]), type: "rebind"},
  {subscription: 1213184136936032, type: "unsubscribe"},
  {type: "listen"},
  {number: 8989848817691484, type: "confirm"},
];

export const someHostToPage: protocol.HostToPage[] = [
  {nonce: 8350020328422348, epoch: 9007199254740992, storage: "opfs", database: "text 55", applied: 921, commit: 0, type: "welcome"},
  {nonce: 3046176350147663, error: {code: "\"ü🌊\\\n\u0000", message: "\"ü🌊\\\n\u0000", offset: 402}, type: "refused"},
  {request: 835, commit: 7763018713338658, changes: 536, type: "executed"},
  {request: 2444405872561545, commit: 0, columns: ["text 77"], rows: new Uint8Array([0]), type: "queried"},
  {request: 759, commit: 9007199254740992, results: [{changes: 905301105605961, columns: [], rows: new Uint8Array([])}, {changes: 9007199254740992, columns: [], rows: new Uint8Array([])}], type: "transacted"},
  {request: 9007199254740992, explain: {plan: "incremental", reason: "\"ü🌊\\\n\u0000", tables: [{table: "text 55", columns: []}], template: "\"ü🌊\\\n\u0000", routes: [{table: "\"ü🌊\\\n\u0000", columns: ["\"ü🌊\\\n\u0000", ""], predicates: [{column: "", relation: "text 77", values: ["\"ü🌊\\\n\u0000", ""]}], found: "byAnyChange", over: ["text 37", "text 65"]}], notes: [], live: {bindings: 0, subscriptions: 3871133758843369, planned: 4336347165297859, stateRows: 9007199254740992, stateBytes: 23, commits: 0, maintained: 1129490167164486, requeries: 4448494734394787, refused: 4868757028664885, givenUp: 9007199254740992, beyond: 621, refills: 648, instructionsPerCommit: 0}, indexes: [{table: "text 58", columns: ["\"ü🌊\\\n\u0000", "text 24"], sql: ""}, {table: "text 77", columns: [], sql: "text 25"}], text: ""}, type: "explained"},
  {request: 0, stats: {commits: 9007199254740992, subscriptions: 9007199254740992, templates: 0, bindings: 2292322592550871, dataflows: 989, stateBytes: 9007199254740992, rememberedBytes: 0, memoryBudget: 2730702615908765, evicted: 0, requeries: 295, maintained: 9007199254740992, refused: 5162880253402893, givenUp: 5398870132304149, rowsIn: 1946396200684629, rowsOut: 9007199254740992}, type: "counted"},
  {request: 9007199254740992, error: {code: "text 47", message: "text 32"}, type: "failed"},
  {subscription: 9007199254740992, commit: 956, columns: [], plan: "incremental", rows: new Uint8Array([0, 36]), type: "subscribed"},
  {request: 0, commit: 8844229406293261, type: "rebound"},
  {edits: new Uint8Array([0, 36, 72, 108]), events: [{subscription: 7943541393085751, columns: ["text 62"], rows: new Uint8Array([0, 36, 72, 108, 144, 180]), type: "columns"}, {subscription: 9007199254740992, columns: ["text 88"], rows: new Uint8Array([]), type: "columns"}], cause: 8650943317475435, type: "delivery"},
  {commit: 9007199254740992, tables: ["\"ü🌊\\\n\u0000", ""], isPartial: false, type: "committed"},
];

export const someEnvelope: protocol.Envelope[] = [
  {from: {tab: "text 99", type: "page"}, to: {tab: "text 68", type: "worker"}, message: {epoch: 0, message: {number: 856078459175276, confirm: false, messages: [{request: 7290333760894593, commit: 0, changes: 119, type: "executed"}]}, channel: "hostToPage"}},
];
