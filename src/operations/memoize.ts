/** Results that are made again only when what they are made of is another object. */

/**
 * A pure function that remembers its last result for its first argument, and hands it out again as long as the other arguments are the same, too. Storage
 * hands out the same objects until something changes (storage/shared/kept.ts), so whatever is made of them alone stays the same object as well, and
 * pages made of that can be kept. Nobody may change a result.
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
