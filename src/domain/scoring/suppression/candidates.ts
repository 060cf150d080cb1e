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
  const looksAt = [...new Set([layout.official, layout.rowFormula(group)])].map((formula) =>
    items.map((item) => item.points(formula).length > 0),
  );
  const indexOf = new Map(items.map(({ id }, item) => [id, item]));
  return s.schools
    .flatMap((school): Candidate[] => {
      const atoms = atomsOf.get(school.reportingStratum);
      if (school.group !== group || !atoms) return [];
      const pairs: Pair[] = [];
      // In the questionnaire's order, as `items` are.
      for (const entry of school.items) {
        const item = indexOf.get(entry.id);
        if (item === undefined || entry.distribution.kind !== 'options') continue;
        const counts = entry.distribution.options.map((option) => option.count);
        const hasOptions = counts.some((count) => count > 0);
        counts.push(entry.distribution.dontKnow);
        const { n, isProtected } = partOf(entry, rules);
        pairs.push({ n, isProtected, item, entry, counts, hasOptions, columns: [] });
      }
      let answers: Candidate['answers'] | undefined;
      const places = layout.places.get(school.reportingStratum)!;
      const emptyPlaces = layout.emptyPlaces.get(school.reportingStratum) ?? [];
      const part = partOf(school, rules);
      return [
        {
          ...part,
          ...{ school, atoms, pairs, places, emptyPlaces, base: new Map() },
          // Few schools are asked for them.
          get answers() {
            return (answers ??= looksAt.map((isIn) => answersOf(pairs.filter((pair) => isIn[pair.item]))));
          },
        },
      ];
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
  mayBeWithout: (part: T, without: () => readonly T[]) => boolean,
  forbid: (left: readonly T[]) => void,
): void {
  let left = parts;
  for (const part of parts) {
    if (part.isProtected) continue;
    const without = () => left.filter((other) => other !== part);
    if (mayBeWithout(part, without)) left = without();
    else forbid(without());
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

/** Pairs of one item that are hidden, added up, so that it is cheap to ask whether they may be left without one more. */
export class PairsLeft {
  private readonly counts: number[];
  private present = 0;
  private protectedOnes = 0;
  private n = 0;

  /** @param totals answers by option of all schools, then 不了解 */
  constructor(
    private readonly totals: readonly number[],
    private readonly minimum: number,
    pairs: Iterable<Pair>,
  ) {
    this.counts = totals.map(() => 0);
    for (const pair of pairs) this.put(pair, 1);
  }

  add(pair: Pair): void {
    this.put(pair, 1);
  }

  remove(pair: Pair): void {
    this.put(pair, -1);
  }

  /** Are they no small cell, not nearly unanimous, and does every option that anybody chose stand in them? */
  mayBeLeft(): boolean {
    if (this.protectedOnes === 0) return true;
    if (this.present < 2 || this.n < this.minimum) return false;
    const { counts, totals } = this;
    if (isNearUnanimous(counts.slice(0, -1))) return false;
    return counts.every((count, option) => count > 0 || totals[option] === 0);
  }

  private put(pair: Pair, sign: 1 | -1): void {
    for (let i = 0; i < pair.counts.length; i++) this.counts[i]! += sign * pair.counts[i]!;
    if (pair.n === 0) return;
    this.present += sign;
    this.n += sign * pair.n;
    if (pair.isProtected) this.protectedOnes += sign;
  }
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
