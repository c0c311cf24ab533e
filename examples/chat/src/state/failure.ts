// What went wrong last with something that nobody waits for, to be shown for a while.

import { Cell } from './cell.js';

const SHOWN_FOR = 6000;

export const failure = new Cell<string | undefined>(undefined);

let timer: ReturnType<typeof setTimeout> | undefined;

/** Does it, and shows the error if that fails. */
export async function attempt(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    failure.set(error instanceof Error ? error.message : String(error));
    clearTimeout(timer);
    timer = setTimeout(() => failure.set(undefined), SHOWN_FOR);
  }
}
