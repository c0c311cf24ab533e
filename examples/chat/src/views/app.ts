// The application: opens the database, fills it the first time, and lays out the views.

import { html, nothing, type TemplateResult } from 'lit';
import { guard } from 'lit/directives/guard.js';
import { type ChannelRow, type PersonRow, channels, people } from '../queries.js';
import { cast } from '../seed/cast.js';
import { fill } from '../seed/fill.js';
import { HISTORY } from '../seed/history.js';
import { Watching } from '../state/cell.js';
import { database, openDatabase } from '../state/database.js';
import { failure } from '../state/failure.js';
import { Live } from '../state/live.js';
import { become, choosePerson, go, me, place } from '../state/session.js';
import { avatar } from './avatar.js';
import { icons } from './icons.js';
import './channels.js';
import './composer.js';
import './search.js';
import './sql-pane.js';
import './status-strip.js';
import './timeline.js';
import { View } from './view.js';

type Phase = { name: 'opening' } | { name: 'filling'; messages: number } | { name: 'open' } | { name: 'failed'; error: unknown };

export class App extends View {
  static override properties = {
    phase: { state: true },
    found: { state: true },
    isSqlOpen: { state: true },
    isMenuOpen: { state: true },
  };
  declare phase: Phase;
  /** What is searched for. */
  declare found: string;
  declare isSqlOpen: boolean;
  declare isMenuOpen: boolean;

  readonly #channels = new Live<ChannelRow>(this);
  readonly #people = new Live<PersonRow>(this);
  /** Where one is, and the message after which everything was new on entering. */
  #entered = { key: '', read: Infinity };

  constructor() {
    super();
    this.phase = { name: 'opening' };
    this.found = '';
    this.isSqlOpen = false;
    this.isMenuOpen = false;
    new Watching(this, me, place, failure);
    place.watch(() => {
      this.found = '';
      this.isMenuOpen = false;
    });
    addEventListener('keydown', (event) => this.#onKey(event));
    void this.#open();
  }

  async #open(): Promise<void> {
    try {
      await openDatabase();
      this.phase = { name: 'filling', messages: 0 };
      await fill((messages) => (this.phase = { name: 'filling', messages: Math.min(messages, HISTORY) }));
      choosePerson(database().status.tabs, cast.length);
      this.phase = { name: 'open' };
    } catch (error) {
      this.phase = { name: 'failed', error };
    }
  }

  protected override willUpdate(): void {
    if (this.phase.name !== 'open') return;
    this.#people.watch(people);
    this.#channels.watch(channels, { me: me.value });
    this.#enter();
  }

  protected override render(): TemplateResult {
    switch (this.phase.name) {
      case 'opening':
        return splash(html`<p role="status">Opening the database…</p>`);
      case 'filling':
        return splash(fillingView(this.phase.messages));
      case 'failed':
        return splash(failureView(this.phase.error));
      case 'open':
        return this.#channels.shown ? this.#openView() : splash(html`<p role="status">Reading…</p>`);
    }
  }

  #openView(): TemplateResult {
    const channel = this.#channels.rows.find(({ id }) => id === place.value.channel) ?? this.#channels.rows[0];
    if (!channel) return splash(html`<p role="alert">There are no channels.</p>`);
    const unread = this.#channels.rows.reduce((sum, row) => sum + (row.id === channel.id ? 0 : row.unread), 0);
    document.title = `${unread > 0 ? `(${unread}) ` : ''}#${channel.name} · Harbour`;
    return html`
      <div class="app ${this.isSqlOpen ? 'with-sql' : ''} ${this.isMenuOpen ? 'with-menu' : ''}">
        <aside class="sidebar">
          <h1>${icons.wave} Harbour</h1>
          <chat-channels .rows=${this.#channels.rows} current=${channel.id}></chat-channels>
          ${guard([this.#people.rows, me.value], () => this.#personView())}
        </aside>
        ${this.isMenuOpen
          ? html`<button type="button" class="shade" aria-label="Close the menu" @click=${() => (this.isMenuOpen = false)}></button>`
          : nothing}
        <main>
          ${this.#headerView(channel, unread)}
          ${this.found.trim()
            ? html`<chat-search text=${this.found}></chat-search>`
            : html`<chat-timeline .place=${place.value} me=${me.value} read=${this.#entered.read}></chat-timeline>`}
          <chat-composer channel=${channel.id} channelName=${channel.name} me=${me.value}></chat-composer>
        </main>
        ${this.isSqlOpen ? html`<sql-pane me=${me.value} @close=${() => (this.isSqlOpen = false)}></sql-pane>` : nothing}
        <status-strip></status-strip>
        ${failure.value ? html`<p class="toast" role="alert">That did not work: ${failure.value}</p>` : nothing}
      </div>
    `;
  }

  #headerView(channel: ChannelRow, unread: number): TemplateResult {
    return html`
      <header class="top">
        <button type="button" class="plain menu" aria-label="Channels${unread > 0 ? `, ${unread} unread` : ''}"
          @click=${() => (this.isMenuOpen = true)}>${icons.menu}${unread > 0 ? html`<span class="dot"></span>` : nothing}</button>
        <div class="where">
          <h2><span aria-hidden="true">#</span>${channel.name}</h2>
          <p>${channel.topic}</p>
        </div>
        <search class="searchbox">
          ${icons.search}
          <input type="search" placeholder="Search" aria-label="Search all messages" aria-keyshortcuts="/" .value=${this.found}
            @input=${(event: Event) => (this.found = (event.target as HTMLInputElement).value)} />
          <kbd aria-hidden="true">/</kbd>
        </search>
        <button type="button" class="plain sql-toggle" aria-pressed=${this.isSqlOpen} aria-label="SQL pane"
          @click=${() => (this.isSqlOpen = !this.isSqlOpen)}>${icons.sql}<span>SQL</span></button>
      </header>
    `;
  }

  #personView(): TemplateResult {
    const person = this.#people.rows.find(({ id }) => id === me.value);
    return html`
      <label class="person">
        ${person ? avatar(person.name, person.hue) : nothing}
        <span class="label">You are</span>
        <select aria-label="You are" @change=${(event: Event) => become(Number((event.target as HTMLSelectElement).value))}>
          ${this.#people.rows.map(({ id, name }) => html`<option value=${id} ?selected=${id === me.value}>${name}</option>`)}
        </select>
      </label>
    `;
  }

  /** On entering a channel, remembers how far it had been read: there the line "New" stands. */
  #enter(): void {
    const channel = this.#channels.isCurrent && this.#channels.rows.find(({ id }) => id === place.value.channel);
    const key = `${me.value}/${place.value.channel}`;
    if (channel && this.#entered.key !== key) this.#entered = { key, read: channel.unread > 0 ? channel.read : Infinity };
  }

  #onKey(event: KeyboardEvent): void {
    const isSearching = event.target === this.querySelector('.searchbox input');
    const isTyping = event.target instanceof HTMLElement && event.target.matches('input, textarea, select');
    if (event.key === '/' && !isTyping) {
      event.preventDefault();
      this.querySelector<HTMLInputElement>('.searchbox input')?.focus();
    } else if (event.key === 'Escape') {
      this.found = '';
      this.isMenuOpen = false;
      if (isSearching) this.querySelector<HTMLElement>('chat-composer textarea')?.focus();
    } else if (event.altKey && (event.key === 'ArrowUp' || event.key === 'ArrowDown')) {
      event.preventDefault();
      this.#step(event.key === 'ArrowUp' ? -1 : 1);
    }
  }

  #step(by: number): void {
    const { rows } = this.#channels;
    const at = rows.findIndex(({ id }) => id === place.value.channel);
    const next = rows[(at + by + rows.length) % rows.length];
    if (next) go({ channel: next.id });
  }
}

function splash(content: TemplateResult): TemplateResult {
  return html`<div class="splash"><div class="mark">${icons.wave}</div><h1>Harbour</h1>${content}</div>`;
}

function fillingView(messages: number): TemplateResult {
  return html`
    <p>${messages === 0 ? 'Making up a history…' : `Writing a history: ${messages.toLocaleString()} messages`}</p>
    <progress max=${HISTORY} value=${messages} aria-label="Messages written"></progress>
  `;
}

function failureView(error: unknown): TemplateResult {
  return html`
    <p role="alert">The database could not be opened: ${error instanceof Error ? error.message : String(error)}</p>
    <button type="button" class="button" @click=${() => location.reload()}>Try again</button>
  `;
}

customElements.define('chat-app', App);
