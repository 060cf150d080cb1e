/**
 * When a code's questionnaire was first opened, for at most the last hour, only in this process's memory: nothing is stored or
 * logged. A sheet that returns faster than it can be read adds one to its stratum's counter; this is its only effect. Two
 * generations instead of an LRU cache: dropping the older one clears all of it at once, while a cache would keep unused entries.
 */
export interface Pace {
  opened(this: void, code: string): void;
  /** Milliseconds since it was opened; null: unknown. Removes the entry. */
  elapsed(this: void, code: string): number | null;
}

/** Codes in one generation; beyond this the older generation is dropped. */
const maximum = 100_000;
const generation = 30 * 60_000;

export function createPace(now: () => number): Pace {
  let young = new Map<string, number>();
  let old = new Map<string, number>();
  let since = now();
  return {
    opened(code) {
      if (young.size >= maximum || now() - since > generation) {
        old = young;
        young = new Map();
        since = now();
      }
      if (!young.has(code) && !old.has(code)) young.set(code, now());
    },
    elapsed(code) {
      const at = young.get(code) ?? old.get(code);
      if (at === undefined) return null;
      young.delete(code);
      old.delete(code);
      return now() - at;
    },
  };
}
