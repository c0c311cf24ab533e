// Opening a database: one page client for each name, however often this module is evaluated.

import type { Assets } from './assets.js';
import { PageClient } from './client.js';
import { Database } from './database.js';
import { TidewaterError } from './errors.js';
import { DATABASE_NAME, PROTOCOL } from './generated/protocol.js';

export interface OpenOptions {
  /** The database's name: 1 to 64 letters, digits, `.`, `_` or `-`, not beginning with a dot. */
  name: string;
  /**
   * A script that makes the schema. It runs in one transaction, once for each distinct text in the life of the database, before
   * `open` resolves; it has to work on a database that former versions of it have made. A PRAGMA that sets
   * something cannot be part of it.
   */
  schema?: string;
  /**
   * Whether foreign keys are enforced, as they are if nothing is said. All tabs that have the database open have to ask for the same
   * (`configuration_mismatch`). A PRAGMA that sets the connection is refused (`passes_away`): the next active tab would not know of it.
   */
  foreignKeys?: boolean;
  /**
   * For how many milliseconds to wait until the database is served and the schema script has run: 10,000 if nothing else is said,
   * `Infinity` for as long as it takes. Then `open` rejects with `timeout`.
   */
  timeout?: number;
  /**
   * How tabs reach the one that coordinates them. If nothing is said: by a SharedWorker (`shared`), or where there is none or it cannot be
   * started, by a BroadcastChannel (`bus`). All tabs have to use the same.
   */
  topology?: 'shared' | 'bus';
  /** Where the package's files are, if not where its code expects them. */
  assets?: Assets;
}

// Outlives the module: hot reloading evaluates it again, and a second client for one name would be a second tab.
const REGISTRY = Symbol.for(`tidewater@${PROTOCOL}`);

function registry(): Map<string, PageClient> {
  const holder = globalThis as { [REGISTRY]?: Map<string, PageClient> };
  return (holder[REGISTRY] ??= new Map());
}

const OPENS_WITHIN = 10_000;

/** Opens a database, creating it if it is missing. Resolves when a tab serves it and the schema script has run. */
export async function open(options: OpenOptions): Promise<Database> {
  const { name, schema, assets = {}, timeout = OPENS_WITHIN, foreignKeys = true, topology } = options;
  if (!DATABASE_NAME.test(name)) throw new TidewaterError('bad_name', `not a database name: ${JSON.stringify(name)}`);
  if (typeof window === 'undefined' || typeof Worker === 'undefined' || !('locks' in navigator)) {
    const why = 'a database can only be opened in a page of a browser, over https or on localhost';
    throw new TidewaterError('unavailable', why);
  }
  const configuration = { foreignKeys };
  const clients = registry();
  let client = clients.get(name);
  if (!client) {
    client = new PageClient(name, { configuration, assets, topology }, (gone) => {
      if (clients.get(name) === gone) clients.delete(name);
    });
    clients.set(name, client);
  }
  await client.opened(schema, configuration, timeout);
  return new Database(client);
}
