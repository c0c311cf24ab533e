// What all views have in common.

import { LitElement } from 'lit';

/** A view renders into the page itself: one stylesheet, and labels and ids that reach across views. */
export class View extends LitElement {
  protected override createRenderRoot(): HTMLElement {
    return this;
  }
}
