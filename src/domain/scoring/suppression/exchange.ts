/** The quick half of width.ts: most counties need no search. */
import { answerFlags } from '../signals/flags.ts';
import type { Distribution } from '../summary/summary-types.ts';
import {
  isNearUnanimous,
  isSmall,
  partOf,
  type Group,
  type Holder,
  type Rules,
  type Shown,
} from './cells.ts';
import type { Answered, Layout, RatingItem } from './layout.ts';

/** Most less least of what a count can be, if it is not 0. */
export const LEAST_WIDTH = 1;

/** Answers to one item: by option, and 不了解. */
interface Counts {
  readonly options: readonly number[];
  readonly dontKnow: number;
}

/** By reporting stratum, then by item. */
export type Kept = ReadonlyMap<number, () => ReadonlyMap<string, Counts>>;

/** What schools answered, to be kept from before anything is hidden. */
export function countsOfSchools({ schools }: Shown): Kept {
  return new Map(
    schools.map(({ reportingStratum, items }) => {
      const kept = items.map(({ id, distribution }) => ({ id, distribution }));
      return [
        reportingStratum,
        () => new Map(kept.flatMap(({ id, distribution }) => countsIn(id, distribution))),
      ];
    }),
  );
}

/**
 * Where schools and items at schools alone are hidden, and exchanges with hidden schools that have the same weight in every figure do for each protected one: quick, and enough
 * for nearly all counties. Such exchanges change nothing that is shown.
 */
export function isPlainlyWide(
  s: Shown,
  before: Shown,
  layout: Layout,
  rules: Rules,
  group: Group,
  counts: Kept,
): boolean {
  const whole = s.groups.find((own) => own.group === group)!;
  const places = s.locations.flatMap(({ groups }) => groups.filter((own) => own.group === group));
  if ([whole, ...whole.items, ...places].some(isHidden)) return false;
  const items = layout.ratings.get(group)!;
  const rows = new Map<
    number,
    { readonly isProtected: boolean; readonly hidden: readonly number[] | null }
  >();
  for (const [i, row] of s.schools.entries()) {
    if (row.group !== group) continue;
    const hidden = row.items.filter(isHidden).map((entry) => items.findIndex(({ id }) => id === entry.id));
    if (!isHidden(row) && hidden.length === 0) continue;
    rows.set(row.reportingStratum, {
      isProtected: partOf(before.schools[i]!, rules).isProtected,
      hidden: isHidden(row) ? null : hidden,
    });
  }
  const weightWithout = weightWithoutOf(s, layout);
  const classes = new Map<string, (readonly Counts[])[]>();
  const answered = [...rows].flatMap(([stratum, row]) => {
    const places = layout.places.get(stratum) ?? [];
    const [place] = places;
    if (!place) return [];
    const found = counts.get(stratum)!();
    const own = items.map(
      ({ id, options }) =>
        found.get(id) ?? { options: Array.from({ length: options }, () => 0), dontKnow: 0 },
    );
    const key = `${place.location}/${place.weight}/${weightWithout(place)}`;
    let others = classes.get(key);
    if (!others) classes.set(key, (others = []));
    // A school of several weights is left to the search.
    const isOne = places.length === 1;
    if (row.hidden === null && isOne) others.push(own);
    return [{ own, others, isOne, ...row }];
  });
  const sums = new Map([...classes.values()].map((others) => [others, sumOfItems(others, items)]));
  const points = items.map((item) => item.points(layout.rowFormula(group)));
  return answered.every(({ own, others, isOne, isProtected, hidden }) => {
    if (hidden === null && !isProtected) return true;
    if (!isOne) return false;
    if (hidden === null) return canExchange(own, sums.get(others)!);
    return hidden.every(
      (item) =>
        !isItemProtected(own, item, rules) ||
        hidden.some(
          (second) =>
            second !== item &&
            isSameList(points[item]!, points[second]!) &&
            canExchangeTwo(own, others, item, second),
        ),
    );
  });
}

function sumOfItems(
  list: readonly (readonly Counts[])[],
  items: readonly RatingItem[],
): readonly (readonly number[])[] {
  return items.map(({ options }, item) =>
    Array.from({ length: options }, (_, option) =>
      list.reduce((total, own) => total + own[item]!.options[option]!, 0),
    ),
  );
}

/** With other hidden schools, of which `all` is the sum with its own. */
function canExchange(own: readonly Counts[], all: readonly (readonly number[])[]): boolean {
  return own.every(({ options }, item) => {
    const [opinions, others] = [sum(options), sum(all[item]!) - sum(options)];
    return options.every((n, option) => {
      const same = all[item]![option]! - n;
      return n === 0 || Math.min(n, others - same) + Math.min(opinions - n, same) >= LEAST_WIDTH;
    });
  });
}

/** A shown school keeps its figure if a second item changes the other way. */
function canExchangeTwo(
  own: readonly Counts[],
  others: readonly (readonly Counts[])[],
  item: number,
  second: number,
): boolean {
  const [first, then] = [own[item]!.options, own[second]!.options];
  const may = (from: number, to: number) =>
    first[from]! > 0 &&
    then[to]! > 0 &&
    others.some((other) => other[item]!.options[to]! > 0 && other[second]!.options[from]! > 0);
  return first.every(
    (n, option) => n === 0 || first.some((_, to) => to !== option && (may(option, to) || may(to, option))),
  );
}

function isItemProtected(own: readonly Counts[], item: number, { minimum }: Rules): boolean {
  const { options, dontKnow } = own[item]!;
  const opinions = sum(options);
  return (
    opinions + dontKnow > 0 &&
    (isSmall(opinions + dontKnow, minimum) || isSmall(opinions, minimum) || isNearUnanimous(options))
  );
}

function isSameList(one: readonly number[], other: readonly number[]): boolean {
  return one.length === other.length && one.every((value, i) => value === other[i]);
}

function countsIn(id: string, distribution: Distribution): readonly (readonly [string, Counts])[] {
  if (distribution.kind !== 'options') return [];
  const options = distribution.options.map(({ count }) => count);
  return [[id, { options, dontKnow: distribution.dontKnow }]];
}

/** Weights as the figures without the flagged have them; where there are none, 0. */
export function weightWithoutOf(
  s: Shown,
  layout: Layout,
): (place: Pick<Answered, 'group' | 'reportingStratum' | 'samplingStratum'>) => number {
  if (!s.withoutFlagged) return () => 0;
  const flagged = s.signals.flatMap(({ kind, reportingStratum }) =>
    answerFlags.has(kind) ? reportingStratum : [],
  );
  return layout.weightsWithout(new Set(flagged));
}

export function isHidden({ figure, distribution }: Holder): boolean {
  return figure.kind === 'suppressed' || distribution?.kind === 'suppressed';
}

/** How many. */
export function sum(numbers: readonly number[]): number {
  let total = 0;
  for (const n of numbers) total += n;
  return total;
}
