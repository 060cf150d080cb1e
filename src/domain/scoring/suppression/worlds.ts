/**
 * Other answers that would have given all that is shown: whole people, and every figure the same to the digits that it is shown with. They are looked for by exchange: one
 * answer of a hidden cell becomes another option, and one of another hidden cell the reverse, so that the counts of the whole stay; where a school's figure is shown
 * and its items are not, the same in a second item. A cell of which such answers are found cannot be computed by anybody, whatever they compute with.
 */
import { roundValue, type Rounding } from '../format.ts';

/** Answers of one school that were drawn alike. What is found is undone again. */
export interface Place {
  readonly school: School;
  /** By item: answers by option. */
  readonly counts: readonly number[][];
  readonly weight: number;
}

export interface School {
  isHidden: boolean;
  /** By item: not shown, though the school may be. */
  readonly hiddenItems: readonly boolean[];
}

/** A figure as it is shown: Σ weight · points · answers. */
export interface ShownFigure {
  isShown: boolean;
  readonly value: number;
  readonly rounding: Rounding;
  /** By item: points by option, divided by what the figure divides by; empty: it does not look at the item. */
  readonly points: readonly (readonly number[])[];
  /** 0: a place that it does not look at. */
  readonly weightOf: (place: Place) => number;
}

export interface World {
  readonly places: readonly Place[];
  readonly figures: readonly ShownFigure[];
  /** By item: are its answers by option shown for all places together? */
  readonly isCounted: readonly boolean[];
}

/** One answer at a place becomes another option. */
interface Change {
  readonly place: Place;
  readonly item: number;
  readonly from: number;
  readonly to: number;
}

/** How many places are tried as the other side, the nearest by weight first. */
const PARTNERS = 24;
/** Beginnings that are tried, the least visible first, and what may be added to each. */
const BEGINNINGS = 4;
const ADDITIONS = 40;
/** Most places that an addition may be at. */
const NEAR = 12;

/**
 * By how many the number of answers that chose one option can be moved, at least: up and down together, `enough` at most. `cell`: the places that it is counted over.
 */
export function widthFound(
  world: World,
  cell: ReadonlySet<Place>,
  item: number,
  option: number,
  enough: number,
): number {
  const search = new Search(world, cell, item, option);
  const down = search.steps(-1, enough);
  return down >= enough ? down : down + search.steps(1, enough - down);
}

class Search {
  private readonly figures: readonly (ShownFigure & { readonly low: number; readonly high: number })[];
  private offsets: Float64Array;
  private added: readonly (readonly Change[])[] | null = null;

  constructor(
    private readonly world: World,
    private readonly cell: ReadonlySet<Place>,
    private readonly item: number,
    private readonly option: number,
  ) {
    this.figures = world.figures.filter((figure) => figure.isShown).map(withLimits);
    this.offsets = new Float64Array(this.figures.length);
  }

  steps(sign: 1 | -1, most: number): number {
    const done: Change[] = [];
    let steps = 0;
    while (steps < most) {
      const changes = this.find(sign);
      if (!changes) break;
      this.apply(changes, 1);
      done.push(...changes);
      steps++;
    }
    this.apply(done, -1);
    this.offsets.fill(0);
    return steps;
  }

  /** Changes that move the count by one, and that nobody sees. */
  private find(sign: 1 | -1): readonly Change[] | null {
    const { cell, item, option } = this;
    const beginnings: { readonly changes: readonly Change[]; readonly seen: number }[] = [];
    for (const place of cell) {
      if (!isOpen(place, item)) continue;
      const counts = place.counts[item]!;
      for (let other = 0; other < counts.length; other++) {
        if (other === option) continue;
        const [from, to] = sign < 0 ? [option, other] : [other, option];
        if (counts[from]! < 1) continue;
        for (const changes of this.beginnings({ place, item, from, to })) {
          const seen = this.seen(changes);
          if (seen === 0) return changes;
          beginnings.push({ changes, seen });
        }
      }
    }
    beginnings.sort((a, b) => a.seen - b.seen);
    for (const { changes, seen } of beginnings.slice(0, BEGINNINGS)) {
      const found = this.addTo(changes, seen);
      if (found) return found;
    }
    return null;
  }

  /** With what keeps the counts of the whole; and with a second item, which may keep the figure of a school, or of a group. */
  private *beginnings(first: Change): Generator<readonly Change[]> {
    const { place, item, from, to } = first;
    const own: (readonly Change[])[] = [[first]];
    for (let second = 0; second < place.counts.length; second++)
      if (second !== item && isOpen(place, second) && place.counts[second]![to]! > 0)
        own.push([first, { place, item: second, from: to, to: from }]);
    for (const changes of own) {
      const counted = changes.filter((change) => this.world.isCounted[change.item]);
      if (counted.length === 0) {
        yield changes;
        continue;
      }
      const partners = counted.map((change) => this.partnersOf(change));
      for (const partner of partners[0]!) {
        const reversed = counted.map((change, i) => {
          const isThere = isThereFor(partner, change);
          const other = isThere ? partner : partners[i]![0];
          return other && reverse(change, other);
        });
        if (reversed.every((change) => change !== undefined)) yield [...changes, ...reversed];
      }
    }
  }

  private partnersOf(change: Change): readonly Place[] {
    const { weight } = change.place;
    return this.world.places
      .filter((other) => !this.cell.has(other) && isThereFor(other, change))
      .sort((a, b) => Math.abs(a.weight - weight) - Math.abs(b.weight - weight))
      .slice(0, PARTNERS);
  }

  /** Adds what makes the changes less visible, until nobody sees them. */
  private addTo(beginning: readonly Change[], seen: number): readonly Change[] | null {
    let changes = beginning;
    for (let i = 0; i < ADDITIONS && seen > 0; i++) {
      this.apply(changes, 1);
      let best: readonly Change[] | null = null;
      let least = seen - 1e-9;
      for (const addition of this.additions()) {
        if (addition.some(({ place, item, from }) => place.counts[item]![from]! < 1)) continue;
        const left = this.seen(addition);
        if (left < least) [best, least] = [addition, left];
        if (left === 0) break;
      }
      this.apply(changes, -1);
      if (!best) return null;
      changes = [...changes, ...best];
      seen = least;
    }
    return seen === 0 ? changes : null;
  }

  /** Changes that leave the count and those of the whole as they are. */
  private additions(): readonly (readonly Change[])[] {
    if (this.added) return this.added;
    const { world, cell, item: own, option } = this;
    const found: (readonly Change[])[] = [];
    const first = [...cell][0]!;
    const open = world.places
      .filter((place) => place.school.isHidden || place.school.hiddenItems.includes(true))
      .sort((a, b) => Math.abs(a.weight - first.weight) - Math.abs(b.weight - first.weight));
    // Of its own group, which was asked the item, and of others: a county's figure is made of all.
    const near = [true, false].flatMap((isOwn) =>
      open.filter((place) => place.counts[own]!.length > 0 === isOwn).slice(0, NEAR),
    );
    const isFree = ({ place, item, from, to }: Change) =>
      isOpen(place, item) && !(item === own && cell.has(place) && (from === option || to === option));
    for (const place of near)
      for (const [item, counts] of place.counts.entries()) {
        if (world.isCounted[item] && item !== own) continue;
        for (let from = 0; from < counts.length; from++)
          for (let to = 0; to < counts.length; to++) {
            const change = { place, item, from, to };
            if (from === to || !isFree(change)) continue;
            if (!world.isCounted[item]) {
              found.push([change]);
              // What a second item makes up for at once.
              for (const second of place.counts.keys()) {
                const back = { ...reverse(change, place), item: second };
                if (
                  second > item &&
                  place.counts[second]!.length > 0 &&
                  !world.isCounted[second] &&
                  isFree(back)
                )
                  found.push([change, back]);
              }
            } else
              for (const other of near) {
                const back = reverse(change, other);
                if (other !== place && other.counts[item]!.length > 0 && isFree(back))
                  found.push([change, back]);
              }
          }
      }
    return (this.added = found);
  }

  /** How far figures would be from what is shown; 0: nobody sees a difference. */
  private seen(changes: readonly Change[]): number {
    let seen = 0;
    for (const [i, figure] of this.figures.entries()) {
      const offset = this.offsets[i]! + effectOf(figure, changes);
      if (offset < figure.low) seen += figure.low - offset;
      else if (offset > figure.high) seen += offset - figure.high;
    }
    if (seen > 0) return seen;
    const isSame = this.figures.every((figure, i) => {
      const offset = this.offsets[i]! + effectOf(figure, changes);
      const { value, rounding } = figure;
      return offset === 0 || roundValue(value + offset, rounding) === roundValue(value, rounding);
    });
    return isSame ? 0 : 1e-6;
  }

  private apply(changes: readonly Change[], times: 1 | -1): void {
    for (const { place, item, from, to } of changes) {
      place.counts[item]![from]! -= times;
      place.counts[item]![to]! += times;
    }
    this.figures.forEach((figure, i) => (this.offsets[i]! += times * effectOf(figure, changes)));
  }
}

/** How far the figure may move and be shown the same. */
function withLimits(figure: ShownFigure) {
  const { value, rounding } = figure;
  const { decimals, threshold } = rounding;
  const shown = roundValue(value, rounding);
  const half = 10 ** -decimals / 2;
  const [low, high] = [shown - half - value, shown + half - value];
  if (threshold === null) return { ...figure, low, high };
  // Near the threshold a figure is rounded away from it.
  const room = threshold - value;
  return value >= threshold
    ? { ...figure, low: Math.max(room, Math.min(low, 0)), high: Math.max(high, 0) }
    : { ...figure, low: Math.min(low, 0), high: Math.min(room - 1e-9, Math.max(high, 0)) };
}

function isOpen({ school }: Place, item: number): boolean {
  return school.isHidden || school.hiddenItems[item]!;
}

/** Has the place an answer that can change the other way round? */
function isThereFor(place: Place, { item, to }: Change): boolean {
  return isOpen(place, item) && (place.counts[item]![to] ?? 0) > 0;
}

function reverse({ item, from, to }: Change, place: Place): Change {
  return { place, item, from: to, to: from };
}

/** Exchanges of equal weight cancel to the last digit. */
function effectOf({ points, weightOf }: ShownFigure, changes: readonly Change[]): number {
  let sum = 0;
  for (const { place, item, from, to } of changes) {
    const own = points[item]!;
    if (own.length > 0) sum += weightOf(place) * (own[to]! - own[from]!);
  }
  return Math.abs(sum) < 1e-9 ? 0 : sum;
}
