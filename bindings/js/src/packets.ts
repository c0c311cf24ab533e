// The order of a host's packets. Those before its welcome mean nothing; one that is missing or cannot be read lets everything begin again.

/** How often that may happen in so many milliseconds: what cannot be read once can mostly not be read again. */
const MOST = { times: 3, within: 10_000 };

export class Packets {
  /** The number of the last one; undefined until the one that welcomes us. */
  #last: number | undefined;
  /** When everything began again lately. */
  #begun: number[] = [];

  /** Whether the next one is to be read, is of no interest, or shows that one is missing. */
  next(number: number, isWelcome: boolean): 'read' | 'drop' | 'missing' {
    const isFirst = this.#last === undefined;
    if (isFirst ? !isWelcome : number !== (this.#last as number) + 1) return isFirst ? 'drop' : 'missing';
    this.#last = number;
    return 'read';
  }

  /** Everything begins again; false if it did so too often. */
  begin(now: number): boolean {
    this.#last = undefined;
    this.#begun = [...this.#begun.filter((begun) => now - begun < MOST.within), now];
    return this.#begun.length <= MOST.times;
  }
}
