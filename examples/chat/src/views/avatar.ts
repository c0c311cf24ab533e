// A person's face: initials on a colour of their own.

import { html, type TemplateResult } from 'lit';

export function avatar(name: string, hue: number): TemplateResult {
  return html`<span class="avatar" style="--hue: ${hue}" aria-hidden="true">${initials(name)}</span>`;
}

function initials(name: string): string {
  const words = name.split(' ').filter(Boolean);
  return [words[0], words.at(-1)].map((word) => word?.[0] ?? '').join('');
}
