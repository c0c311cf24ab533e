// Where one writes.

import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { post } from '../writes.js';
import { icons } from './icons.js';
import { View } from './view.js';

const LONGEST = 4000;

export class Composer extends View {
  static override properties = {
    channel: { type: Number },
    channelName: { type: String },
    me: { type: Number },
    failure: { state: true },
    isEmpty: { state: true },
  };
  declare channel: number;
  declare channelName: string;
  declare me: number;
  declare failure: string | undefined;
  declare isEmpty: boolean;

  /** What was written and not sent, by channel. */
  readonly #drafts = new Map<number, string>();

  constructor() {
    super();
    this.isEmpty = true;
  }

  get #field(): HTMLTextAreaElement | null {
    return this.querySelector('textarea');
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    const before = changed.get('channel');
    if (changed.has('channel') && before !== undefined) this.#drafts.set(before, this.#field?.value ?? '');
  }

  protected override render(): TemplateResult {
    return html`
      <form @submit=${this.#onSubmit}>
        ${this.failure ? html`<p class="failure" role="alert">Not sent: ${this.failure}</p>` : nothing}
        <div class="field">
          <textarea rows="1" maxlength=${LONGEST} aria-label="Message to ${this.channelName}"
            placeholder="Message #${this.channelName}" @input=${this.#onInput} @keydown=${this.#onKey}></textarea>
          <button type="submit" class="send" aria-label="Send" ?disabled=${this.isEmpty}>${icons.send}</button>
        </div>
      </form>
    `;
  }

  protected override updated(changed: PropertyValues<this>): void {
    const field = this.#field;
    if (!field || !changed.has('channel')) return;
    field.value = this.#drafts.get(this.channel) ?? '';
    this.isEmpty = field.value.trim() === '';
    // A finger wants to read first: no keyboard until it is asked for.
    if (matchMedia('(hover: hover)').matches) field.focus({ preventScroll: true });
  }

  readonly #onInput = (): void => {
    this.isEmpty = this.#field?.value.trim() === '';
  };

  readonly #onKey = (event: KeyboardEvent): void => {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    void this.#send();
  };

  readonly #onSubmit = (event: Event): void => {
    event.preventDefault();
    void this.#send();
  };

  async #send(): Promise<void> {
    const field = this.#field;
    const body = field?.value.trim();
    if (!field || !body) return;
    field.value = '';
    this.isEmpty = true;
    this.failure = undefined;
    try {
      await post(this.me, this.channel, body);
    } catch (error) {
      this.failure = error instanceof Error ? error.message : String(error);
      if (field.value === '') field.value = body;
      this.isEmpty = false;
    }
  }
}

customElements.define('chat-composer', Composer);
