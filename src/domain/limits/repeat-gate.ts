/**
 * Limits how often the same event is reported. If a thousand requests a second fail for one reason, the first report is enough;
 * the next one says how many were left out. It uses no cache library: the domain imports none, and it would save only two lines.
 */
const maximumKeys = 500;

/**
 * How many were left out since the last report of this key; null: leave this one out too. `now` and `interval` in the same unit.
 */
export type RepeatGate = (key: string, now: number) => number | null;

/** Lets a message of one key through once in `interval` milliseconds, with the number of suppressed ones since. */
export function createRepeatGate(interval: number): RepeatGate {
  const reported = new Map<string, { readonly since: number; left: number }>();
  return (key, now) => {
    const last = reported.get(key);
    if (last !== undefined && now - last.since < interval) {
      last.left++;
      return null;
    }
    // Keys may come from outside: drop the oldest report instead of growing.
    if (last === undefined && reported.size >= maximumKeys) {
      const [oldest] = reported.keys();
      if (oldest !== undefined) reported.delete(oldest);
    }
    reported.delete(key);
    reported.set(key, { since: now, left: 0 });
    return last?.left ?? 0;
  };
}
