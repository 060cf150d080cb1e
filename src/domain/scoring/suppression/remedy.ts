/** What may be withheld. */
export interface Remedy {
  /** In the search alone, to try it. */
  readonly setHidden: (isHidden: boolean) => void;
  /** In the summary. */
  readonly hide: () => void;
}

/**
 * Of `remedies`, the cheapest first, as many as must be: the first one, two, four and so on together, less those that are then not needed. Withholds nothing and tells so where
 * even all would not do.
 */
export function applyCheapest(isWide: () => boolean, remedies: readonly Remedy[]): boolean {
  const all = (isHidden: boolean) => remedies.forEach((remedy) => remedy.setHidden(isHidden));
  if (remedies.length === 0) return false;
  all(true);
  const isAnyWide = isWide();
  all(false);
  if (!isAnyWide) return false;
  const together: Remedy[] = [];
  for (let end = 1; ; end *= 2) {
    for (const remedy of remedies.slice(together.length, end)) {
      remedy.setHidden(true);
      together.push(remedy);
    }
    if (isWide() || together.length === remedies.length) break;
  }
  // Those that are not needed are shown again, the dearest first.
  for (const remedy of together.toReversed()) {
    remedy.setHidden(false);
    if (isWide()) continue;
    remedy.setHidden(true);
    remedy.hide();
  }
  return true;
}
