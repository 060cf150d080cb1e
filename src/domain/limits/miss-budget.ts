/**
 * How many wrong codes are looked up (design 10). A bucket fills by one with each miss and drains evenly. So over any longer time
 * no more than the allowance is looked up, however requests are spread. Clock and state are passed in. The odds of guessing: a
 * code carries 45 bits, so with 10⁵ live codes a guess hits with 10⁵ / 2⁴⁵ = 2.8 × 10⁻⁹. 1,000 misses a minute are 1.44 × 10⁶ a
 * day, 0.004 hits a day for each network that guesses without pause. Many networks at once raise the alarm; then each has a tenth
 * of that. Without a limit, one address made 3,522 guesses a second: 0.86 hits a day.
 */
export interface Bucket {
  readonly level: number;
  /** Milliseconds since 1970. */
  readonly at: number;
}

const minute = 60_000;

/** The level now, with `allowance` drained each minute. A clock that goes back drains nothing. */
export function levelAt(bucket: Bucket | undefined, allowance: number, now: number): number {
  if (bucket === undefined) return 0;
  return Math.max(0, bucket.level - (Math.max(0, now - bucket.at) * allowance) / minute);
}

/** The bucket after one more miss. */
export function addMiss(bucket: Bucket | undefined, allowance: number, now: number): Bucket {
  return { level: levelAt(bucket, allowance, now) + 1, at: now };
}

/** Whole seconds until there is room for one more; 0: there is room. */
export function secondsUntilRoom(bucket: Bucket | undefined, allowance: number, now: number): number {
  const over = levelAt(bucket, allowance, now) - (allowance - 1);
  return over <= 0 ? 0 : Math.max(1, Math.ceil((over / allowance) * 60));
}
