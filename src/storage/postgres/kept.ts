/** So many campaigns, strata and users are looked at between two changes at most. */
const maximumKept = 1000;

/**
 * Longest time that a result is kept, should no word of another process's change come: the bound within which processes agree. This process's own changes
 * are seen at once.
 */
const longestMs = 1000;

/** What `kept` operations found, until something changes. */
export function createKeptResults(now: () => number = () => performance.now()) {
  const results = new Map<string, { readonly value: unknown; readonly at: number }>();
  let cleared = 0;
  return {
    async get(
      name: string,
      args: readonly unknown[],
      find: () => Promise<unknown>,
      mayKeep: () => boolean,
    ): Promise<unknown> {
      const key = `${name} ${JSON.stringify(args)}`;
      const at = now();
      const known = results.get(key);
      if (known && at - known.at < longestMs) return known.value;
      const before = cleared;
      const value = await find();
      // What changed while it was read may not be in it.
      if (cleared === before && mayKeep()) {
        if (results.size >= maximumKept) results.clear();
        results.set(key, { value, at });
      }
      return value;
    },
    clear(): void {
      cleared++;
      results.clear();
    },
  };
}
