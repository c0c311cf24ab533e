// Errors that reach the application.

import type { ErrorInfo } from './generated/protocol.js';

/**
 * Everything that Tidewater rejects or reports. `code` is stable and meant for programs: `sql_error`, `constraint`, `full`,
 * `outcome_unknown`, `closed` and so on; `message` is for people.
 */
export class TidewaterError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = 'TidewaterError';
    this.code = code;
  }

  static from(info: ErrorInfo): TidewaterError {
    return new TidewaterError(info.code, info.message);
  }
}
