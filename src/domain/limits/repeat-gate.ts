/**
 * Limits how often the same event is reported. Where a thousand requests a second fail for one reason, the first one says everything; the next report says how many
 * were left out. Without a cache library: the domain imports none, and here it would save two lines.
 */
const maximumKeys = 500;

/** How many were left out since the last report of this key; null: leave this one out, too. `now` and `interval` in one unit. */
export type RepeatGate = (key: string, now: number) => number | null;

/** Lets a message of one key through once in `interval` milliseconds, and then says how many it held back. */
export function createRepeatGate(interval: number): RepeatGate {
  const reported = new Map<string, { readonly since: number; left: number }>();
  return (key, now) => {
    const last = reported.get(key);
    if (last !== undefined && now - last.since < interval) {
      last.left++;
      return null;
    }
    // Keys may come from outside: drop the oldest report rather than grow.
    if (last === undefined && reported.size >= maximumKeys) {
      const [oldest] = reported.keys();
      if (oldest !== undefined) reported.delete(oldest);
    }
    reported.delete(key);
    reported.set(key, { since: now, left: 0 });
    return last?.left ?? 0;
  };
}
