// The one database of the application.

import { open, type Database } from 'tidewater';
import { schema } from '../schema.js';

let opened: Database | undefined;

export async function openDatabase(): Promise<void> {
  opened = await open({ name: 'harbour', schema });
}

/** The database, which is open before any view that needs it is made. */
export function database(): Database {
  if (!opened) throw new Error('the database is not open yet');
  return opened;
}
