// What a commit did to a result, told row by row.

import type { Edit, Row } from 'tidewater';

/** How a row came to be as it is: new, or changed in these columns. */
export type Origin = { readonly type: 'inserted' } | { readonly type: 'changed'; readonly columns: ReadonlySet<string> };

export interface Told {
  readonly origins: ReadonlyMap<Row, Origin>;
  readonly counts: { readonly inserted: number; readonly changed: number; readonly removed: number; readonly moved: number };
}

/** Follows the edits through `before`, so that each changed row is known together with the row it was. */
export function tell(before: readonly Row[], edits: readonly Edit[]): Told {
  const rows = before.slice();
  const origins = new Map<Row, Origin>();
  const counts = { inserted: 0, changed: 0, removed: 0, moved: 0 };
  for (const edit of edits) {
    switch (edit.type) {
      case 'insert':
        rows.splice(edit.index, 0, edit.row);
        origins.set(edit.row, { type: 'inserted' });
        counts.inserted += 1;
        break;
      case 'remove':
        rows.splice(edit.index, 1);
        counts.removed += 1;
        break;
      case 'replace': {
        const old = rows[edit.index] ?? {};
        rows[edit.index] = edit.row;
        origins.set(edit.row, { type: 'changed', columns: changedColumns(old, edit.row) });
        counts.changed += 1;
        break;
      }
      case 'move':
        rows.splice(edit.to, 0, ...rows.splice(edit.from, 1));
        counts.moved += 1;
        break;
    }
  }
  return { origins, counts };
}

function changedColumns(old: Row, now: Row): ReadonlySet<string> {
  return new Set(Object.keys(now).filter((column) => !Object.is(old[column], now[column])));
}
