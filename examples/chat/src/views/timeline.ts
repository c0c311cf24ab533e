// The messages of a channel. A message is drawn again only when its row is another object.

import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { guard } from 'lit/directives/guard.js';
import { repeat } from 'lit/directives/repeat.js';
import { type MessageRow, surroundings, timeline } from '../queries.js';
import { drawn } from '../state/drawn.js';
import { latest } from '../state/latest.js';
import { Live } from '../state/live.js';
import { go, type Place } from '../state/session.js';
import { markRead } from '../writes.js';
import { icons } from './icons.js';
import { messageView } from './message.js';
import { dayName, isSameDay } from './time.js';
import { View } from './view.js';

const PAGE = 50;
/** Messages of one person within this time stand together. */
const TOGETHER = 5 * 60 * 1000;

export class Timeline extends View {
  static override properties = { place: { attribute: false }, me: { type: Number }, read: { type: Number } };
  declare place: Place;
  declare me: number;
  /** The message after which everything was new when the channel was entered; Infinity if nothing was. */
  declare read: number;

  readonly #live = new Live<MessageRow>(this);
  #limit = PAGE;
  #drawn = 0;
  #isArriving = true;
  #newestAtArrival = Infinity;
  #readUpTo = 0;

  readonly #onVisible = (): void => this.#markRead();

  override connectedCallback(): void {
    super.connectedCallback();
    document.addEventListener('visibilitychange', this.#onVisible);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.removeEventListener('visibilitychange', this.#onVisible);
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('place')) {
      this.#limit = PAGE;
      this.#isArriving = true;
      this.#newestAtArrival = Infinity;
    }
    if (changed.has('place') || changed.has('me')) this.#readUpTo = 0;
    this.#watch();
    this.#drawn = 0;
  }

  protected override render(): TemplateResult {
    const { error } = this.#live.shown ?? {};
    if (error) return html`<div class="notice" role="alert"><strong>This channel cannot be shown.</strong> ${error.message}</div>`;
    const rows = this.#live.rows.toReversed();
    return html`
      <div class="scroll" tabindex="0" role="log" aria-label="Messages" aria-busy=${!this.#live.isCurrent}
        @keydown=${this.#onKey}>
        <div class="messages">
          ${this.#earlier(rows.length)}
          ${repeat(
            rows,
            (row) => row.id,
            (row, index) => this.#item(row, rows[index - 1]),
          )}
          ${this.#live.isCurrent && rows.length === 0
            ? html`<div class="notice">Nothing has been said here yet. Say something.</div>`
            : nothing}
        </div>
      </div>
      ${this.place.message === undefined
        ? nothing
        : html`<button type="button" class="pill newest" @click=${() => go({ channel: this.place.channel })}>
            ${icons.down} Newest messages
          </button>`}
    `;
  }

  protected override updated(): void {
    const rows = this.#live.rows;
    if (this.#drawn > 0) drawn.set({ messages: this.#drawn, of: rows.length });
    latest.set(this.place.message === undefined ? rows[0]?.id : undefined);
    this.#scroll();
    this.#markRead();
  }

  #watch(): void {
    const { me } = this;
    const { channel, message } = this.place;
    if (message === undefined) this.#live.watch(timeline, { me, channel, limit: this.#limit });
    else this.#live.watch(surroundings, { me, channel, message });
  }

  #item(row: MessageRow, before: MessageRow | undefined): TemplateResult {
    const opensDay = !before || !isSameDay(before.sent_at, row.sent_at);
    const opensUnread = before !== undefined && before.id <= this.read && row.id > this.read && row.author !== this.me;
    const continues =
      !opensDay && !opensUnread && before.author === row.author && row.sent_at - before.sent_at < TOGETHER;
    const isTarget = row.id === this.place.message;
    const context = { me: this.me, continues, hasArrived: row.id > this.#newestAtArrival, isTarget };
    return html`
      ${opensDay ? html`<h3 class="day"><span>${dayName(row.sent_at)}</span></h3>` : nothing}
      ${opensUnread ? html`<div class="unread-line" role="separator"><span>New</span></div>` : nothing}
      ${guard([row, this.me, continues, isTarget], () => {
        this.#drawn += 1;
        return messageView(row, context);
      })}
    `;
  }

  /** The arrow keys walk from message to message; Tab goes on to the reactions of the one they are at. */
  readonly #onKey = (event: KeyboardEvent): void => {
    if (event.altKey || (event.key !== 'ArrowUp' && event.key !== 'ArrowDown')) return;
    const messages = [...this.querySelectorAll<HTMLElement>('.message')];
    const at = messages.findIndex((message) => message.contains(document.activeElement));
    const next = at < 0 ? messages.at(-1) : messages[event.key === 'ArrowUp' ? at - 1 : at + 1];
    if (!next) return;
    event.preventDefault();
    next.focus();
  };

  #earlier(count: number): TemplateResult | typeof nothing {
    if (this.place.message !== undefined || count < this.#limit) return nothing;
    return html`<button type="button" class="pill earlier" @click=${() => this.#showEarlier()}>Earlier messages</button>`;
  }

  #showEarlier(): void {
    this.#limit += PAGE;
    this.requestUpdate();
  }

  /** Once the messages of a new place are there: to the newest one, or to the one that was looked for. */
  #scroll(): void {
    if (!this.#isArriving || !this.#live.isCurrent) return;
    this.#isArriving = false;
    this.#newestAtArrival = this.#live.rows[0]?.id ?? 0;
    const target = this.querySelector('.target');
    if (target) target.scrollIntoView({ block: 'center' });
    else this.querySelector('.scroll')?.scrollTo({ top: 0 });
  }

  #markRead(): void {
    const [newest] = this.#live.rows;
    if (!newest || this.place.message !== undefined || document.visibilityState !== 'visible') return;
    if (!this.#live.isCurrent || newest.id <= this.#readUpTo) return;
    this.#readUpTo = newest.id;
    // It may fail with the tab that runs the engine; the next message brings another chance.
    void markRead(this.me, this.place.channel, newest.id).catch(() => (this.#readUpTo = 0));
  }
}

customElements.define('chat-timeline', Timeline);
