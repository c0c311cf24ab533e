// How long a write takes until what it changed is here, ready to be drawn.

import type { Executed } from 'tidewater';
import { Cell } from './cell.js';

/** Milliseconds from the last timed write to its diff in this tab. */
export const latency = new Cell<number | undefined>(undefined);

/** The highest commit whose diff has arrived, and when. */
let arrived = { commit: 0, at: 0 };

/** Every live query reports its diffs here. */
export function diffArrived(commit: number): void {
  if (commit > arrived.commit) arrived = { commit, at: performance.now() };
}

export async function timed(write: () => Promise<Executed>): Promise<void> {
  const start = performance.now();
  const { commit } = await write();
  // A write that changed nothing on the screen of this tab has no diff: then its answer counts.
  const end = arrived.commit === commit ? arrived.at : performance.now();
  latency.set(end - start);
}
