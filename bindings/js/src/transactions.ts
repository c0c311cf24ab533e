// Transactions that stay open while the application thinks between their statements.

import { TidewaterError } from './errors.js';
import { type HostToPage, codes } from './generated/protocol.js';
import { type Asked, type Effect, limit } from './requests.js';
import { type Row, readRows } from './rows.js';
import { type Parameters, parameterFrame } from './values.js';

/** How long a statement may take, and what ends the wait for it. */
export interface StatementOptions {
  /** For how many milliseconds a statement may run; 10,000 if nothing is said. */
  timeout?: number;
}

/** How `transaction` is to run its callback. */
export interface TransactionOptions {
  /** Ends it: what it did is undone, and the call rejects with the signal's reason. Once it is being committed, it is too late. */
  signal?: AbortSignal;
  /** Whether to run the callback again when the active tab dies, or takes too long, before the commit. It has to bear that. */
  retry?: boolean;
}

/** How many times a callback is run. */
const MOST_RUNS = 5;

type Answer = Extract<HostToPage, { request: number }>;
/** Runs statements in an open transaction. */
type Step = (sql: string, params: Parameters | undefined, options: StatementOptions) => Promise<Extract<Answer, { type: 'stepped' }>>;
/** Asks the host for something. */
export type Ask = (asked: Asked, effect: Effect, signal?: AbortSignal) => Promise<Answer>;

/** An open transaction. Its calls are done in their order. When the callback has returned, it is over. */
export class Transaction {
  readonly #ask: Step;
  readonly #depth: number;

  /** @internal */
  constructor(ask: Step, depth = 0) {
    this.#ask = ask;
    this.#depth = depth;
  }

  /** Runs one or several statements, all of them or none. What they change is seen by this transaction alone until it is committed. */
  async exec(sql: string, params?: Parameters, options: StatementOptions = {}): Promise<{ readonly changes: number }> {
    const { result } = await this.#ask(sql, params, options);
    return { changes: result.changes };
  }

  /** Runs a statement and gives the rows it returns, which show what the transaction has done so far. */
  async query<T = Row>(sql: string, params?: Parameters, options: StatementOptions = {}): Promise<T[]> {
    const { rows, columns } = (await this.#ask(sql, params, options)).result;
    return (rows ? readRows(rows, columns) : []) as T[];
  }

  /** The first row that {@link query} gives, if any. */
  async get<T = Row>(sql: string, params?: Parameters, options: StatementOptions = {}): Promise<T | undefined> {
    const [first] = await this.query<T>(sql, params, options);
    return first;
  }

  /** A transaction within this one: if the callback throws, what it did is undone, and this one goes on. */
  async transaction<T>(body: (tx: Transaction) => Promise<T> | T): Promise<T> {
    const savepoint = `tidewater_${this.#depth + 1}`;
    await this.#ask(`SAVEPOINT ${savepoint}`, undefined, {});
    try {
      const value = await body(new Transaction(this.#ask, this.#depth + 1));
      await this.#ask(`RELEASE ${savepoint}`, undefined, {});
      return value;
    } catch (error) {
      // Where the whole transaction is lost, there is nothing to undo.
      await this.#ask(`ROLLBACK TO ${savepoint}; RELEASE ${savepoint}`, undefined, {}).catch(() => {});
      throw error;
    }
  }
}

/** Runs a callback in a transaction, which is committed when it returns and undone when it throws. */
export async function transact<T>(
  ask: Ask,
  body: (tx: Transaction) => Promise<T> | T,
  { signal, retry = false }: TransactionOptions,
): Promise<T> {
  for (let run = 1; ; run += 1) {
    try {
      return await runOnce(ask, body, signal);
    } catch (error) {
      const isLost = error instanceof TidewaterError && error.code === codes.transactionLost;
      if (!isLost || !retry || run === MOST_RUNS) throw error;
    }
  }
}

async function runOnce<T>(ask: Ask, body: (tx: Transaction) => Promise<T> | T, signal?: AbortSignal): Promise<T> {
  if (signal?.aborted) throw signal.reason;
  let over: Error | undefined;
  const step: Step = async (sql, params, { timeout }) => {
    if (over) throw over;
    if (typeof sql !== 'string') throw new TidewaterError('sql_error', `SQL has to be a string, not ${typeof sql}`);
    const frame = parameterFrame(params);
    const { request: transaction } = await begun;
    const asked: Asked = { type: 'step', transaction, sql, ...(frame === undefined ? {} : { params: frame }), ...limit({ timeout }) };
    return (await ask(asked, 'step')) as Extract<Answer, { type: 'stepped' }>;
  };
  let abort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal?.reason);
    signal?.addEventListener('abort', abort);
  });
  aborted.catch(() => {});
  const begun = ask({ type: 'begin' }, 'reads');
  try {
    const { request: transaction } = await Promise.race([begun, aborted]);
    const value = await Promise.race([body(new Transaction(step)), aborted]);
    over = new TidewaterError(codes.closed, 'the transaction is over');
    await ask({ type: 'commit', transaction }, 'commit');
    return value;
  } catch (error) {
    over ??= new TidewaterError(codes.closed, 'the transaction is over');
    // One that is not open yet is undone when it is: otherwise everybody would wait for its lease. The host may have undone it by itself.
    const undone = begun.then(({ request }) => ask({ type: 'rollBack', transaction: request }, 'step')).catch(() => {});
    if (!signal?.aborted) await undone;
    throw error;
  } finally {
    signal?.removeEventListener('abort', abort);
  }
}
