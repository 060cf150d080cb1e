/**
 * When a code's questionnaire was first opened, for the last hour at most, in this process's memory alone: nothing here is stored or logged. A sheet that comes back sooner
 * than it can be read adds one to its stratum's counter, which is all that becomes of it. Two generations in place of a cache by use: dropping the older one
 * forgets all of it at once, where a cache would keep what nobody asks for again.
 */
export interface Pace {
  opened(this: void, code: string): void;
  /** Milliseconds since it was opened; null: not known. Forgets it. */
  elapsed(this: void, code: string): number | null;
}

/** Codes in one generation; beyond it the older generation is dropped. */
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
