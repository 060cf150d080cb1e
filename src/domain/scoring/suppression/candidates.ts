/** A group's schools as candidates for being shown, and what may be left of a whole when some are. */
import { isNearUnanimous, partOf, type Group, type Part, type Rules, type Shown } from './cells.ts';
import { groupBy, type Atom, type Layout, type RatingItem } from './layout.ts';

type School = Shown['schools'][number];

/** One rating item at one school. */
export interface Pair extends Part {
  readonly item: number;
  readonly entry: School['items'][number];
  /** Answers by option, then 不了解. */
  readonly counts: readonly number[];
  /** Did anybody choose an option, and not 不了解? Else nothing about options is unknown. */
  readonly hasOptions: boolean;
  readonly columns: number[];
}

export interface Candidate extends Part {
  readonly school: School;
  readonly atoms: readonly Atom[];
  readonly pairs: readonly Pair[];
  /** Answers by option that the official formula looks at, and those that a row of the list does. */
  readonly answers: readonly ReadonlyMap<string, number>[];
  /** Every sampling stratum apart, which `atoms` are not. */
  readonly places: readonly Atom[];
  /** Strata of which it handed in nothing that counts. */
  readonly emptyPlaces: readonly Atom[];
  /** Where each atom's columns of each item begin. */
  readonly base: Map<Atom, readonly number[]>;
}

/** Schools with answers, by size, the larger first. */
export function candidatesOf(
  s: Shown,
  layout: Layout,
  group: Group,
  items: readonly RatingItem[],
  rules: Rules,
): readonly Candidate[] {
  const atomsOf = groupBy(layout.atoms, (atom) => atom.reportingStratum);
  return s.schools
    .flatMap((school): Candidate[] => {
      const atoms = atomsOf.get(school.reportingStratum);
      if (school.group !== group || !atoms) return [];
      const entries = new Map(school.items.map((entry) => [entry.id, entry]));
      const pairs = items.flatMap(({ id }, item): Pair[] => {
        const entry = entries.get(id);
        if (entry?.distribution.kind !== 'options') return [];
        const options = entry.distribution.options.map((option) => option.count);
        const hasOptions = options.some((count) => count > 0);
        const counts = [...options, entry.distribution.dontKnow];
        const { n, isProtected } = partOf(entry, rules);
        return [{ n, isProtected, item, entry, counts, hasOptions, columns: [] }];
      });
      const answers = [...new Set([layout.official, layout.rowFormula(group)])].map((formula) =>
        answersOf(pairs.filter((pair) => items[pair.item]!.points(formula).length > 0)),
      );
      const places = layout.places.get(school.reportingStratum)!;
      const emptyPlaces = layout.emptyPlaces.get(school.reportingStratum) ?? [];
      const part = partOf(school, rules);
      return [{ ...part, school, atoms, pairs, answers, places, emptyPlaces, base: new Map() }];
    })
    .sort((a, b) => b.n - a.n);
}

/**
 * Shows one after another what may be shown. What may be shown after others, may be shown without some of them: as many as may be are tried at once,
 * and halves where that fails.
 */
export function tryInOrder<T>(candidates: readonly T[], tryAll: (batch: readonly T[]) => boolean): void {
  if (candidates.length === 0 || tryAll(candidates) || candidates.length === 1) return;
  const half = candidates.length >> 1;
  tryInOrder(candidates.slice(0, half), tryAll);
  tryInOrder(candidates.slice(half), tryAll);
}

/** Hands over what would be left wherever a part may not be shown. `parts` in the order in which they are tried. */
export function forbiddenRemainders<T extends Part>(
  parts: readonly T[],
  mayBeLeft: (left: readonly T[]) => boolean,
  forbid: (left: readonly T[]) => void,
): void {
  let left = parts;
  for (const part of parts) {
    if (part.isProtected) continue;
    const without = left.filter((other) => other !== part);
    if (mayBeLeft(without)) left = without;
    else forbid(without);
  }
}

function answersOf(pairs: readonly Pair[]): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const { entry } of pairs) {
    if (entry.distribution.kind !== 'options') continue;
    entry.distribution.options.forEach(({ id, count }) => found.set(id, (found.get(id) ?? 0) + count));
  }
  return found;
}

/** Are the answers of these schools together not nearly unanimous? */
export function mayAnswersBeLeft(left: readonly Candidate[]): boolean {
  if (!left.some((one) => one.isProtected)) return true;
  return left[0]!.answers.every((_, i) => {
    const sums = new Map<string, number>();
    for (const one of left) for (const [id, n] of one.answers[i]!) sums.set(id, (sums.get(id) ?? 0) + n);
    return !isNearUnanimous([...sums.values()]);
  });
}

export function sumCounts(pairs: readonly Pair[]): readonly number[] {
  const sums: number[] = [];
  for (const { counts } of pairs)
    for (let i = 0; i < counts.length; i++) sums[i] = (sums[i] ?? 0) + counts[i]!;
  return sums;
}

export function sumOf<T>(list: readonly T[], pick: (entry: T) => number): number {
  return list.reduce((sum, entry) => sum + pick(entry), 0);
}
