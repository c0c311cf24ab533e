// Where a coordinator is: the name of a lock that it holds says so, which is the same in all versions of this package.

import { PROTOCOL, names } from './generated/protocol.js';

/** How tabs reach their coordinator: by the port of a SharedWorker, or by a BroadcastChannel. */
export type Topology = 'shared' | 'bus';

/** What stands for the URL of a coordinator that is no SharedWorker. */
export const ON_BUS = 'bus';

/** The place of a coordinator, as the name of its lock has it. */
export function placeOf(instance: string, url: string): string {
  return `${PROTOCOL}-${PROTOCOL}/${instance}/${url}`;
}

/** The URL in a place, if it is one of this origin, or {@link ON_BUS}. */
export function urlIn(place: string, origin: string): string | undefined {
  const url = /^\d+-\d+\/[^/]+\/(.+)$/.exec(place)?.[1];
  return url !== undefined && (url === ON_BUS || originOf(url) === origin) ? url : undefined;
}

function originOf(url: string): string | undefined {
  try {
    return new URL(url).origin;
  } catch {
    return undefined;
  }
}

/** The URL of the SharedWorker that is the coordinator of a database, or {@link ON_BUS}; undefined if there is none. */
export async function coordinatorUrl(database: string): Promise<string | undefined> {
  const prefix = names.coordinatorAt(database, '');
  const { held = [] } = await navigator.locks.query();
  for (const { name = '' } of held) {
    const url = name.startsWith(prefix) ? urlIn(name.slice(prefix.length), location.origin) : undefined;
    if (url !== undefined) return url;
  }
  return undefined;
}
