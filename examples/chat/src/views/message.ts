// One message of the timeline.

import { html, nothing, type TemplateResult } from 'lit';
import type { MessageRow } from '../queries.js';
import { emoji } from '../seed/phrases.js';
import { attempt } from '../state/failure.js';
import { react, unreact } from '../writes.js';
import { avatar } from './avatar.js';
import { prose } from './prose.js';
import { clockTime, fullTime, shortTime } from './time.js';

export interface MessageContext {
  readonly me: number;
  /** Whether it goes on what the same person said just before. */
  readonly continues: boolean;
  /** Whether it came while one was looking. */
  readonly hasArrived: boolean;
  /** Whether it is the one that was looked for. */
  readonly isTarget: boolean;
}

type Reaction = readonly [emoji: string, people: number, mine: 0 | 1, names: string];

export function messageView(row: MessageRow, { me, continues, hasArrived, isTarget }: MessageContext): TemplateResult {
  const reactions = JSON.parse(row.reactions) as Reaction[];
  const classes = ['message', continues && 'continues', row.author === me && 'own', hasArrived && 'arrived', isTarget && 'target'];
  return html`
    <article class=${classes.filter(Boolean).join(' ')} tabindex="-1" aria-label="${row.name}, ${fullTime(row.sent_at)}">
      ${continues ? html`<time class="gutter" aria-hidden="true">${shortTime(row.sent_at)}</time>` : avatar(row.name, row.hue)}
      <div class="content">
        ${continues
          ? nothing
          : html`<header>
              <strong>${row.name}</strong>
              <time datetime=${new Date(row.sent_at).toISOString()} title=${fullTime(row.sent_at)}>${clockTime(row.sent_at)}</time>
            </header>`}
        <p>${prose(row.body)}</p>
        ${reactions.length > 0
          ? html`<div class="reactions" role="group" aria-label="Reactions">
              ${reactions.map((reaction) => chip(row.id, me, reaction))}
            </div>`
          : nothing}
      </div>
      <div class="quick" role="group" aria-label="Add a reaction">
        ${emoji.map((sign) => {
          const isMine = reactions.some(([other, , mine]) => other === sign && mine);
          return html`<button type="button" aria-label="React with ${sign}" aria-pressed=${isMine}
            @click=${() => toggle(row.id, me, sign, isMine)}>${sign}</button>`;
        })}
      </div>
    </article>
  `;
}

function chip(message: number, me: number, [sign, people, mine, names]: Reaction): TemplateResult {
  return html`<button type="button" class="chip" aria-pressed=${mine === 1} title=${names}
    aria-label="${sign} by ${names}" @click=${() => toggle(message, me, sign, mine === 1)}
    ><span>${sign}</span> ${people}</button>`;
}

function toggle(message: number, me: number, sign: string, isMine: boolean): Promise<void> {
  return attempt(isMine ? unreact(me, message, sign) : react(me, message, sign));
}
