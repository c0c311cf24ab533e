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
  {client: "text 70", protocol: 0, nonce: 824, type: "hello"},
  {request: 9007199254740992, sql: "", params: new Uint8Array([0, 36, 72, 108, 144]), type: "exec"},
  {request: 0, sql: "", params: new Uint8Array([0, 36, 72]), again: false, type: "query"},
  {request: 572, statements: [], type: "transaction"},
  {request: 9007199254740992, sql: "\"ü🌊\\\n\u0000", type: "explain"},
  {request: 312, type: "stats"},
  {subscription: 4743955364240989, sql: "\"ü🌊\\\n\u0000", params: new Uint8Array([0, 36, 72]), resumed: true, type: "subscribe"},
  {request: 9007199254740992, subscription: 461, params: new Uint8Array([0, 36, 72]), type: "rebind"},
  {subscription: 449, type: "unsubscribe"},
];

export const someHostToPage: protocol.HostToPage[] = [
  {nonce: 731, epoch: 9007199254740992, storage: "memory", opened: 0, commit: 0, type: "welcome"},
  {nonce: 0, error: {code: "", message: "text 79"}, type: "refused"},
  {request: 0, commit: 169, changes: 58, type: "executed"},
  {request: 3995842953275760, commit: 9007199254740992, columns: ["text 66", ""], rows: new Uint8Array([]), type: "queried"},
  {request: 5285740440643413, commit: 9007199254740992, results: [], type: "transacted"},
  {request: 0, explain: {plan: "incremental", reasonCode: "\"ü🌊\\\n\u0000", tables: [{table: "text 55", columns: ["\"ü🌊\\\n\u0000", "\"ü🌊\\\n\u0000"]}, {table: "text 40", columns: ["\"ü🌊\\\n\u0000"]}], template: "", steps: {strategy: "", detail: "text 2", tables: [""], inputs: [], live: {stateRows: 7763018713338658, stateBytes: 3175387101605440, commits: 941, rowsIn: 5138568943688753, rowsOut: 6081488147684100, instructions: 8005970012590033}}, routes: [{table: "", columns: ["", "\"ü🌊\\\n\u0000"], predicates: [{column: "", relation: "\"ü🌊\\\n\u0000", values: ["text 25"]}, {column: "", relation: "\"ü🌊\\\n\u0000", values: []}], found: "byAnyChange", by: "\"ü🌊\\\n\u0000", over: []}, {table: "", columns: ["text 78"], predicates: [{column: "text 60", relation: "\"ü🌊\\\n\u0000", values: ["", "\"ü🌊\\\n\u0000"]}], found: "byNoChange", over: []}], notes: ["\"ü🌊\\\n\u0000"], live: {bindings: 0, subscriptions: 388594463551376, planned: 4839853431360926, stateRows: 4227505109641185, stateBytes: 9007199254740992, commits: 9007199254740992, maintained: 9007199254740992, requeries: 9007199254740992, refused: 456, givenUp: 0, beyond: 0, refills: 680, instructionsPerRow: 9007199254740992}, indexes: [], text: "\"ü🌊\\\n\u0000"}, type: "explained"},
  {request: 4336347165297859, stats: {commits: 9007199254740992, subscriptions: 20, templates: 9007199254740992, bindings: 9007199254740992, dataflows: 0, stateBytes: 629, rememberedBytes: 911, evicted: 0, requeries: 9007199254740992, maintained: 6160748277055008, refused: 344438863626494, givenUp: 9007199254740992, rowsIn: 0, rowsOut: 9007199254740992}, type: "counted"},
  {request: 0, error: {code: "", message: ""}, type: "failed"},
  {subscription: 425, commit: 9007199254740992, columns: [], plan: "incremental", rows: new Uint8Array([]), type: "subscribed"},
  {request: 4255474485580919, commit: 879, type: "rebound"},
  {edits: new Uint8Array([0, 36]), events: [{subscription: 0, error: {code: "\"ü🌊\\\n\u0000", message: "text 53"}, closed: true, type: "error"}, {subscription: 2856674418533938, columns: [], rows: new Uint8Array([]), type: "columns"}], cause: 5401985414539301, type: "delivery"},
];

export const someEnvelope: protocol.Envelope[] = [
  {from: {type: "coordinator"}, to: {tab: "text 57", type: "page"}, message: {message: {term: 9007199254740992, type: "hostDown"}, channel: "workerToCoordinator"}},
];
