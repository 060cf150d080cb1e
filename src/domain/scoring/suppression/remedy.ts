/** A further figure that can be hidden so that a count gets a witness. */
export interface Remedy {
  /** Hides or shows it in the search, to try the effect. */
  readonly setHidden: (isHidden: boolean) => void;
  /** Hides it in the summary. */
  readonly hide: () => void;
}

/**
 * Hides as many `remedies` as necessary, the least important first. Tries the first one, two, four and so on, then
 * drops those that turn out to be unnecessary. Returns false, and hides nothing, if even all together would not help.
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
  // Show again what is not needed, the most important first.
  for (const remedy of together.toReversed()) {
    remedy.setHidden(false);
    if (isWide()) continue;
    remedy.setHidden(true);
    remedy.hide();
  }
  return true;
}
