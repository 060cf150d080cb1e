/** Results that are recomputed only if one of their inputs is another object. */

/**
 * A pure function that caches its last result per first argument, and returns it as long as the other arguments are identical.
 * Storage returns the same objects until something changes (storage/shared/result-cache.ts). So results computed only from them stay the
 * same object, and pages made from those can be cached. Nobody may change a result.
 */
export function memoizeByIdentity<First extends object, Rest extends readonly unknown[], Result>(
  make: (first: First, ...rest: Rest) => Result,
): (first: First, ...rest: Rest) => Result {
  const known = new WeakMap<First, { readonly rest: Rest; readonly result: Result }>();
  return (first, ...rest) => {
    const found = known.get(first);
    if (found?.rest.length === rest.length && found.rest.every((one, i) => Object.is(one, rest[i])))
      return found.result;
    const result = make(first, ...rest);
    known.set(first, { rest, result });
    return result;
  };
}
