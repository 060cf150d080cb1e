/** Limits a search by steps, not by time, so that everybody who computes a county again gets the same result. */

/** The steps that remain. One step checks one change against one figure. */
export class Effort {
  private left: number;
  private reserve: number;

  constructor(steps: number) {
    this.left = steps;
    this.reserve = steps / 4;
  }

  /**
   * Takes at most `most` steps, and returns how many. When the steps are used up, only short searches are allowed.
   * Return unused steps with `giveBack`.
   */
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

/** Steps per search once the others are used up. */
const SHORT = 4_000;
