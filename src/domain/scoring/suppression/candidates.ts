/** A group's schools as candidates to be shown, and the checks of the remainder that showing some of them leaves. */
import { isNearUnanimous, partOf, type Group, type Part, type Rules, type Shown } from './cells.ts';
import { groupBy } from '../../group-by.ts';
import type { Atom, Layout, RatingItem } from './layout.ts';

type School = Shown['schools'][number];

/** One rating item at one school. */
export interface Pair extends Part {
  readonly item: number;
  readonly entry: School['items'][number];
  /** Answers by option, then 不了解. */
  readonly counts: readonly number[];
  /** Did anybody choose an option other than 不了解? If not, its options have no unknown counts. */
  readonly hasOptions: boolean;
  readonly columns: number[];
}

export interface Candidate extends Part {
  readonly school: School;
  readonly atoms: readonly Atom[];
  readonly pairs: readonly Pair[];
  /**
   * Answers by option to the items of the official formula, and to those of the school's row. An option has the same
   * index at every school.
   */
  readonly answers: readonly (readonly number[])[];
  /** The same for a part of the answers. `countsOf`: by item, then by option. */
  readonly answersIn: (countsOf: (item: number) => readonly number[]) => Candidate['answers'];
  /** By sampling stratum; `atoms` may merge several. */
  readonly places: readonly Atom[];
  /** Sampling strata that handed in answers, none of which counts. */
  readonly emptyPlaces: readonly Atom[];
  /** The first column of each item, by atom. */
  readonly base: Map<Atom, readonly number[]>;
}

/** Schools with answers, the largest first. */
export function candidatesOf(
  s: Shown,
  layout: Layout,
  group: Group,
  items: readonly RatingItem[],
  rules: Rules,
  isAsked: (item: number) => boolean,
): readonly Candidate[] {
  const atomsOf = groupBy(layout.atoms, (atom) => atom.reportingStratum);
  const looksAt = [...new Set([layout.official, layout.rowFormula(group)])].map((formula) =>
    items.map((item) => item.points(formula).length > 0),
  );
  const row = layout.rowFormula(group);
  const inRow = items.map((item) => item.points(row).length > 0);
  const indexOf = new Map(items.map(({ id }, item) => [id, item]));
  const optionIndexes = new Map<string, number>();
  return s.schools
    .flatMap((school): Candidate[] => {
      const atoms = atomsOf.get(school.reportingStratum);
      if (school.group !== group || !atoms) return [];
      const pairs: Pair[] = [];
      // `items` are in the questionnaire's order, too.
      for (const entry of school.items) {
        const item = indexOf.get(entry.id);
        if (item === undefined) continue;
        // That nobody answered would reveal how many were asked.
        if (entry.distribution.kind === 'no-data' && isAsked(item)) {
          const counts = Array.from({ length: items[item]!.options + 1 }, () => 0);
          pairs.push({ n: 0, isProtected: false, item, entry, counts, hasOptions: false, columns: [] });
        }
        if (entry.distribution.kind !== 'options') continue;
        const { options, dontKnow } = entry.distribution;
        const counts = options.map(({ count }) => count);
        const hasOptions = counts.some((count) => count > 0);
        counts.push(dontKnow);
        const { n, isProtected } = partOf(entry, rules);
        pairs.push({ n, isProtected, item, entry, counts, hasOptions, columns: [] });
      }
      let answers: Candidate['answers'] | undefined;
      const answersIn = (countsOf?: (item: number) => readonly number[]) =>
        looksAt.map((isIn) =>
          answersOf(
            pairs.filter((pair) => isIn[pair.item]),
            optionIndexes,
            countsOf,
          ),
        );
      const places = layout.places.get(school.reportingStratum)!;
      const emptyPlaces = layout.emptyPlaces.get(school.reportingStratum) ?? [];
      const { n, isProtected } = partOf(school, rules);
      // The school's figure may be about one item only.
      const [only, ...others] = pairs.filter((pair) => inRow[pair.item]);
      const isItem = layout.rule > 4 && only !== undefined && others.length === 0 && only.isProtected;
      return [
        {
          ...{ n, isProtected: isProtected || isItem },
          ...{ school, atoms, pairs, places, emptyPlaces, base: new Map() },
          // Computed on demand: needed for few schools.
          get answers() {
            return (answers ??= answersIn());
          },
          answersIn,
        },
      ];
    })
    .sort((a, b) => b.n - a.n);
}

/**
 * Shows the candidates that may be shown, in order. A set that may be shown may also be shown without some of its
 * members. So this tries all at once, and halves the list when that fails. If the first half is shown, the second
 * half as a whole is refused without a try, because both together were (`isRefused`).
 */
export function tryInOrder<T>(
  candidates: readonly T[],
  tryAll: (batch: readonly T[]) => boolean,
  isRefused = false,
): boolean {
  if (candidates.length === 0 || (!isRefused && tryAll(candidates))) return true;
  if (candidates.length === 1) return false;
  const half = candidates.length >> 1;
  const isFirstShown = tryInOrder(candidates.slice(0, half), tryAll);
  tryInOrder(candidates.slice(half), tryAll, isFirstShown);
  return false;
}

/**
 * Goes through `parts` in order and calls `forbid` with the remainder wherever leaving out a part is not allowed.
 * `mayBeWithout` gets a part and the remainder without it; it must not keep that array.
 */
export function forbiddenRemainders<T extends Part>(
  parts: readonly T[],
  mayBeWithout: (part: T, without: readonly T[]) => boolean,
  forbid: (left: readonly T[]) => void,
): void {
  const left = [...parts];
  let at = 0;
  for (const part of parts) {
    const isLeft = part.isProtected;
    if (!isLeft) {
      left.splice(at, 1);
      if (mayBeWithout(part, left)) continue;
      forbid([...left]);
      left.splice(at, 0, part);
    }
    at++;
  }
}

/** @param indexes of options by id; new ids are added */
function answersOf(
  pairs: readonly Pair[],
  indexes: Map<string, number>,
  countsOf: ((item: number) => readonly number[]) | undefined,
): readonly number[] {
  const found: number[] = [];
  for (const { entry, item, counts } of pairs) {
    if (entry.distribution.kind !== 'options') continue;
    const own = countsOf?.(item) ?? counts;
    for (const [option, { id }] of entry.distribution.options.entries()) {
      const count = own[option]!;
      let at = indexes.get(id);
      if (at === undefined) {
        at = indexes.size;
        indexes.set(id, at);
      }
      while (found.length <= at) found.push(0);
      found[at]! += count;
    }
  }
  return found;
}

/**
 * Are the answers of these schools, taken together, not nearly unanimous?
 * @param answersOf all answers of a school, or those of a part of it
 */
export function mayAnswersRemain(
  left: readonly Candidate[],
  answersOf: (one: Candidate) => Candidate['answers'] = (one) => one.answers,
): boolean {
  if (!left.some((one) => one.isProtected)) return true;
  const answers = left.map(answersOf);
  return answers[0]!.every((_, i) => {
    const sums: number[] = [];
    for (const own of answers) {
      const counts = own[i]!;
      while (sums.length < counts.length) sums.push(0);
      for (let at = 0; at < counts.length; at++) sums[at]! += counts[at]!;
    }
    return !isNearUnanimous(sums);
  });
}

/** The hidden pairs of one item, as running sums: cheap to test with one pair more or less. */
export class ItemRemainder {
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

  /** Is the remainder large enough, not nearly unanimous, and does it contain every option that anybody chose? */
  isAllowed(): boolean {
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

/**
 * The hidden items of a shown school. The school's figure, less its shown items, describes them together, so they
 * must not be nearly unanimous. Counts answers by option to the items that the figure includes.
 */
export class SchoolRemainder {
  private readonly counts = new Map<string, number>();
  private protectedOnes = 0;

  /** @param isIn by item: does the school's figure include it? */
  constructor(
    pairs: Iterable<Pair>,
    private readonly isIn: readonly boolean[],
  ) {
    for (const pair of pairs) this.put(pair, 1);
  }

  add(pair: Pair): void {
    this.put(pair, 1);
  }

  remove(pair: Pair): void {
    this.put(pair, -1);
  }

  isAllowed(): boolean {
    return this.protectedOnes === 0 || !isNearUnanimous([...this.counts.values()]);
  }

  private put({ entry, item, n, isProtected }: Pair, sign: 1 | -1): void {
    if (!this.isIn[item] || entry.distribution.kind !== 'options') return;
    for (const { id, count } of entry.distribution.options)
      this.counts.set(id, (this.counts.get(id) ?? 0) + sign * count);
    if (isProtected && n > 0) this.protectedOnes += sign;
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
