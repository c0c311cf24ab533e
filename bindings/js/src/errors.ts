// Errors that reach the application.

import { type ErrorInfo, codes } from './generated/protocol.js';

/** Which constraint a statement would have violated. */
export interface Constraint {
  readonly kind: 'unique' | 'primaryKey' | 'notNull' | 'check' | 'foreignKey' | 'trigger' | 'dataType' | 'other';
  /** The columns as `table.column`, of `unique`, `primaryKey` and `notNull`. */
  readonly columns: readonly string[];
  /** The name, or the expression, of `check`; the name of the index of `unique` over expressions. */
  readonly name: string | undefined;
}

/** SQLite's extended result codes, <https://sqlite.org/rescode.html>. */
const CONSTRAINTS: Record<number, Constraint['kind']> = {
  275: 'check',
  787: 'foreignKey',
  1299: 'notNull',
  1555: 'primaryKey',
  1811: 'trigger',
  2067: 'unique',
  2579: 'primaryKey',
  3091: 'dataType',
};

/** The same call may succeed later, as it is. */
const RETRYABLE: readonly string[] = [
  codes.unavailable,
  codes.storageBusy,
  codes.timeout,
  codes.transactionLost,
  codes.hostPanicked,
  'busy',
  'full',
  'io',
  'interrupted',
];
/** What was asked for may have been done. */
const UNKNOWN: readonly string[] = [codes.outcomeUnknown, codes.sessionExpired];

/**
 * Everything that Tidewater rejects or reports. `code` is stable and meant for programs: `sql_error`, `constraint`, `full`,
 * `outcome_unknown`, `closed` and so on; `message` is for people.
 */
export class TidewaterError extends Error {
  readonly code: string;
  /** Whether the same call may succeed later, as it is. */
  readonly retryable: boolean;
  /** `none`: nothing that was asked for was done. `unknown`: it may have been. */
  readonly outcome: 'none' | 'unknown';
  /** SQLite's extended result code, if it is SQLite's error. */
  readonly sqliteCode: number | undefined;
  /** The SQL, if it is about a statement. */
  readonly sql: string | undefined;
  /** The index in `sql` at which the error is, if SQLite says so. */
  readonly offset: number | undefined;
  /** The constraint, if `code` is `constraint`. */
  readonly constraint: Constraint | undefined;

  constructor(code: string, message: string, { sqlite, offset }: Partial<ErrorInfo> = {}, sql?: string) {
    super(message);
    this.name = 'TidewaterError';
    this.code = code;
    this.retryable = RETRYABLE.includes(code);
    this.outcome = UNKNOWN.includes(code) ? 'unknown' : 'none';
    this.sqliteCode = sqlite;
    this.sql = sql;
    this.offset = sql === undefined || offset === undefined ? undefined : indexOf(sql, offset);
    this.constraint = code === 'constraint' ? constraint(sqlite, message) : undefined;
  }

  /** The error that a host tells, of a statement. */
  static from(info: ErrorInfo, sql?: string): TidewaterError {
    return new TidewaterError(info.code, info.message, info, sql);
  }
}

function constraint(code: number | undefined, message: string): Constraint {
  const kind = CONSTRAINTS[code ?? 0] ?? 'other';
  const [, what] = /^[A-Z ]+ constraint failed: (.*)$/s.exec(message) ?? [];
  const index = /^index '(.*)'$/s.exec(what ?? '')?.[1];
  if (kind === 'check' || index !== undefined) return { kind, columns: [], name: index ?? what };
  return { kind, columns: what?.split(', ') ?? [], name: undefined };
}

/** The index in a string of a place that is counted in bytes of UTF-8. */
function indexOf(text: string, bytes: number): number {
  return new TextDecoder().decode(new TextEncoder().encode(text).subarray(0, bytes)).length;
}
