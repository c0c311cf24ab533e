// The newest message on the screen.

import { Cell } from './cell.js';

export const latest = new Cell<number | undefined>(undefined);
