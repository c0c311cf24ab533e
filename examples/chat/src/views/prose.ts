// The text of messages: `code` between backquotes, and found words.

import { html, type TemplateResult } from 'lit';

export function prose(text: string): (string | TemplateResult)[] {
  return text.split('`').map((part, index) => (index % 2 === 1 ? html`<code>${part}</code>` : part));
}

/** Text in which found words stand between the characters 1 and 2. */
export function marked(text: string): (string | TemplateResult)[] {
  return text.split('\u0001').flatMap((part, index) => {
    if (index === 0) return [part];
    const [found = '', rest = ''] = part.split('\u0002');
    return [html`<mark>${found}</mark>`, rest];
  });
}
