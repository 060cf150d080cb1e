/**
 * Since rule 5: does a school's figure of one item alone tell what few people with another weight answered? People are
 * whole numbers. If two of seven people have twice the weight of the others, there may be one way only to get 65.8.
 */
import { groupBy } from '../../group-by.ts';
import { roundValue, type Rounding } from '../format.ts';
import { restrictFormula } from '../estimate/estimate.ts';
import { isSmall, type Group, type Rules } from './cells.ts';
import { peopleOf, type Layout, type RatingItem } from './layout.ts';

/** The answers of one weight to one item. */
export interface WeightedCounts {
  readonly weight: number;
  /** By option. */
  readonly counts: readonly number[];
  readonly dontKnow: number;
}

/** More sums than this are so close to each other that some of them give the same figure. */
const MOST_SUMS = 20_000;

/**
 * Is the number of people who chose an option the same in all answers that give this figure, in a class with fewer
 * people than the minimum? Only options that somebody chose count.
 * @param points of each option
 * @param isDontKnowCounted 不了解 counts in the denominator
 */
export function isPinned(
  classes: readonly WeightedCounts[],
  points: readonly number[],
  isDontKnowCounted: boolean,
  { minimum, rounding }: { readonly minimum: number; readonly rounding: Rounding },
): boolean {
  const sizeOf = ({ counts }: WeightedCounts) => counts.reduce((sum, n) => sum + n, 0);
  const sumOf = (counts: readonly number[]) => counts.reduce((sum, n, i) => sum + n * points[i]!, 0);
  const used = classes.filter((own) => sizeOf(own) > 0);
  if (used.length < 2) return false;
  let [numerator, denominator] = [0, 0];
  for (const own of classes) {
    numerator += own.weight * sumOf(own.counts);
    denominator += own.weight * (sizeOf(own) + (isDontKnowCounted ? own.dontKnow : 0));
  }
  const shown = roundValue(numerator / denominator, rounding);
  // A rounded figure is nowhere further from the unrounded one.
  const reach = denominator * 10 ** -rounding.decimals;
  return used.some((few) => {
    if (!isSmall(sizeOf(few), minimum)) return false;
    const others = sumsOf(
      used.filter((own) => own !== few),
      sizeOf,
      points,
    );
    if (others === null) return false;
    const isPossible = (sum: number) => {
      const target = numerator - few.weight * sum;
      for (let i = firstFrom(others, target - reach); i < others.length && others[i]! <= target + reach; i++)
        if (roundValue((others[i]! + few.weight * sum) / denominator, rounding) === shown) return true;
      return false;
    };
    const fixed = new Set(few.counts.flatMap((n, option) => (n > 0 ? [option] : [])));
    for (const counts of splitsOf(sizeOf(few), points.length)) {
      const differing = [...fixed].filter((option) => counts[option] !== few.counts[option]);
      if (differing.length === 0 || !isPossible(sumOf(counts))) continue;
      for (const option of differing) fixed.delete(option);
      if (fixed.size === 0) return false;
    }
    return true;
  });
}

/** All sums of weighted points that these classes could give, in order. Null: too many. */
function sumsOf(
  classes: readonly WeightedCounts[],
  sizeOf: (own: WeightedCounts) => number,
  points: readonly number[],
): readonly number[] | null {
  let sums = [0];
  for (const own of classes) {
    const each = [...sumsOfPeople(sizeOf(own), points)];
    if (sums.length * each.length > MOST_SUMS) return null;
    sums = sums.flatMap((sum) => each.map((more) => sum + own.weight * more));
  }
  return sums.sort((a, b) => a - b);
}

/** All sums of points that so many people could give. */
function sumsOfPeople(people: number, points: readonly number[]): ReadonlySet<number> {
  let sums = new Set([0]);
  for (let i = 0; i < people; i++) {
    sums = new Set([...sums].flatMap((sum) => points.map((own) => sum + own)));
    if (sums.size > MOST_SUMS) break;
  }
  return sums;
}

/** All ways to split people among options. */
function* splitsOf(people: number, options: number): Generator<readonly number[]> {
  if (options === 1) {
    yield [people];
    return;
  }
  for (let first = 0; first <= people; first++)
    for (const rest of splitsOf(people - first, options - 1)) yield [first, ...rest];
}

/** Index of the first number that is not below `least`. */
function firstFrom(sorted: readonly number[], least: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < least) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Does an item's figure at a school tell what few people answered? */
export function pinnedItems(
  layout: Layout,
  group: Group,
  items: readonly RatingItem[],
  rules: Rules,
  rounding: Rounding,
): (reportingStratum: number, item: number) => boolean {
  if (layout.rule < 5) return () => false;
  const hasFew = (reportingStratum: number) => {
    const people = new Map<number, number>();
    for (const place of layout.places.get(reportingStratum) ?? [])
      people.set(place.weight, (people.get(place.weight) ?? 0) + peopleOf(place));
    const isCountable = [...people.values()].reduce((sums, n) => sums * (n + 1), 1) <= MOST_SUMS;
    return people.size > 1 && isCountable && [...people.values()].some((n) => isSmall(n, rules.minimum));
  };
  const few = new Set([...layout.places.keys()].filter(hasFew));
  if (few.size === 0) return () => false;
  const answers = groupBy(layout.answered(group, few), (own) => own.reportingStratum);
  const isDontKnowCounted = layout.official.dontKnow === 'include';
  return (reportingStratum, item) => {
    const { id } = items[item]!;
    const own = groupBy(answers.get(reportingStratum) ?? [], ({ weight }) => weight);
    const classes = [...own.values()].map((list): WeightedCounts => ({
      weight: list[0]!.weight,
      counts: sumCounts(list.map((entry) => entry.items[item]!.options)),
      dontKnow: list.reduce((sum, entry) => sum + entry.items[item]!.dontKnow, 0),
    }));
    const points = items[item]!.points(restrictFormula(layout.official, { item: id }));
    return (
      classes.length > 1 && isPinned(classes, points, isDontKnowCounted, { minimum: rules.minimum, rounding })
    );
  };
}

function sumCounts(lists: readonly (readonly number[])[]): readonly number[] {
  return lists[0]!.map((_, option) => lists.reduce((sum, counts) => sum + counts[option]!, 0));
}
