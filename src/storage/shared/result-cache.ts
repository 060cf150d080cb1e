/** Cache of look-ups in the process's memory, valid until something changes. */
import { LRUCache } from 'lru-cache';

/** Maximum number of campaigns, strata and users looked up between two changes. */
const maximumKept = 1000;
/** Counts of counties: some hundred with a hundred schools each. */
const maximumBytes = 64 << 20;
/** For a result of one or a few rows. */
const smallBytes = 1000;

export interface ResultCacheOptions {
  /** Maximum age of a result, if no notification of another process's change arrives. */
  readonly longestMs?: number;
  readonly now?: () => number;
}

/** Returns the cached object itself to each caller: nobody may change it. */
export function createResultCache({
  longestMs = Infinity,
  now = () => performance.now(),
}: ResultCacheOptions = {}) {
  const results = new LRUCache<
    string,
    { readonly value: unknown; readonly at: number; readonly isLarge: boolean }
  >({
    max: maximumKept,
    maxSize: maximumBytes,
  });
  let cleared = 0;
  let clearedLarge = 0;
  return {
    async get(
      name: string,
      args: readonly unknown[],
      find: () => unknown,
      { isLarge = false, mayKeep = () => true }: { isLarge?: boolean; mayKeep?: () => boolean } = {},
    ): Promise<unknown> {
      const key = `${name} ${JSON.stringify(args)}`;
      const at = now();
      const known = results.get(key);
      if (known && at - known.at < longestMs) return known.value;
      const count = () => (isLarge ? clearedLarge : cleared);
      const before = count();
      const value = await find();
      // A change during the read may not be in it.
      if (count() === before && mayKeep())
        results.set(key, { value, at, isLarge }, { size: isLarge ? bytesOf(value) : smallBytes });
      return value;
    },
    /** `minor`: the change was one of `changesNoCounts`, so results as large as a county stay. */
    clear({ minor = false } = {}): void {
      cleared++;
      if (minor) {
        for (const [key, { isLarge }] of results.entries()) if (!isLarge) results.delete(key);
        return;
      }
      clearedLarge++;
      results.clear();
    },
  };
}

/** Approximate size in bytes. */
function bytesOf(value: unknown): number {
  if (value instanceof Uint8Array) return 100 + value.byteLength;
  if (typeof value === 'string') return 20 + 2 * value.length;
  if (typeof value !== 'object' || value === null) return 8;
  let sum = 50;
  for (const part of Object.values(value)) sum += bytesOf(part);
  return sum;
}
