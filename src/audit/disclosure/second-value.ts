/**
 * A second value of a protected count: other answers that give all that is shown, in which it is another number. Bounds say what a count cannot be; this says that it can be
 * two numbers, and costs a hundredth of an integer program over a whole county. The answers themselves are one way that is known with the truth; the other is looked for near
 * them: the unknowns are by how much some counts differ, those of the item that is asked about, then more of the group, and all others stay. What HiGHS finds is rounded to
 * whole people and held against every equation. Whoever has the answers themselves says beside that whether the county would show the same (`isShownAlike`): equations leave out
 * standard errors and respondents' own means.
 */
import type { Highs } from 'highs';
import { toNumber } from './rational.ts';
import { isNegative, isWhole, type Equation, type Ratio, type System, type Terms } from './system.ts';

/** Where to look: the truth by column, and the group of a reporting stratum. */
export interface Neighbourhood {
  readonly truth: readonly number[];
  readonly groupOf: ReadonlyMap<number, string>;
  /** Items that are asked after an item of the group, or before it: their answers move together. */
  readonly tiedTo?: (group: string, item: string) => readonly string[];
  /** Whether people can have answered so, and all that is shown is the same then, what no equation says as well: by how much counts differ, by name. */
  readonly isShownAlike?: ((differences: ReadonlyMap<string, number>) => boolean) | undefined;
  /** Ways in which people can have answered so that these counts are others, by names. Whether they give what is shown is held against the equations. */
  readonly exchanges?: ((names: readonly string[]) => Iterable<ReadonlyMap<string, number>>) | undefined;
}

/** Of one search: most nodes, and most seconds. */
const NODES = 30;
const SECONDS = 3;
/** By how much a count may differ. */
const FARTHEST = 4;
/** Of one count: so many ways are published again. */
const PUBLISHED = 4;
/** And of those that are at hand. */
const EXCHANGED = 6;
/** With more unknowns a search takes longer than it is worth. */
const MOST_UNKNOWNS = 3000;
/** Places that people of another are exchanged with, and items that answers of another are. */
const PARTNERS = 6;
/** Figures are held a little within their rounding, so that nothing hangs on HiGHS's own tolerance. */
const MARGIN = 1e-5;
const TOLERANCE = 1e-7;
/** HiGHS's word for a solution that it has. */
const FEASIBLE = 2;

/** low ≤ Σ factor · difference ≤ high. */
interface Row {
  readonly factors: ReadonlyMap<number, number>;
  readonly low: number;
  readonly high: number;
  /** Where the factors hold for a little change alone: whether it is within its rounding. */
  readonly isKept?: (differenceOf: (column: number) => number) => boolean;
}

export class SecondValues {
  readonly #highs: Highs;
  readonly #system: Pick<System, 'names' | 'signs'>;
  readonly #near: Neighbourhood;
  readonly #rows: readonly Row[];
  readonly #rowsOf = new Map<number, number[]>();
  readonly #columns: ReadonlyMap<string, number>;
  readonly #kin = new Map<string, number[]>();
  /** Items of a place whose answers may move. */
  readonly #itemsAt = new Map<string, Set<string>>();
  /** What was found: one way in which answers can lie moves many counts. */
  readonly #worlds: ReadonlyMap<number, number>[] = [];
  /** Those of which all is shown alike. */
  readonly #alike: ReadonlyMap<number, number>[] = [];
  /** The truth gives all that is shown. */
  readonly #isSound: boolean;

  constructor(highs: Highs, system: Pick<System, 'names' | 'signs' | 'equations'>, near: Neighbourhood) {
    this.#highs = highs;
    this.#system = system;
    this.#near = near;
    this.#columns = new Map(system.names.map((name, column) => [name, column]));
    this.#rows = system.equations.flatMap((equation) => rowsOf(equation, near.truth));
    this.#isSound = this.#rows.every(({ low, high }) => low <= TOLERANCE && high >= -TOLERANCE);
    this.#rows.forEach(({ factors }, at) => {
      for (const column of factors.keys()) push(this.#rowsOf, column, at);
    });
    const told = this.#told();
    system.names.forEach((name, column) => {
      if (!isWhole(system.signs[column]!) || told.has(column)) return;
      for (const kin of kinsOf(name, near.groupOf)) push(this.#kin, kin, column);
      const [kind, place, , item] = name.split(' ');
      if (kind !== 'x') return;
      const items = this.#itemsAt.get(place!) ?? new Set();
      this.#itemsAt.set(place!, items.add(item!));
    });
  }

  /** Counts that are shown by themselves, and those of a place's item whose options are, whatever the strata. */
  #told(): ReadonlySet<number> {
    const told = new Set<number>();
    for (const { factors, low, high } of this.#rows) {
      if (low !== 0 || high !== 0) continue;
      const columns = [...factors.keys()];
      const heads = new Set(columns.map((column) => headOf(this.#system.names[column]!)));
      if (columns.length === 1 || (heads.size === 1 && !heads.has(null)))
        for (const column of columns) told.add(column);
    }
    return told;
  }

  /** null: none was found, which does not say that there is none. */
  find(terms: Terms): number | null {
    return this.#find(terms, this.#worlds, null);
  }

  /** The same by the ways that were found for other counts alone. */
  findAgain(terms: Terms): number | null {
    const asked = new Map([...terms].map(([column, factor]) => [column, toNumber(factor)]));
    const now = sumOf(asked, (column) => this.#near.truth[column]!);
    for (const world of this.#worlds) {
      const moved = sumOf(asked, (column) => world.get(column) ?? 0);
      if (moved !== 0) return now + moved;
    }
    return null;
  }

  /** Whether people can have answered so that all is shown alike, and it is another number; false: none was found. */
  isFoundAlike(terms: Terms): boolean {
    const isAlike = (differences: ReadonlyMap<string, number>) =>
      this.#near.isShownAlike?.(differences) ?? false;
    return this.#find(terms, this.#alike, isAlike) !== null;
  }

  /** `isTaken`: is what was found taken for a way? null: all is. */
  #find(
    terms: Terms,
    worlds: ReadonlyMap<number, number>[],
    isTaken: Neighbourhood['isShownAlike'] | null,
  ): number | null {
    if (!this.#isSound) return null;
    const asked = new Map([...terms].map(([column, factor]) => [column, toNumber(factor)]));
    const now = sumOf(asked, (column) => this.#near.truth[column]!);
    const movedBy = (world: ReadonlyMap<number, number>) => sumOf(asked, (column) => world.get(column) ?? 0);
    for (const world of worlds) if (movedBy(world) !== 0) return now + movedBy(world);
    let refused = 0;
    for (const { differences, found } of this.#exchanged(asked)) {
      if (!isTaken || isTaken(differences)) {
        worlds.push(found);
        return now + movedBy(found);
      }
      if (++refused >= EXCHANGED) break;
    }
    let before = (refused = 0);
    for (const free of this.#neighbourhoods([...asked.keys()])) {
      if (free.length > MOST_UNKNOWNS || free.length === before) continue;
      before = free.length;
      const rows = this.#rowsOver(free);
      for (const sign of [1, -1]) {
        if (now + sign < 0) continue;
        const found = this.#search(free, rows, asked, sign);
        if (!found) continue;
        if (!isTaken || isTaken(this.#named(found))) {
          worlds.push(found);
          return now + movedBy(found);
        }
        if (++refused >= PUBLISHED) return null;
      }
    }
    return null;
  }

  #named(found: ReadonlyMap<number, number>): ReadonlyMap<string, number> {
    const moved = [...found].filter(([, difference]) => difference !== 0);
    return new Map(moved.map(([column, by]) => [this.#system.names[column]!, by]));
  }

  /** Ways that are at hand, as far as they give all that is shown. */
  *#exchanged(asked: ReadonlyMap<number, number>): Generator<{
    readonly differences: ReadonlyMap<string, number>;
    readonly found: ReadonlyMap<number, number>;
  }> {
    const names = [...asked.keys()].map((column) => this.#system.names[column]!);
    for (const differences of this.#near.exchanges?.(names) ?? []) {
      const found = new Map<number, number>();
      for (const [name, by] of differences) {
        const column = this.#columns.get(name);
        // What is no unknown is shown nowhere.
        if (column !== undefined) found.set(column, by);
      }
      const least = (column: number) =>
        isNegative(this.#system.signs[column]!) ? -Infinity : -this.#near.truth[column]!;
      const touched = new Set([...found.keys()].flatMap((column) => this.#rowsOf.get(column) ?? []));
      const rows = [...touched].map((at) => this.#rows[at]!);
      if (this.#holds(found, rows, asked, least)) yield { differences, found };
    }
  }

  /** From few columns to many. */
  #neighbourhoods(asked: readonly number[]): readonly (readonly number[])[] {
    const kins = asked.map((column) => kinsOf(this.#system.names[column]!, this.#near.groupOf));
    const columnsOf = (keys: Iterable<string>) => [
      ...new Set([...asked, ...[...new Set(keys)].flatMap((key) => this.#kin.get(key) ?? [])]),
    ];
    const tiers = Array.from({ length: Math.max(...kins.map((own) => own.length)) }, (_, tier) =>
      columnsOf(kins.flatMap((own) => own.slice(0, tier + 1))),
    );
    const places = kins.map(([first]) => first!);
    const tiedKeys = this.#withTied(asked);
    const tied = tiedKeys.length > 1 ? [columnsOf(tiedKeys)] : [];
    // Somebody else may have answered here, and they there.
    const swaps = this.#partnersOf(asked).map((partner) => columnsOf([...places, partner]));
    const pairs = this.#pairsOf(asked).map((keys) => columnsOf(keys));
    return [
      ...swaps,
      ...tiers.slice(0, 1),
      ...tied,
      ...pairs,
      ...tiers.slice(1),
      ...this.#acrossGroups(asked).map((keys) => columnsOf(keys)),
    ];
  }

  #itemKey(place: string, item: string): string {
    return `item ${this.#near.groupOf.get(Number(place)) ?? ''} ${item}`;
  }

  /** Of answers alone: their items, and those that are asked after these or before. */
  #withTied(asked: readonly number[]): readonly string[] {
    const own = asked.map((column) => this.#system.names[column]!.split(' '));
    if (own.some(([kind]) => kind !== 'x')) return [];
    const keys = own.flatMap(([, place, , item]) => {
      const group = this.#near.groupOf.get(Number(place)) ?? '';
      const tied = this.#near.tiedTo?.(group, item!) ?? [];
      return [item!, ...tied].map((id) => this.#itemKey(place!, id));
    });
    return [...new Set(keys)];
  }

  /**
   * Of answers: two items of the group, the one that is asked about and another whose answers may move at the same place; then all of these. A shown place keeps its figure
   * where the second moves the other way.
   */
  #pairsOf(asked: readonly number[]): readonly (readonly string[])[] {
    const first = new Set(this.#withTied(asked));
    const own = asked.map((column) => this.#system.names[column]!.split(' '));
    if (first.size === 0) return [];
    const others = new Map<string, number>();
    for (const place of new Set(own.map(([, at]) => at!)))
      for (const item of this.#itemsAt.get(place) ?? []) {
        const key = this.#itemKey(place, item);
        if (!first.has(key)) others.set(key, (others.get(key) ?? 0) + 1);
      }
    const most = [...others].sort(([, a], [, b]) => b - a).map(([key]) => key);
    const chosen = most.slice(0, PARTNERS);
    return [
      ...chosen.map((other) => [...first, other]),
      ...(chosen.length > 1 ? [[...first, ...chosen]] : []),
    ];
  }

  /** Of answers: the item in all groups, then all items. What two hidden groups said is exchanged, where the county's figures keep. */
  #acrossGroups(asked: readonly number[]): readonly (readonly string[])[] {
    if (asked.some((column) => !/^[ax] /.test(this.#system.names[column]!))) return [];
    const groups = [...new Set(this.#near.groupOf.values())];
    const ids = new Set(this.#withTied(asked).map((key) => key.split(' ')[2]!));
    const pooled = groups.map((group) => `pooled ${group}`);
    const own = groups.flatMap((group) => [...ids].map((id) => `item ${group} ${id}`));
    return [
      ...(own.length > 0 ? [[...own, ...pooled]] : []),
      [...groups.map((group) => `answers ${group}`), ...pooled],
    ];
  }

  /** Of numbers of people: other places with people of the same strata, those of few first. */
  #partnersOf(asked: readonly number[]): readonly string[] {
    const { names } = this.#system;
    const own = asked.map((column) => names[column]!.split(' '));
    if (own.some(([kind]) => kind !== 'n')) return [];
    const places = new Set(own.map(([, place]) => place));
    const strata = new Set(own.map(([, , stratum]) => stratum));
    const people = new Map<string, number>();
    names.forEach((name, column) => {
      const [kind, place, stratum] = name.split(' ');
      if (kind === 'n' && strata.has(stratum) && !places.has(place))
        people.set(place!, (people.get(place!) ?? 0) + this.#near.truth[column]!);
    });
    return [...people]
      .sort(([, a], [, b]) => a - b)
      .slice(0, PARTNERS)
      .map(([place]) => `place ${place}`);
  }

  #rowsOver(free: readonly number[]): readonly Row[] {
    const own = new Set(free);
    const touched = new Set(free.flatMap((column) => this.#rowsOf.get(column) ?? []));
    return [...touched].map((at) => {
      const { factors, ...row } = this.#rows[at]!;
      return { factors: new Map([...factors].filter(([column]) => own.has(column))), ...row };
    });
  }

  /** Differences by column, in which the sum that is asked for is greater or less by one at least. */
  #search(
    free: readonly number[],
    rows: readonly Row[],
    asked: ReadonlyMap<number, number>,
    sign: number,
  ): ReadonlyMap<number, number> | null {
    const { infinity, constants } = this.#highs;
    const at = new Map(free.map((column, i) => [column, i]));
    const all = [
      ...rows.map((row) => ({
        factors: row.factors,
        low: row.low < row.high ? Math.max(-infinity, Math.min(0, row.low + MARGIN)) : row.low,
        high: row.low < row.high ? Math.min(infinity, Math.max(0, row.high - MARGIN)) : row.high,
      })),
      { factors: asked, low: sign > 0 ? 1 : -infinity, high: sign > 0 ? infinity : -1 },
    ];
    const starts = [0];
    const indices: number[] = [];
    const values: number[] = [];
    // Each difference is one up less one down, so that the fewest changes can be asked for: these move what no equation says the least.
    const count = free.length;
    for (const { factors } of all) {
      for (const [column, factor] of factors) {
        indices.push(at.get(column)!, at.get(column)! + count);
        values.push(factor, -factor);
      }
      starts.push(indices.length);
    }
    const least = (column: number) =>
      isNegative(this.#system.signs[column]!)
        ? -FARTHEST
        : Math.max(-FARTHEST, -Math.round(this.#near.truth[column]!));
    const program = this.#highs.createModel({
      numCols: 2 * count,
      numRows: all.length,
      colCost: new Float64Array(2 * count).fill(1),
      colLower: new Float64Array(2 * count),
      colUpper: [...free.map(() => FARTHEST), ...free.map((column) => -least(column))],
      integrality: Array.from({ length: 2 * count }, () => constants.variableType.integer),
      rowLower: all.map(({ low }) => low),
      rowUpper: all.map(({ high }) => high),
      matrix: {
        format: 'csr',
        numRows: all.length,
        numCols: 2 * count,
        starts: Int32Array.from(starts),
        indices: Int32Array.from(indices),
        values: Float64Array.from(values),
      },
    });
    try {
      program.options.set('output_flag', false);
      program.options.set('mip_max_nodes', NODES);
      program.options.set('time_limit', SECONDS);
      program.run();
      // What is not known to be the least will do, too.
      if (program.info.get('primal_solution_status') !== FEASIBLE) return null;
      const { colValue } = program.getSolution();
      const found = new Map(
        free.map((column, i) => [column, Math.round(colValue[i]!) - Math.round(colValue[i + count]!)]),
      );
      return this.#holds(found, rows, asked, least) ? found : null;
    } finally {
      program.dispose();
    }
  }

  #holds(
    found: ReadonlyMap<number, number>,
    rows: readonly Row[],
    asked: ReadonlyMap<number, number>,
    least: (column: number) => number,
  ): boolean {
    const valueOf = (column: number) => found.get(column) ?? 0;
    return (
      [...found].every(([column, value]) => value >= least(column)) &&
      Math.abs(sumOf(asked, valueOf)) >= 1 &&
      rows.every(({ factors, low, high, isKept }) => {
        if (isKept) return isKept(valueOf);
        const sum = sumOf(factors, valueOf);
        return sum >= low - TOLERANCE && sum <= high + TOLERANCE;
      })
    );
  }
}

/** An equation in differences from the truth. */
function rowsOf(equation: Equation, truth: readonly number[]): readonly Row[] {
  const { terms, value, rounding, ratios } = equation;
  if (value === null) return [];
  const factors = new Map([...terms].map(([column, factor]) => [column, toNumber(factor)]));
  const left = toNumber(value) - sumOf(factors, (column) => truth[column]!);
  if (!rounding)
    return [Math.abs(left) < TOLERANCE ? { factors, low: 0, high: 0 } : { factors, low: left, high: left }];
  const { half, shift, denominator } = rounding;
  if (denominator === null) {
    const [low, high] = [left + shift - half, left + shift + half];
    return [{ factors, low, high, ...(ratios && { isKept: sumKept(ratios, truth, low, high) }) }];
  }
  const less = (by: number): Pick<Row, 'factors'> & { readonly bound: number } => {
    const own = new Map(factors);
    let bound = left;
    for (const [column, factor] of denominator) {
      const part = by * toNumber(factor);
      own.set(column, (own.get(column) ?? 0) - part);
      bound += part * truth[column]!;
    }
    return { factors: own, bound };
  };
  const [most, fewest] = [less(shift + half), less(shift - half)];
  return [
    { factors: most.factors, low: -Infinity, high: most.bound },
    { factors: fewest.factors, low: fewest.bound, high: Infinity },
  ];
}

/** Whether a sum of figures moves no further than this. */
function sumKept(
  ratios: readonly Ratio[],
  truth: readonly number[],
  low: number,
  high: number,
): NonNullable<Row['isKept']> {
  const parts = ratios.map(({ weight, y, c }) => {
    const [own, under] = [y, c].map((terms) => [...terms].map(([at, by]) => [at, toNumber(by)] as const));
    const [above, below] = [own!, under!].map((list) =>
      list.reduce((sum, [at, by]) => sum + by * truth[at]!, 0),
    );
    return { weight: toNumber(weight), own: own!, under: under!, above: above!, below: below! };
  });
  return (differenceOf) => {
    const moved = (list: readonly (readonly [number, number])[]) =>
      list.reduce((sum, [at, by]) => sum + by * differenceOf(at), 0);
    let by = 0;
    for (const { weight, own, under, above, below } of parts) {
      const count = below + moved(under);
      if (below === 0 && count === 0) continue;
      by += weight * ((above + moved(own)) / count - (below === 0 ? 0 : above / below));
    }
    return by >= low - TOLERANCE && by <= high + TOLERANCE;
  };
}

/**
 * What a column may move with, from near to far: answers to the same item, those of the same place, all of the group, and what is kept pooled. Numbers of people move with
 * their answers.
 */
function kinsOf(name: string, groupOf: ReadonlyMap<number, string>): readonly string[] {
  const [kind, place, , item] = name.split(' ');
  switch (kind) {
    case 'x':
    case 'u': {
      const group = groupOf.get(Number(place)) ?? '';
      return [`item ${group} ${item}`, `place ${place}`, `answers ${group}`, `group ${group}`];
    }
    // Of some items: they move with the first.
    case 'd': {
      const group = groupOf.get(Number(place)) ?? '';
      return [`item ${group} ${item!.split('+')[0]}`, `place ${place}`, `answers ${group}`, `group ${group}`];
    }
    case 'a':
    case 'z':
      return [`pooled ${place}`, `group ${place}`];
    case 'g':
      return [`people ${place}`, `group ${place}`];
    case 'n':
    case 't': {
      const group = groupOf.get(Number(place)) ?? '';
      return [`place ${place}`, `people ${group}`, `group ${group}`];
    }
    // Shown of all groups together.
    case 'again': {
      const group = groupOf.get(Number(place)) ?? '';
      return [`again`, `place ${place}`, `people ${group}`, `group ${group}`];
    }
    default:
      return [];
  }
}

/** What an answer's count is of, strata aside: its place, item and option. */
function headOf(name: string): string | null {
  const [kind, place, , item, ...what] = name.split(' ');
  return kind === 'x' ? [place, item, ...what].join(' ') : null;
}

function sumOf(factors: ReadonlyMap<number, number>, valueOf: (column: number) => number): number {
  let sum = 0;
  for (const [column, factor] of factors) sum += factor * valueOf(column);
  return sum;
}

function push<K>(map: Map<K, number[]>, key: K, value: number): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}
