/**
 * Searches a second value of a protected count: other answers that give everything that is shown, but another count.
 * Bounds say what a count cannot be. A second value proves that it can be two numbers, and costs a hundredth of an
 * integer program over a whole county.
 * The true answers are one solution. The other is searched near them: the unknowns are the differences of some
 * counts. First these are the counts of the same item, then more of the group; all others stay. HiGHS's solution is
 * rounded to whole people and checked against every equation. Equations do not include standard errors and
 * respondents' own means, so `isShownAlike` can check these as well.
 */
import type { Highs } from 'highs';
import { toNumber } from './rational.ts';
import { isNegative, isWhole, type Equation, type Ratio, type System, type Terms } from './system.ts';

/** Where to search: the true values by column, and the group of each reporting stratum. */
export interface Neighbourhood {
  readonly truth: readonly number[];
  readonly groupOf: ReadonlyMap<number, string>;
  /** Items whose answers depend on this item: follow-ups, and its parent. */
  readonly tiedTo?: (group: string, item: string) => readonly string[];
  /**
   * Can people have answered so, and does everything shown stay the same, including what no equation describes? Takes
   * the differences of counts, by name.
   */
  readonly isShownAlike?: ((differences: ReadonlyMap<string, number>) => boolean) | undefined;
  /** Exchanges of answers between people that change these counts, by name. They are still checked against the equations. */
  readonly exchanges?: ((names: readonly string[]) => Iterable<ReadonlyMap<string, number>>) | undefined;
}

/** Limits of one search. */
const NODES = 30;
const SECONDS = 3;
/** Maximum change of a count. */
const FARTHEST = 4;
/** Refused solutions for one count after which no more are tried: from integer programs, and from proposed exchanges. */
const PUBLISHED = 4;
const EXCHANGED = 6;
/** With more unknowns a search takes longer than it is worth. */
const MOST_UNKNOWNS = 3000;
/** Maximum number of places or items to exchange with. */
const PARTNERS = 6;
/** Figures stay this far within their rounding, so that nothing depends on HiGHS's tolerance. */
const MARGIN = 1e-5;
const TOLERANCE = 1e-7;
/** HiGHS's status of a feasible solution. */
const FEASIBLE = 2;

/** low ≤ Σ factor · difference ≤ high. */
interface Row {
  readonly factors: ReadonlyMap<number, number>;
  readonly low: number;
  readonly high: number;
  /** Set if the factors hold for small changes only: the exact test. */
  readonly isKept?: (differenceOf: (column: number) => number) => boolean;
}

export class SecondValues {
  readonly #highs: Highs;
  readonly #system: Pick<System, 'names' | 'signs'>;
  readonly #near: Neighbourhood;
  readonly #rows: readonly Row[];
  readonly #rowsOf = new Map<number, number[]>();
  readonly #columns: ReadonlyMap<string, number>;
  readonly #related = new Map<string, number[]>();
  /** Items with unknown counts, by place. */
  readonly #itemsAt = new Map<string, Set<string>>();
  /** Solutions found so far: one solution changes many counts. */
  readonly #solutions: ReadonlyMap<number, number>[] = [];
  /** Those that leave everything shown unchanged. */
  readonly #alike: ReadonlyMap<number, number>[] = [];
  /** The truth satisfies all equations. */
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
    const shown = this.#shownCounts();
    system.names.forEach((name, column) => {
      if (!isWhole(system.signs[column]!) || shown.has(column)) return;
      for (const key of relatedOf(name, near.groupOf)) push(this.#related, key, column);
      const [kind, place, , item] = name.split(' ');
      if (kind !== 'x') return;
      const items = this.#itemsAt.get(place!) ?? new Set();
      this.#itemsAt.set(place!, items.add(item!));
    });
  }

  /** Counts that are shown by themselves, and those whose sum over the sampling strata is shown. */
  #shownCounts(): ReadonlySet<number> {
    const shown = new Set<number>();
    for (const { factors, low, high } of this.#rows) {
      if (low !== 0 || high !== 0) continue;
      const columns = [...factors.keys()];
      const heads = new Set(columns.map((column) => headOf(this.#system.names[column]!)));
      if (columns.length === 1 || (heads.size === 1 && !heads.has(null)))
        for (const column of columns) shown.add(column);
    }
    return shown;
  }

  /** null: none was found, which does not prove that there is none. */
  find(terms: Terms): number | null {
    return this.#find(terms, this.#solutions, null);
  }

  /** Tries the solutions found for other counts only. */
  findAgain(terms: Terms): number | null {
    const asked = new Map([...terms].map(([column, factor]) => [column, toNumber(factor)]));
    const now = sumOf(asked, (column) => this.#near.truth[column]!);
    for (const solution of this.#solutions) {
      const moved = sumOf(asked, (column) => solution.get(column) ?? 0);
      if (moved !== 0) return now + moved;
    }
    return null;
  }

  /** Was a second value found with answers of individual people that leave everything shown unchanged? */
  isFoundAlike(terms: Terms): boolean {
    const isAlike = (differences: ReadonlyMap<string, number>) =>
      this.#near.isShownAlike?.(differences) ?? false;
    return this.#find(terms, this.#alike, isAlike) !== null;
  }

  /** `isTaken`: accepts a solution. null: all are accepted. */
  #find(
    terms: Terms,
    solutions: ReadonlyMap<number, number>[],
    isTaken: Neighbourhood['isShownAlike'] | null,
  ): number | null {
    if (!this.#isSound) return null;
    const asked = new Map([...terms].map(([column, factor]) => [column, toNumber(factor)]));
    const now = sumOf(asked, (column) => this.#near.truth[column]!);
    const movedBy = (solution: ReadonlyMap<number, number>) =>
      sumOf(asked, (column) => solution.get(column) ?? 0);
    for (const solution of solutions) if (movedBy(solution) !== 0) return now + movedBy(solution);
    let refused = 0;
    for (const { differences, found } of this.#exchanged(asked)) {
      if (!isTaken || isTaken(differences)) {
        solutions.push(found);
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
          solutions.push(found);
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

  /** Proposed exchanges that satisfy all equations. */
  *#exchanged(asked: ReadonlyMap<number, number>): Generator<{
    readonly differences: ReadonlyMap<string, number>;
    readonly found: ReadonlyMap<number, number>;
  }> {
    const names = [...asked.keys()].map((column) => this.#system.names[column]!);
    for (const differences of this.#near.exchanges?.(names) ?? []) {
      const found = new Map<number, number>();
      for (const [name, by] of differences) {
        const column = this.#columns.get(name);
        // What is not an unknown is not shown anywhere.
        if (column !== undefined) found.set(column, by);
      }
      const least = (column: number) =>
        isNegative(this.#system.signs[column]!) ? -Infinity : -this.#near.truth[column]!;
      const touched = new Set([...found.keys()].flatMap((column) => this.#rowsOf.get(column) ?? []));
      const rows = [...touched].map((at) => this.#rows[at]!);
      if (this.#holds(found, rows, asked, least)) yield { differences, found };
    }
  }

  /** Sets of unknowns, from small to large. */
  #neighbourhoods(asked: readonly number[]): readonly (readonly number[])[] {
    const related = asked.map((column) => relatedOf(this.#system.names[column]!, this.#near.groupOf));
    const columnsOf = (keys: Iterable<string>) => [
      ...new Set([...asked, ...[...new Set(keys)].flatMap((key) => this.#related.get(key) ?? [])]),
    ];
    const tiers = Array.from({ length: Math.max(...related.map((own) => own.length)) }, (_, tier) =>
      columnsOf(related.flatMap((own) => own.slice(0, tier + 1))),
    );
    const places = related.map(([first]) => first!);
    const tiedKeys = this.#withTied(asked);
    const tied = tiedKeys.length > 1 ? [columnsOf(tiedKeys)] : [];
    // People of two places may be exchanged.
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

  /** For answers only: their items, with the follow-ups and parents of these. */
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
   * For answers: the item together with another one that has unknown counts at the same place, then with all of
   * these. A shown place keeps its figure if the second item changes the opposite way.
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

  /** For answers: the item in all groups, then all items. Two hidden groups can exchange answers if the county's figures stay. */
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

  /** For numbers of people: other places with people of the same strata, the smallest first. */
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

  /** Searches differences by column that change the sum by at least one. */
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
    // Each difference is an increase minus a decrease, so that the number of changes can be minimized.
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
      // A solution that may not be minimal is good enough.
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

/** Tests whether a weighted sum of ratios changes only within these limits. */
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
 * Unknowns that a column may change with, from near to far: the same item, the same place, the group's answers, the
 * whole group. Pooled counts and numbers of people have their own order.
 */
function relatedOf(name: string, groupOf: ReadonlyMap<number, string>): readonly string[] {
  const [kind, place, , item] = name.split(' ');
  switch (kind) {
    case 'x':
    case 'u': {
      const group = groupOf.get(Number(place)) ?? '';
      return [`item ${group} ${item}`, `place ${place}`, `answers ${group}`, `group ${group}`];
    }
    // Over several items: grouped with the first one.
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
    // Shown for all groups together.
    case 'again': {
      const group = groupOf.get(Number(place)) ?? '';
      return [`again`, `place ${place}`, `people ${group}`, `group ${group}`];
    }
    default:
      return [];
  }
}

/** Place, item and option of an answer's count, without the stratum. */
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
