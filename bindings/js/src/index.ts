// Live SQL queries over one SQLite database that all tabs of an origin share.

export type { Assets } from './assets.js';
export {
  type CallOptions,
  Database,
  type DatabaseEvents,
  type DatabaseStatus,
  type Executed,
  type Transacted,
  type TransactionResult,
  type TransactionStatement,
} from './database.js';
export type { CommitEvent } from './commits.js';
export { type Constraint, TidewaterError } from './errors.js';
export type {
  Explain,
  Found,
  HostState,
  LiveStep,
  LiveTemplate,
  PlanKind,
  Route,
  RoutePredicate,
  Stats,
  Step,
  StorageMode,
  TableColumns,
  WantedIndex,
} from './generated/protocol.js';
export { type OpenOptions, open } from './open.js';
export { type Edit, type Row, applyEdits } from './rows.js';
export { type Diff, Subscription, type SubscriptionEvents, type SubscriptionStatus } from './subscription.js';
export type { StatementOptions, Transaction, TransactionOptions } from './transactions.js';
export type { Parameter, Parameters, Value } from './values.js';
