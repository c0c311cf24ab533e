// How much of the timeline the last change drew again.

import { Cell } from './cell.js';

export interface Drawn {
  readonly messages: number;
  readonly of: number;
}

export const drawn = new Cell<Drawn | undefined>(undefined);
