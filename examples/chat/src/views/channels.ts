// The list of channels with what is unread in them.

import { html, nothing, type TemplateResult } from 'lit';
import { guard } from 'lit/directives/guard.js';
import { repeat } from 'lit/directives/repeat.js';
import type { ChannelRow } from '../queries.js';
import { View } from './view.js';

export class Channels extends View {
  static override properties = { rows: { attribute: false }, current: { type: Number } };
  declare rows: readonly ChannelRow[];
  declare current: number;

  protected override render(): TemplateResult {
    return html`
      <nav aria-label="Channels">
        <h2>Channels</h2>
        <ul>
          ${repeat(
            this.rows,
            (row) => row.id,
            (row) => guard([row, row.id === this.current], () => channelView(row, row.id === this.current)),
          )}
        </ul>
      </nav>
    `;
  }
}

function channelView({ id, name, unread }: ChannelRow, isCurrent: boolean): TemplateResult {
  const shownUnread = isCurrent ? 0 : unread;
  const label = shownUnread > 0 ? `${name}, ${shownUnread} unread` : name;
  return html`<li>
    <a href="#/${id}" aria-label=${label} aria-current=${isCurrent ? 'page' : nothing} class=${shownUnread > 0 ? 'unread' : ''}>
      <span class="hash" aria-hidden="true">#</span><span class="name">${name}</span>
      ${shownUnread > 0 ? html`<span class="badge">${shownUnread > 99 ? '99+' : shownUnread}</span>` : nothing}
    </a>
  </li>`;
}

customElements.define('chat-channels', Channels);
