/** Finds witnesses for the simple case, without a search. That is enough for most counties. */
import { answerFlags } from '../signals/flags.ts';
import { triggersOf } from './asked.ts';
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

/** One answer changes to another option. Options are indexes. */
export interface AnswerChange {
  readonly place: Answered;
  readonly item: string;
  readonly from: number;
  readonly to: number;
}

/**
 * Other answers that give everything that is shown, but a count of the option in the protected cell that is higher or
 * lower by one. So that count can be at least two numbers.
 */
export interface Witness {
  readonly cell: string;
  readonly item: string;
  readonly option: number;
  /** null: none was found. */
  readonly changes: readonly AnswerChange[] | null;
}

/** One place, with the hidden places that it can exchange answers with. */
interface Own {
  readonly place: Answered;
  readonly isHidden: boolean;
  readonly like: Own[];
}

/**
 * Looks for a swap with a hidden school whose weight is the same in every figure; such a swap changes nothing that is
 * shown. Returns null if anything but schools and their items is hidden, or if some protected count has no such swap.
 */
export function findSimpleWitnesses(
  s: Shown,
  before: Shown,
  layout: Layout,
  rules: Rules,
  group: Group,
): readonly Witness[] | null {
  const whole = s.groups.find((own) => own.group === group)!;
  const parts = s.locations.flatMap(({ groups }) => groups.filter((own) => own.group === group));
  const items = layout.ratings.get(group)!;
  if ([whole, ...exchangeableItems(whole, layout), ...parts].some(isHidden)) return null;
  const isFixed = fixedIn(whole, layout, items);
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
  const keyOf = weightKeyOf(s, layout, group);
  const classes = new Map<string, Own[]>();
  const bySchool = new Map<number, Own[]>();
  for (const place of layout.answered(group, new Set(rows.keys()))) {
    const key = keyOf(place);
    let like = classes.get(key);
    if (!like) classes.set(key, (like = []));
    const own = { place, like, isHidden: rows.get(place.reportingStratum)!.hidden === null };
    if (own.isHidden) like.push(own);
    const list = bySchool.get(place.reportingStratum);
    if (list) list.push(own);
    else bySchool.set(place.reportingStratum, [own]);
  }
  const points = items.map((item) => item.points(layout.rowFormula(group)));
  const found: Witness[] = [];
  for (const [stratum, own] of bySchool) {
    const { isProtected, hidden } = rows.get(stratum)!;
    if (hidden === null && !isProtected) continue;
    for (const item of hidden ?? items.keys()) {
      if (hidden && !isItemProtected(own, item, rules)) continue;
      const seconds = hidden?.filter(
        (second) => second !== item && isSameList(points[item]!, points[second]!),
      );
      const isFree = (second: number, from: number, to: number) =>
        !isFixed(item, from, to) && !isFixed(second, from, to);
      for (let option = 0; option < items[item]!.options; option++) {
        if (!own.some(({ place }) => place.items[item]!.options[option]! > 0)) continue;
        const changes = seconds
          ? exchangeTwo(own, items, item, option, seconds, isFree)
          : exchangeOne(own, items, item, option);
        if (!changes) return null;
        found.push({ cell: `school ${stratum}`, item: items[item]!.id, option, changes });
      }
    }
  }
  return found;
}

/**
 * Items that may take part in exchanges. By rule 2 all items: if one that is not a rating is hidden, the full
 * search runs.
 */
export function exchangeableItems(
  { items }: Shown['groups'][number],
  { rule }: Layout,
): Shown['groups'][number]['items'] {
  return rule > 2 ? items.filter(({ type }) => type === 'rating') : items;
}

/** Would this change at a shown school alter who is asked a follow-up there? */
function fixedIn(
  whole: Shown['groups'][number],
  layout: Layout,
  items: readonly RatingItem[],
): (item: number, from: number, to: number) => boolean {
  const asked = layout.asked.get(whole.group) ?? [];
  const isShown = (id: string) => whole.items.some((entry) => entry.id === id && !isHidden(entry));
  const sets = items.map(({ id }) =>
    triggersOf(asked, isShown).flatMap(({ after, isFixed }) =>
      isFixed && asked[after.item]!.id === id ? [new Set(after.options)] : [],
    ),
  );
  return (item, from, to) => sets[item]!.some((options) => options.has(from) !== options.has(to));
}

/** With another hidden school: two people swap schools, with all their answers to follow-ups. */
function exchangeOne(
  cell: readonly Own[],
  items: readonly RatingItem[],
  item: number,
  option: number,
): readonly AnswerChange[] | null {
  for (const { own, from, to } of movesOf(cell, item, option))
    for (const other of own.like)
      if (isElsewhere(other, own) && other.place.items[item]!.options[to]! > 0)
        return swap(own, other, items[item]!.id, from, to);
  return null;
}

/** A shown school keeps its figure if a second item changes the opposite way. */
function exchangeTwo(
  cell: readonly Own[],
  items: readonly RatingItem[],
  item: number,
  option: number,
  seconds: readonly number[],
  isFree: (second: number, from: number, to: number) => boolean,
): readonly AnswerChange[] | null {
  for (const { own, from, to } of movesOf(cell, item, option))
    for (const second of seconds) {
      if (own.place.items[second]!.options[to]! < 1 || !isFree(second, from, to)) continue;
      for (const other of own.like) {
        const counts = other.place.items;
        if (!isElsewhere(other, own)) continue;
        if (counts[item]!.options[to]! > 0 && counts[second]!.options[from]! > 0)
          return [
            ...swap(own, other, items[item]!.id, from, to),
            ...swap(own, other, items[second]!.id, to, from),
          ];
      }
    }
  return null;
}

function* movesOf(cell: readonly Own[], item: number, option: number) {
  for (const own of cell) {
    const { options } = own.place.items[item]!;
    for (let other = 0; other < options.length; other++) {
      if (other === option) continue;
      if (options[option]! > 0) yield { own, from: option, to: other };
      if (options[other]! > 0) yield { own, from: other, to: option };
    }
  }
}

function isElsewhere(other: Own, own: Own): boolean {
  return other.place.reportingStratum !== own.place.reportingStratum;
}

function swap(own: Own, other: Own, item: string, from: number, to: number): readonly AnswerChange[] {
  return [
    { place: own.place, item, from, to },
    { place: other.place, item, from: to, to: from },
  ];
}

/** Places with the same key have the same weight in every figure except their own school's. */
function weightKeyOf(s: Shown, layout: Layout, group: Group): (place: Answered) => string {
  const weights = repeatedWeights(s, layout);
  const isAnyShown = (
    list: readonly { readonly counted: boolean; readonly groups: readonly GroupEntry[] }[],
  ) =>
    list.some(
      (entry) =>
        entry.counted && entry.groups.some((own) => own.group === group && own.figure.kind === 'estimate'),
    );
  const [byChannel, bySet] = [isAnyShown(s.channels), isAnyShown(s.sets)];
  return (place) =>
    [
      ...[place.location, place.weight, ...weights.map((weightOf) => weightOf(place))],
      ...[byChannel && place.channel, bySet && place.set],
    ].join('/');
}

type GroupEntry = Holder & { readonly group: Group };
type WeightOf = (place: Answered) => number;

/** Weights of first answers, without flagged strata, and of both; 0 if no such figure is shown. */
export function repeatedWeights(s: Shown, layout: Layout): readonly [WeightOf, WeightOf, WeightOf] {
  const isShown = (list: readonly Holder[]) => list.some(({ figure }) => figure.kind === 'estimate');
  const { first, withoutFlagged } = s;
  const flagged = new Set(
    s.signals.flatMap(({ kind, reportingStratum }) => (answerFlags.has(kind) ? reportingStratum : [])),
  );
  const none = () => 0;
  const whole = isShown([{ figure: first.official }, ...first.groups]);
  const isFirst =
    withoutFlagged && isShown([{ figure: withoutFlagged.first.official }, ...withoutFlagged.first.groups]);
  return [
    whole ? layout.firstWeights() : none,
    withoutFlagged ? layout.weightsWithout(flagged) : none,
    isFirst ? layout.weightsWithout(flagged, true) : none,
  ];
}

function isItemProtected(cell: readonly Own[], item: number, rules: Rules): boolean {
  return isProtectedItem(
    cell.map(({ place }) => place.items[item]!),
    rules,
  );
}

/** For the answers to one item. */
export function isProtectedItem(
  answers: readonly { readonly options: readonly number[]; readonly dontKnow: number }[],
  { minimum }: Rules,
): boolean {
  const options: number[] = [];
  let dontKnow = 0;
  for (const own of answers) {
    own.options.forEach((n, option) => (options[option] = (options[option] ?? 0) + n));
    dontKnow += own.dontKnow;
  }
  const opinions = sum(options);
  return (
    opinions + dontKnow > 0 &&
    (isSmall(opinions + dontKnow, minimum) || isSmall(opinions, minimum) || isNearUnanimous(options))
  );
}

function isSameList(one: readonly number[], other: readonly number[]): boolean {
  return one.length === other.length && one.every((value, i) => value === other[i]);
}

/** Is the figure or its distribution hidden? */
export function isHidden({ figure, distribution }: Holder): boolean {
  return figure.kind === 'suppressed' || distribution?.kind === 'suppressed';
}

export function sum(numbers: readonly number[]): number {
  let total = 0;
  for (const n of numbers) total += n;
  return total;
}
