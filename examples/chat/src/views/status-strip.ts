// The line at the bottom: how the database stands, as this tab sees it.

import { html, nothing, type TemplateResult } from 'lit';
import type { DatabaseStatus } from 'tidewater';
import { Watching } from '../state/cell.js';
import { database } from '../state/database.js';
import { drawn } from '../state/drawn.js';
import { latency } from '../state/latency.js';
import { traffic } from '../state/session.js';
import { icons } from './icons.js';
import { View } from './view.js';

const ROLES = {
  active: 'This tab runs the engine for all tabs',
  follower: 'Another tab runs the engine for this one',
} as const;

const STORAGE: Readonly<Record<string, string>> = {
  opfs: 'Kept on disk, in the origin private file system',
  memory: 'Kept in memory: this browser grants no storage here',
};

export class StatusStrip extends View {
  static override properties = { status: { state: true } };
  declare status: DatabaseStatus;
  #stop: () => void = () => {};

  constructor() {
    super();
    this.status = database().status;
    new Watching(this, latency, drawn, traffic);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#stop = database().on('status', (status) => (this.status = status));
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#stop();
  }

  protected override render(): TemplateResult {
    const { role, state, storage, commit, tabs, error } = this.status;
    return html`
      <footer class="strip" aria-label="Status">
        <dl>
          <div title=${ROLES[role]}>
            <dt class="obvious">Tab</dt>
            <dd data-status="role"><span class="dot ${role}"></span>${role}</dd>
          </div>
          ${state === 'ready' ? nothing : html`<div><dt>Engine</dt><dd class="warn" title=${error?.message ?? ''}>${state}</dd></div>`}
          <div class="obvious"><dt>Tabs</dt><dd data-status="tabs">${tabs}</dd></div>
          <div title=${STORAGE[storage ?? ''] ?? ''}>
            <dt class="obvious">Storage</dt>
            <dd data-status="storage" class=${storage === 'memory' ? 'warn' : ''}>${storage ?? '–'}</dd>
          </div>
          <div title="The number of the last commit this tab has heard of">
            <dt>Commit</dt><dd data-status="commit">${commit.toLocaleString()}</dd>
          </div>
          <div title="From the write to its diff in this tab">
            <dt>Last write</dt><dd data-status="latency">${latency.value === undefined ? '–' : `${latency.value.toFixed(1)} ms`}</dd>
          </div>
          <div class="drawn" title="Rows that did not change are the same objects, so their messages are not drawn again">
            <dt>Drawn again</dt>
            <dd data-status="drawn">${drawn.value ? `${drawn.value.messages} of ${drawn.value.of}` : '–'}</dd>
          </div>
        </dl>
        <div class="actions">
          <label class="switch">
            <input type="checkbox" role="switch" .checked=${traffic.value}
              @change=${(event: Event) => traffic.set((event.target as HTMLInputElement).checked)} />
            <span class="track" aria-hidden="true"></span>Simulate traffic
          </label>
          <a class="button" href=${location.pathname} target="_blank" rel="noopener">${icons.tab}<span>Open another tab</span></a>
        </div>
      </footer>
    `;
  }
}

customElements.define('status-strip', StatusStrip);
