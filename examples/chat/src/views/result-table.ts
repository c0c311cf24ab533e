// A result as a table. A row is its object: unchanged rows keep their element, changed ones get a new one, which flashes.

import { html, nothing, type TemplateResult } from 'lit';
import { guard } from 'lit/directives/guard.js';
import { repeat } from 'lit/directives/repeat.js';
import type { Row, Value } from 'tidewater';
import type { Origin } from '../state/edits.js';

const SHOWN = 200;

export function resultTable(
  columns: readonly string[],
  rows: readonly Row[],
  origins: WeakMap<Row, Origin>,
): TemplateResult {
  const names = [...new Set(columns)];
  return html`
    <div class="table" tabindex="0" role="region" aria-label="Result">
      <table>
        <thead><tr>${names.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
        <tbody @animationend=${stopFlash}>
          ${repeat(
            rows.slice(0, SHOWN),
            (row) => row,
            (row) => guard([row, columns], () => rowView(names, row, origins.get(row))),
          )}
        </tbody>
      </table>
      ${rows.length === 0 ? html`<p class="notice">No rows. They appear here as soon as there are any.</p>` : nothing}
      ${rows.length > SHOWN ? html`<p class="notice">The first ${SHOWN} of ${rows.length.toLocaleString()} rows.</p>` : nothing}
    </div>
  `;
}

function rowView(columns: readonly string[], row: Row, origin: Origin | undefined): TemplateResult {
  const flash = (column: string): boolean =>
    origin?.type === 'inserted' || (origin?.type === 'changed' && origin.columns.has(column));
  return html`<tr class=${origin?.type ?? ''}>
    ${columns.map((column) => {
      const value = row[column] ?? null;
      return html`<td class="${typeOf(value)} ${flash(column) ? 'flash' : ''}">${shown(value)}</td>`;
    })}
  </tr>`;
}

/** An element that is moved would flash again. */
function stopFlash(event: AnimationEvent): void {
  if (event.target instanceof HTMLElement) event.target.classList.remove('flash');
}

function typeOf(value: Value): string {
  if (value === null) return 'null';
  if (value instanceof Uint8Array) return 'blob';
  return typeof value === 'string' ? 'text' : 'number';
}

function shown(value: Value): string {
  if (value === null) return 'NULL';
  if (value instanceof Uint8Array) return `${value.byteLength} bytes`;
  return String(value);
}
