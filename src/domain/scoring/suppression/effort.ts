/** Steps of a search. They are counted, and time is not: whoever computes a county again must get the same figures. */

/** Steps that are left: one for each figure that a change is held against. */
export class Effort {
  private left: number;
  private reserve: number;

  constructor(steps: number) {
    this.left = steps;
    this.reserve = steps / 4;
  }

  /** Hands over what `most` may take of it, and takes what was not used back by `giveBack`. Once little is left, searches are short. */
  take(most: number): number {
    const taken = this.left > 0 ? Math.min(most, this.left) : Math.min(SHORT, this.reserve);
    if (this.left > 0) this.left -= taken;
    else this.reserve -= taken;
    return taken;
  }

  giveBack(steps: number): void {
    if (this.left > 0) this.left += Math.max(0, steps);
    else this.reserve += Math.max(0, steps);
  }
}

/** Steps of a search once the effort is spent. */
const SHORT = 4_000;
