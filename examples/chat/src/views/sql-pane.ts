// The SQL pane: any SELECT, live.

import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { Diff, Explain, Row } from 'tidewater';
import { examples } from '../examples.js';
import { database } from '../state/database.js';
import { type Origin, type Told, tell } from '../state/edits.js';
import { Live } from '../state/live.js';
import { icons } from './icons.js';
import { resultTable } from './result-table.js';
import { View } from './view.js';

/** How long one pauses before what is typed is run. */
const PAUSE = 400;
/** How many commits the log goes back. */
const LOGGED = 5;

interface Logged extends Diff {
  readonly counts: Told['counts'];
}

export class SqlPane extends View {
  static override properties = { sql: { state: true }, explain: { state: true }, log: { state: true } };
  declare sql: string;
  declare explain: Explain | undefined;
  declare log: readonly Logged[];

  readonly #origins = new WeakMap<Row, Origin>();
  readonly #live = new Live<Row>(this, (diff, before) => this.#onDiff(diff, before));
  #pause: ReturnType<typeof setTimeout> | undefined;
  #explained = '';

  constructor() {
    super();
    this.sql = examples[0]?.sql ?? '';
    this.log = [];
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.#pause);
  }

  protected override willUpdate(): void {
    if (this.sql.trim()) this.#live.watch({ sql: this.sql });
    else this.#live.stop();
    if (this.sql !== this.#explained) void this.#explain(this.sql);
  }

  protected override render(): TemplateResult {
    return html`
      <section class="sql" aria-label="SQL pane">
        <header>
          <h2>${icons.sql} Live SQL</h2>
          <button type="button" class="plain" aria-label="Close the SQL pane" @click=${() => this.dispatchEvent(new Event('close'))}>
            ${icons.close}
          </button>
        </header>
        <div class="examples" role="group" aria-label="Examples">
          ${examples.map(({ title, sql }) => html`<button type="button" class="pill" aria-pressed=${sql === this.sql}
            @click=${() => this.#take(sql)}>${title}</button>`)}
        </div>
        <textarea class="editor" spellcheck="false" autocapitalize="off" autocomplete="off" rows="8" aria-label="A SELECT"
          aria-describedby="sql-hint" .value=${this.sql} @input=${this.#onInput} @keydown=${this.#onKey}></textarea>
        ${this.#stateView()}
      </section>
    `;
  }

  #stateView(): TemplateResult | typeof nothing {
    const shown = this.#live.shown;
    if (!shown) return html`<p class="notice" role="status" id="sql-hint">Type a SELECT. It runs as you pause, and stays live.</p>`;
    if (shown.status === 'error') {
      return html`<div class="error" role="alert">
        <strong>${shown.error?.code}</strong>
        <p>${shown.error?.message}</p>
      </div>`;
    }
    return html`
      <div class="about" id="sql-hint">
        ${shown.status === 'failing'
          ? html`<span class="live"><span class="dot follower"></span>failing: the last good rows</span>`
          : html`<span class="live"><span class="dot active"></span>live</span>`}
        <span>${shown.rows.length.toLocaleString()} ${shown.rows.length === 1 ? 'row' : 'rows'}</span>
        <span>as of commit ${shown.commit.toLocaleString()}</span>
        ${this.explain ? html`<span class="plan" title=${this.explain.reason ?? ''}>${this.explain.plan}</span>` : nothing}
      </div>
      ${shown.error ? html`<div class="error" role="alert"><p>${shown.error.message}</p></div>` : nothing}
      ${resultTable(shown.columns, shown.rows, this.#origins)}
      ${this.#logView()}
      ${this.explain ? explainView(this.explain) : nothing}
    `;
  }

  #logView(): TemplateResult {
    return html`
      <ol class="log" aria-label="Last commits that changed this result">
        ${this.log.length === 0 ? html`<li class="quiet">No commit has changed this result yet.</li>` : nothing}
        ${repeat(
          this.log,
          ({ commit }) => commit,
          ({ commit, counts }) => html`<li>
            <span>Commit ${commit.toLocaleString()}</span>
            <span class="counts">
              ${counts.inserted > 0 ? html`<b class="inserted">+${counts.inserted}</b>` : nothing}
              ${counts.removed > 0 ? html`<b class="removed">−${counts.removed}</b>` : nothing}
              ${counts.changed > 0 ? html`<b class="changed">${counts.changed} changed</b>` : nothing}
              ${counts.moved > 0 ? html`<b class="moved">${counts.moved} moved</b>` : nothing}
            </span>
          </li>`,
        )}
      </ol>
    `;
  }

  readonly #onInput = (event: Event): void => {
    clearTimeout(this.#pause);
    const { value } = event.target as HTMLTextAreaElement;
    this.#pause = setTimeout(() => this.#take(value), PAUSE);
  };

  readonly #onKey = (event: KeyboardEvent): void => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) this.#take((event.target as HTMLTextAreaElement).value);
  };

  #take(sql: string): void {
    clearTimeout(this.#pause);
    if (sql === this.sql) return;
    this.sql = sql;
    this.log = [];
  }

  #onDiff(diff: Diff, before: readonly Row[]): void {
    const { origins, counts } = tell(before, diff.edits);
    for (const [row, origin] of origins) this.#origins.set(row, origin);
    this.log = [{ ...diff, counts }, ...this.log].slice(0, LOGGED);
  }

  async #explain(sql: string): Promise<void> {
    this.#explained = sql;
    // The subscription shows the error; there is nothing to explain then.
    const explain = await database().explain(sql).catch(() => undefined);
    if (sql === this.#explained) this.explain = explain;
  }
}

function explainView({ text }: Explain): TemplateResult {
  return html`
    <details class="explain">
      <summary>How it is kept up to date</summary>
      <pre>${text}</pre>
    </details>
  `;
}

customElements.define('sql-pane', SqlPane);
