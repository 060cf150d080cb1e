/** What may be withheld. */
export interface Remedy {
  /** In the search alone, to try it. */
  readonly withhold: (isWithheld: boolean) => void;
  /** In the summary. */
  readonly hide: () => void;
}

/** Withholds nothing where nothing need be, or where even all would not do. */
export function withholdCheapest(isWide: () => boolean, remediesOf: () => readonly Remedy[]): boolean {
  if (isWide()) return true;
  const remedies = remediesOf();
  for (const remedy of remedies) {
    remedy.withhold(true);
    if (isWide()) {
      remedy.hide();
      return true;
    }
    remedy.withhold(false);
  }
  const together: Remedy[] = [];
  for (const remedy of remedies) {
    remedy.withhold(true);
    together.push(remedy);
    if (!isWide()) continue;
    // Those that are not needed are shown again, the dearest first.
    for (const other of together.toReversed()) {
      other.withhold(false);
      if (isWide()) continue;
      other.withhold(true);
      other.hide();
    }
    return true;
  }
  for (const remedy of remedies) remedy.withhold(false);
  return false;
}
