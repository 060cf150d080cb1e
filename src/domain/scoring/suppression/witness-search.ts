/**
 * Searches for a witness: other answers of whole people that give everything that is shown, every figure to its shown
 * digits. It changes one answer in a hidden cell and reverses the change in another hidden cell, so that the total
 * counts stay. At a school whose figure is shown but not its items, a second item changes the opposite way. Nobody
 * can compute a count for which a witness exists, by whatever method.
 *
 * The search is limited by steps, not by time, so that everybody who computes the figures again gets the same ones.
 * Above 500 lines: one search, whose steps all work on the same state.
 */
import { roundValue, type Rounding } from '../format.ts';
import type { Effort } from './effort.ts';

/**
 * Answers of one school with the same sampling stratum, channel and set. The search changes the counts and restores
 * them.
 */
export interface Place {
  /** Index in `SearchInput.places`. */
  readonly index: number;
  readonly school: School;
  /** Answers by item and option. */
  readonly counts: readonly number[][];
  readonly weight: number;
}

export interface School {
  isHidden: boolean;
  /** By item: hidden, even if the school is shown. */
  readonly hiddenItems: readonly boolean[];
}

/** A figure as shown: Σ weight · points · answers. */
export interface ShownFigure {
  isShown: boolean;
  readonly value: number;
  readonly rounding: Rounding;
  /** By item: points by option, divided by the figure's denominator. Empty: the figure does not include the item. */
  readonly points: readonly (readonly number[])[];
  /** 0: the figure does not include the place. Figures with equal weights share one function. */
  readonly weightOf: (place: Place) => number;
  /** Set for the figure of a single school, which uses `Place.weight`. */
  readonly school?: School;
}

export interface SearchInput {
  readonly places: readonly Place[];
  readonly figures: readonly ShownFigure[];
  /** By item: are the total counts by option shown? */
  readonly isCounted: readonly boolean[];
  /** By item: sets of options that lead to something shown, so nobody may move into or out of them. */
  readonly fixed: readonly (readonly ReadonlySet<number>[])[];
}

/** One answer at a place changes to another option. */
export interface Change {
  readonly place: Place;
  readonly item: number;
  readonly from: number;
  readonly to: number;
}

/** Alternative changes with the same effect on the figures. */
interface Compensation {
  readonly figures: readonly number[];
  /** By figure. */
  readonly effects: readonly number[];
  readonly variants: (readonly Change[])[];
}

interface Step {
  readonly changes: readonly Change[];
  /** How far the figures are from what is shown after this step. */
  readonly excess: number;
}

/** Number of places tried for the reverse change, the nearest by weight first. */
const PARTNERS = 12;
/** Number of starts that are tried, the least visible first, and of compensations added to each. */
const STARTS = 6;
const COMPENSATIONS = 40;
/** Number of compensations to choose from, and of places they may be at. */
const CHOICE = 1_500;
/** Number of compensations that are also tried in pairs. */
const PAIRED = 200;
const NEAR = 40;
/**
 * Minimum distance of a figure from the point where its rounding changes: its floating-point sum depends on the order
 * of the terms.
 */
const MARGIN = 1e-7;

export class WitnessSearch {
  /** By place: weights by weight function. */
  private readonly weights: readonly Float64Array[];
  /** By figure: index of its weight function. */
  private readonly kinds: readonly number[];
  /** By item: the figures that include it, except those of single schools. */
  private readonly looking: readonly Int32Array[];
  private readonly ownFigure = new Map<School, number>();
  private readonly low: readonly number[];
  private readonly high: readonly number[];
  /** By place: all places with the same weights in every figure, except those of single schools. */
  private readonly like: readonly Place[][];
  private readonly partners = new Map<Place, readonly Place[]>();
  private readonly offsets: Float64Array;
  private readonly effects: Float64Array;
  private readonly stamps: Int32Array;
  private stamp = 0;
  private readonly touched: Int32Array;
  private steps = 0;
  /** The compensations for the last cell and item. */
  private chosen: {
    readonly cell: ReadonlySet<Place>;
    readonly item: number;
    readonly compensations: readonly Compensation[];
  } | null = null;

  constructor(readonly input: SearchInput) {
    const { figures, places, isCounted } = input;
    const functions: ShownFigure['weightOf'][] = [];
    const kinds = new Map<ShownFigure['weightOf'], number>();
    for (const { weightOf, school } of figures)
      if (!school && !kinds.has(weightOf)) kinds.set(weightOf, functions.push(weightOf) - 1);
    this.kinds = figures.map(({ weightOf }) => kinds.get(weightOf) ?? -1);
    this.weights = places.map((place) => Float64Array.from(functions, (weightOf) => weightOf(place)));
    this.looking = isCounted.map((_, item) =>
      Int32Array.from(
        figures.flatMap(({ points, school }, f) => (points[item]!.length > 0 && !school ? [f] : [])),
      ),
    );
    for (const [f, { school }] of figures.entries()) if (school) this.ownFigure.set(school, f);
    const limits = figures.map(limitsOf);
    this.low = limits.map(({ low }) => low);
    this.high = limits.map(({ high }) => high);
    const classes = new Map<string, Place[]>();
    this.like = places.map((place, index) => {
      const isAsked = place.counts.map((counts) => (counts.length > 0 ? 1 : 0)).join('');
      const key = `${isAsked}/${this.weights[index]!.join('/')}`;
      let members = classes.get(key);
      if (!members) classes.set(key, (members = []));
      members.push(place);
      return members;
    });
    this.offsets = new Float64Array(figures.length);
    this.effects = new Float64Array(figures.length);
    this.stamps = new Int32Array(figures.length);
    this.touched = new Int32Array(figures.length);
  }

  /**
   * Returns other answers in which one more, or one less, person in the cell chose the option. null: none was found
   * within `most` steps. `cell`: the places over which the answers are counted.
   */
  find(
    cell: ReadonlySet<Place>,
    item: number,
    option: number,
    effort: Effort,
    most: number,
  ): readonly Change[] | null {
    const moves = movesOf(cell, item, option);
    const plain = this.swapWithEqual(cell, moves);
    if (plain || most === 0) return plain;
    this.steps = effort.take(most);
    const found = this.search(cell, item, option, moves);
    effort.giveBack(this.steps);
    this.offsets.fill(0);
    return found;
  }

  /** Between hidden schools with the same weights: no figure changes. */
  private swapWithEqual(cell: ReadonlySet<Place>, moves: readonly Change[]): readonly Change[] | null {
    for (const change of moves) {
      const { place } = change;
      if (!place.school.isHidden) continue;
      for (const other of this.like[place.index]!)
        if (other.school.isHidden && !cell.has(other) && canReverse(other, change))
          return [change, reverse(change, other)];
    }
    return null;
  }

  private search(
    cell: ReadonlySet<Place>,
    item: number,
    option: number,
    moves: readonly Change[],
  ): readonly Change[] | null {
    const starts: { readonly changes: readonly Change[]; readonly excess: number }[] = [];
    for (const isDouble of [false, true])
      for (const first of moves)
        for (const changes of this.starts(cell, first, isDouble)) {
          if (this.steps <= 0) return null;
          if (changes.some((change) => this.isFixed(change))) continue;
          const excess = this.excess(changes);
          if (excess === 0) return changes;
          if (starts.length === STARTS && excess >= starts.at(-1)!.excess) continue;
          if (starts.length === STARTS) starts.pop();
          starts.push({ changes, excess });
          starts.sort((a, b) => a.excess - b.excess);
        }
    const isFree = (change: Change) =>
      change.item !== item || !cell.has(change.place) || (change.from !== option && change.to !== option);
    for (const { changes, excess } of starts) {
      const found = this.addTo(changes, excess, this.compensations(cell, item), isFree);
      if (found) return found;
      if (this.steps <= 0) return null;
    }
    return null;
  }

  /**
   * Changes that keep the total counts. `isDouble`: with a second item that changes the opposite way, which may keep
   * the figure of a school or group.
   */
  private *starts(cell: ReadonlySet<Place>, first: Change, isDouble: boolean): Generator<readonly Change[]> {
    const { place, item, from, to } = first;
    if (!isDouble) {
      yield* this.balanced(cell, [first]);
      return;
    }
    for (let second = 0; second < place.counts.length; second++)
      if (second !== item && isOpen(place, second) && (place.counts[second]![to] ?? 0) > 0)
        if (from < place.counts[second]!.length)
          yield* this.balanced(cell, [first, { place, item: second, from: to, to: from }]);
  }

  private *balanced(cell: ReadonlySet<Place>, changes: readonly Change[]): Generator<readonly Change[]> {
    const counted = changes.filter((change) => this.input.isCounted[change.item]);
    const [main] = counted;
    if (!main) {
      yield changes;
      return;
    }
    let tried = 0;
    for (const partner of this.partnersOf(main.place)) {
      if (cell.has(partner) || !canReverse(partner, main)) continue;
      if (tried++ === PARTNERS) return;
      const reversed = counted.map((change) => {
        if (canReverse(partner, change)) return reverse(change, partner);
        const other = this.partnersOf(main.place).find((own) => !cell.has(own) && canReverse(own, change));
        return other && reverse(change, other);
      });
      if (reversed.every((change) => change !== undefined)) yield [...changes, ...reversed];
    }
  }

  /** Places with hidden answers, the most similar first. */
  private partnersOf(place: Place): readonly Place[] {
    let found = this.partners.get(place);
    if (found) return found;
    const own = this.like[place.index]!;
    const distance = (other: Place) =>
      this.like[other.index] === own ? -1 : Math.abs(other.weight - place.weight);
    found = this.input.places
      .filter((other) => other !== place && isOpenSomewhere(other))
      .map((other) => ({ other, by: distance(other) }))
      .sort((a, b) => a.by - b.by)
      .map(({ other }) => other);
    this.partners.set(place, found);
    return found;
  }

  /** Call this when something has been hidden or shown again. */
  reset(): void {
    this.partners.clear();
    this.chosen = null;
  }

  /** Adds compensations that bring the figures closer to what is shown, until they are equal. */
  private addTo(
    start: readonly Change[],
    excess: number,
    compensations: readonly Compensation[],
    isFree: (change: Change) => boolean,
  ): readonly Change[] | null {
    let changes = start;
    this.apply(start, 1);
    let left = excess;
    for (let i = 0; i < COMPENSATIONS && left > 0 && this.steps > 0; i++) {
      const best = this.bestOf(compensations, left, isFree) ?? this.bestPair(compensations, left, isFree);
      if (!best) break;
      this.apply(best.changes, 1);
      changes = [...changes, ...best.changes];
      left = best.excess;
    }
    this.apply(changes, -1);
    this.offsets.fill(0);
    return left === 0 && this.excess(changes) === 0 ? changes : null;
  }

  private bestOf(
    compensations: readonly Compensation[],
    before: number,
    isFree: (change: Change) => boolean,
  ): Step | null {
    let best: readonly Change[] | null = null;
    let least = before - 1e-9;
    for (const compensation of compensations) {
      const next = this.excessWith(compensation, before);
      if (next >= least) continue;
      const possible = possibleVariant(compensation, isFree);
      if (!possible) continue;
      [best, least] = [possible, next];
      if (next === 0) break;
    }
    return best && { changes: best, excess: least };
  }

  /** Two compensations that help together, but not alone. */
  private bestPair(
    compensations: readonly Compensation[],
    before: number,
    isFree: (change: Change) => boolean,
  ): Step | null {
    let best: readonly Change[] | null = null;
    let least = before - 1e-9;
    const some = compensations.slice(0, PAIRED);
    for (const [i, one] of some.entries()) {
      const first = possibleVariant(one, isFree);
      if (!first) continue;
      const between = this.excessWith(one, before);
      this.shift(one, 1);
      for (let k = i; k < some.length && this.steps > 0; k++) {
        const next = this.excessWith(some[k]!, between);
        if (next >= least) continue;
        const second = possibleVariant(some[k]!, isFree, first);
        if (!second) continue;
        [best, least] = [[...first, ...second], next];
        if (next === 0) break;
      }
      this.shift(one, -1);
      if (least === 0 || this.steps <= 0) break;
    }
    return best && { changes: best, excess: least };
  }

  private shift({ figures, effects }: Compensation, times: 1 | -1): void {
    for (let i = 0; i < figures.length; i++) this.offsets[figures[i]!]! += times * effects[i]!;
  }

  /** Changes that keep the total counts, grouped by their effect on the figures. */
  private compensations(cell: ReadonlySet<Place>, own: number): readonly Compensation[] {
    if (this.chosen?.cell === cell && this.chosen.item === own) return this.chosen.compensations;
    const { isCounted } = this.input;
    const found = new Map<number, Compensation>();
    const first = [...cell][0]!;
    const isUseful = (place: Place) =>
      place.counts.some((_, item) => isOpen(place, item) && (item === own || !isCounted[item]));
    const open = [first, ...this.partnersOf(first)].filter(isUseful);
    // From the place's own group and from others: the county's figures include all.
    const near = [true, false].flatMap((isOwn) =>
      open.filter((place) => place.counts[own]!.length > 0 === isOwn).slice(0, NEAR),
    );
    const put = (changes: readonly Change[]) => {
      const effect = this.effectOf(changes);
      const known = found.get(effect.key);
      if (known) known.variants.push(changes);
      else if (effect.figures.length > 0) found.set(effect.key, { ...effect, variants: [changes] });
    };
    const isFull = () => found.size >= CHOICE || this.steps <= 0;
    const changes = this.changesAt(near, own);
    for (const change of changes)
      if (!isFull() && !isCounted[change.item]) put([change]);
      else if (!isFull())
        for (const other of near)
          if (other !== change.place && canReverse(other, change)) put([change, reverse(change, other)]);
    // Changes that a second item at the same place compensates.
    for (const change of changes) {
      const { place, item } = change;
      if (isFull()) break;
      if (isCounted[item]) continue;
      for (let second = item + 1; second < place.counts.length; second++) {
        const back = { ...reverse(change, place), item: second };
        if (!isCounted[second] && !this.isFixed(back) && canReverse(place, { ...change, item: second }))
          put([change, back]);
      }
    }
    const compensations = [...found.values()];
    this.chosen = { cell, item: own, compensations };
    return compensations;
  }

  private changesAt(places: readonly Place[], own: number): readonly Change[] {
    const found: Change[] = [];
    for (const place of places)
      for (let item = 0; item < place.counts.length; item++) {
        if (!isOpen(place, item) || (this.input.isCounted[item] && item !== own)) continue;
        const counts = place.counts[item]!;
        this.steps -= counts.length;
        for (let from = 0; from < counts.length; from++)
          for (let to = 0; to < counts.length; to++)
            if (from !== to && counts[from]! > 0 && !this.isFixed({ item, from, to }))
              found.push({ place, item, from, to });
      }
    return found;
  }

  private isFixed({ item, from, to }: Omit<Change, 'place'>): boolean {
    return this.input.fixed[item]!.some((options) => options.has(from) !== options.has(to));
  }

  private effectOf(changes: readonly Change[]): Omit<Compensation, 'variants'> & { readonly key: number } {
    const count = this.measure(changes);
    const figures: number[] = [];
    const effects: number[] = [];
    let key = 0;
    for (let i = 0; i < count; i++) {
      const f = this.touched[i]!;
      const effect = this.effects[f]!;
      if (Math.abs(effect) < 1e-9) continue;
      figures.push(f);
      effects.push(effect);
      key += effect * Math.sqrt(2 + f);
    }
    return { key: Math.round(key * 1e9), figures, effects };
  }

  private excessWith({ figures, effects }: Compensation, before: number): number {
    const { offsets } = this;
    this.steps -= 1 + figures.length;
    let excess = before;
    for (let i = 0; i < figures.length; i++) {
      const f = figures[i]!;
      excess += this.excessOf(f, offsets[f]! + effects[i]!) - this.excessOf(f, offsets[f]!);
    }
    return excess < 1e-9 ? 0 : excess;
  }

  /** How far the figures would be from what is shown. 0: nobody sees a difference. */
  private excess(changes: readonly Change[]): number {
    const count = this.measure(changes);
    let excess = 0;
    for (let i = 0; i < count; i++)
      excess += this.excessOf(this.touched[i]!, this.effects[this.touched[i]!]!);
    return excess < 1e-9 ? 0 : excess;
  }

  private excessOf(f: number, offset: number): number {
    if (Math.abs(offset) < 1e-9) return 0;
    if (offset < this.low[f]!) return this.low[f]! - offset + MARGIN;
    return offset > this.high[f]! ? offset - this.high[f]! + MARGIN : 0;
  }

  /** Stores the figures that the changes affect in `touched`, and the effects in `effects`. Returns their number. */
  private measure(changes: readonly Change[]): number {
    const { stamps, effects, touched, looking, kinds } = this;
    const { figures } = this.input;
    const stamp = ++this.stamp;
    let count = 0;
    for (const { place, item, from, to } of changes) {
      const weights = this.weights[place.index]!;
      const own = looking[item]!;
      const last = this.ownFigure.get(place.school) ?? -1;
      this.steps -= 1 + own.length;
      for (let i = 0; i <= own.length; i++) {
        const f = i < own.length ? own[i]! : last;
        if (f < 0) continue;
        const figure = figures[f]!;
        const weight = i < own.length ? weights[kinds[f]!]! : place.weight;
        const points = figure.points[item]!;
        if (weight === 0 || !figure.isShown || points.length === 0) continue;
        if (stamps[f] !== stamp) {
          stamps[f] = stamp;
          effects[f] = 0;
          touched[count++] = f;
        }
        effects[f]! += weight * (points[to]! - points[from]!);
      }
    }
    return count;
  }

  private apply(changes: readonly Change[], times: 1 | -1): void {
    for (const { place, item, from, to } of changes) {
      place.counts[item]![from]! -= times;
      place.counts[item]![to]! += times;
    }
    const count = this.measure(changes);
    for (let i = 0; i < count; i++)
      this.offsets[this.touched[i]!]! += times * this.effects[this.touched[i]!]!;
  }
}

/** A variant whose answers exist. `made`: changes already made. */
function possibleVariant(
  { variants }: Compensation,
  isFree: (change: Change) => boolean,
  made: readonly Change[] = [],
): readonly Change[] | undefined {
  const isPossible = (change: Change) => {
    const { place, item, from } = change;
    let n = place.counts[item]![from]!;
    for (const other of made) if (other.place === place && other.item === item && other.from === from) n--;
    return n > 0 && isFree(change);
  };
  return variants.find((variant) => variant.every(isPossible));
}

/** Changes of one answer in the cell that lower or raise the count of the option by one. */
function movesOf(cell: ReadonlySet<Place>, item: number, option: number): readonly Change[] {
  const moves: Change[] = [];
  for (const place of cell) {
    if (!isOpen(place, item)) continue;
    const counts = place.counts[item]!;
    for (let other = 0; other < counts.length; other++) {
      if (other === option) continue;
      if (counts[option]! > 0) moves.push({ place, item, from: option, to: other });
      if (counts[other]! > 0) moves.push({ place, item, from: other, to: option });
    }
  }
  return moves;
}

/** How far the figure can move without changing as shown. */
function limitsOf({ value, rounding }: ShownFigure): { readonly low: number; readonly high: number } {
  const { decimals, threshold } = rounding;
  const shown = roundValue(value, rounding);
  const half = 10 ** -decimals / 2;
  let [low, high] = [shown - half - value, shown + half - value];
  // Near the threshold, rounding never crosses it.
  if (threshold !== null && value >= threshold) low = Math.max(threshold - value, low);
  if (threshold !== null && value < threshold) high = Math.min(threshold - value, high);
  return { low: Math.min(0, low + MARGIN), high: Math.max(0, high - MARGIN) };
}

function isOpen({ school, counts }: Place, item: number): boolean {
  return counts[item]!.length > 0 && (school.isHidden || school.hiddenItems[item]!);
}

function isOpenSomewhere({ school }: Place): boolean {
  return school.isHidden || school.hiddenItems.includes(true);
}

/** Does the place have an answer that can change the opposite way? */
function canReverse(place: Place, { item, from, to }: Change): boolean {
  const counts = place.counts[item]!;
  return from < counts.length && (counts[to] ?? 0) > 0 && isOpen(place, item);
}

function reverse({ item, from, to }: Change, place: Place): Change {
  return { place, item, from: to, to: from };
}
