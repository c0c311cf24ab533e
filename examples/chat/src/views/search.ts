// What the search found, kept up to date while one looks at it.

import { html, type TemplateResult } from 'lit';
import { guard } from 'lit/directives/guard.js';
import { repeat } from 'lit/directives/repeat.js';
import { type FoundRow, search } from '../queries.js';
import { Live } from '../state/live.js';
import { avatar } from './avatar.js';
import { marked } from './prose.js';
import { clockTime, dayName } from './time.js';
import { View } from './view.js';

export class Search extends View {
  static override properties = { text: { type: String } };
  declare text: string;

  readonly #live = new Live<FoundRow>(this);

  protected override willUpdate(): void {
    const words = ftsWords(this.text);
    if (words) this.#live.watch(search, { words });
    else this.#live.stop();
  }

  protected override render(): TemplateResult {
    const { rows } = this.#live;
    const count = rows.length === 50 ? 'The newest 50 messages' : rows.length === 1 ? '1 message' : `${rows.length} messages`;
    return html`
      <section class="found" aria-label="Search results">
        <p class="summary" role="status">
          ${this.#live.shown ? html`${count} with “${this.text.trim()}” in all channels, live` : 'Searching…'}
        </p>
        <ul>
          ${repeat(
            rows,
            (row) => row.id,
            (row) => guard([row], () => foundView(row)),
          )}
        </ul>
      </section>
    `;
  }
}

function foundView(row: FoundRow): TemplateResult {
  return html`<li>
    <a href="#/${row.channel}/${row.id}">
      ${avatar(row.name, row.hue)}
      <span class="content">
        <span class="about"><strong>${row.name}</strong> in #${row.channel_name} · ${dayName(row.sent_at)}, ${clockTime(row.sent_at)}</span>
        <span class="text">${marked(row.marked)}</span>
      </span>
    </a>
  </li>`;
}

/** What is typed as FTS5 reads it: every word has to be there, the last one may go on. */
function ftsWords(text: string): string {
  const words = text.match(/[\p{L}\p{N}]+/gu) ?? [];
  return words.map((word, index) => (index === words.length - 1 ? `"${word}"*` : `"${word}"`)).join(' ');
}

customElements.define('chat-search', Search);
