/**
 * Bounds: the minimum and the maximum of a protected count, given everything that is shown, for whole people and
 * within the rounding of figures.
 * Solved by HiGHS (Q. Huangfu, J. A. J. Hall, Mathematical Programming Computation 10 (2018) 119–142). Linear
 * programs come first, because they are cheap. Integer programs are run only for counts without a second value
 * (second-value.ts) whose interval is narrower than a given width.
 */
import type { Highs, ObjectiveSense } from 'highs';
import { loadHighs } from './highs.ts';
import { toNumber } from './rational.ts';
import { isNegative, isWhole, type Equation, type System, type Terms } from './system.ts';

export interface Target {
  readonly cell: string;
  readonly count: string;
  readonly terms: Terms;
  /**
   * A number other than the true one that the count can be, because other answers give everything that is shown.
   * null: none found, or not searched.
   */
  readonly second: number | null;
}

export interface Bounded extends Target {
  readonly low: number;
  readonly high: number;
}

export interface BoundsOptions {
  /**
   * Integer programs are run for counts whose linear interval (maximum less minimum) is narrower than this, the
   * narrowest first.
   */
  readonly width: number;
  /** Maximum number of counts with integer programs. */
  readonly integers: number;
  /**
   * Maximum number of nodes for one integer program, and seconds for those of one count. Bounds proved by then are
   * used.
   */
  readonly nodes: number;
  readonly seconds: number;
  readonly progress?: (step: BoundsStep) => void;
}

export interface BoundsStep {
  readonly what: 'linear' | 'second' | 'published' | 'integers';
  /** Counts. */
  readonly done: number;
  readonly of: number;
}

/** The methods and limits by which the bounds were computed. */
export interface BoundsReach {
  readonly width: number;
  readonly seconds: number;
  /** Counts whose linear programs finished. The others have no bounds. */
  readonly linear: number;
  /** Counts with integer programs. */
  readonly inIntegers: number;
  /** Counts for which a limit stopped a program. Their bounds are valid, but may not be the best. */
  readonly stopped: number;
  /** Counts narrower than the width, but without integer programs because of the limit `integers`. */
  readonly leftOut: number;
}

export interface BoundsFound {
  readonly bounded: readonly Bounded[];
  readonly reach: BoundsReach;
}

interface Entry {
  readonly target: Target;
  low: number;
  high: number;
  /** Seconds that remain. */
  left: number;
}

/** A county's first linear program takes a few seconds, the others a tenth of a second. */
const LINEAR_SECONDS = 120;
/** HiGHS's simplex strategies. */
const DUAL = 1;
const PRIMAL = 4;

type Equations = Pick<System, 'names' | 'signs' | 'equations'>;

type Writable<T> = { -readonly [key in keyof T]: T[key] };
type Program = ReturnType<Highs['createModel']>;

/** The smallest difference that HiGHS distinguishes from 0. */
const FINEST = 1e-5;

export async function boundCounts(
  system: Equations,
  targets: readonly Target[],
  { width, integers, nodes, seconds, progress }: BoundsOptions,
): Promise<BoundsFound> {
  const reach: Writable<BoundsReach> = {
    ...{ width, seconds },
    ...{ linear: 0, inIntegers: 0, stopped: 0, leftOut: 0 },
  };
  if (targets.length === 0) return { bounded: [], reach };
  const highs = await loadHighs();
  const { minimize, maximize } = highs.constants.objectiveSense;
  const reduced = reduce(system);
  const programs = new Map<string, { readonly program: Program; readonly at: ReadonlyMap<number, number> }>();
  const programOf = (component: number, isInteger: boolean) => {
    const key = `${component} ${isInteger}`;
    let own = programs.get(key);
    if (!own) programs.set(key, (own = createProgram(highs, system, reduced, component, isInteger)));
    return own;
  };
  const found = targets.map((target): Entry => ({
    target,
    low: -Infinity,
    high: Infinity,
    left: seconds,
  }));
  const stopped = new Set<Entry>();
  try {
    each('linear', found, (entry) => {
      solve(entry, false);
    });
    // An unbounded count is a result, too: it can be anything.
    reach.linear = found.length - stopped.size;
    const narrow = found
      .filter(({ target, low, high }) => target.second === null && high > low && high - low < width)
      .sort((a, b) => a.high - a.low - (b.high - b.low));
    const chosen = narrow.slice(0, integers);
    each('integers', chosen, (entry) => {
      solve(entry, true);
    });
    reach.inIntegers = chosen.length;
    reach.leftOut = narrow.length - chosen.length;
    reach.stopped = stopped.size;
  } finally {
    for (const { program } of programs.values()) program.dispose();
  }
  return {
    bounded: found.map(({ target, low, high }) => ({ ...target, low, high })),
    reach,
  };

  function each(what: 'linear' | 'integers', list: readonly Entry[], work: (entry: Entry) => void): void {
    list.forEach((entry, i) => {
      work(entry);
      progress?.({ what, done: i + 1, of: list.length });
    });
  }

  function solve(entry: Entry, isInteger: boolean): void {
    let fixed = 0;
    const open = new Map<number, number>();
    const components = new Set<number>();
    for (const [column, factor] of entry.target.terms) {
      const value = reduced.fixed.get(column);
      if (value !== undefined) fixed += value * toNumber(factor);
      else {
        open.set(column, toNumber(factor));
        components.add(reduced.component(column));
      }
    }
    let [low, high] = [fixed, fixed];
    for (const component of components) {
      const { program, at } = programOf(component, isInteger);
      const columns = [...open].filter(([column]) => reduced.component(column) === component);
      for (const [column, factor] of columns) program.changeColCost(at.get(column)!, factor);
      low += optimum(entry, program, minimize, isInteger);
      high += optimum(entry, program, maximize, isInteger);
      for (const [column] of columns) program.changeColCost(at.get(column)!, 0);
    }
    // Counts are whole numbers, even if the relaxation is not. A stopped program never widens the interval.
    entry.low = Math.max(entry.low, Math.ceil(low - 1e-4) + 0);
    entry.high = Math.min(entry.high, Math.floor(high + 1e-4) + 0);
  }

  function optimum(entry: Entry, program: Program, sense: ObjectiveSense, isInteger: boolean): number {
    const nothing = sense === minimize ? -Infinity : Infinity;
    if (entry.left <= 0) {
      stopped.add(entry);
      return nothing;
    }
    program.changeObjectiveSense(sense);
    program.options.set('mip_max_nodes', nodes);
    // The minimum must leave time for the maximum.
    const integerSeconds = sense === minimize ? entry.left / 2 : entry.left;
    program.options.set('time_limit', isInteger ? integerSeconds : LINEAR_SECONDS);
    program.zeroAllClocks();
    program.run();
    if (isInteger) entry.left -= program.getRunTime();
    const { modelStatus } = highs.constants;
    if (!isInteger && program.getModelStatus() === modelStatus.unknown) {
      // Rounding errors accumulated over several programs: start again from scratch.
      program.clearSolver();
      program.options.set('simplex_strategy', DUAL);
      program.run();
      program.options.set('simplex_strategy', PRIMAL);
    }
    const status = program.getModelStatus();
    if (status === modelStatus.optimal) return program.getObjectiveValue();
    if (status === modelStatus.infeasible && isInteger) {
      // The linear program is feasible, and so are the true answers: figures with many digits were too precise for
      // HiGHS.
      stopped.add(entry);
      return nothing;
    }
    if (status === modelStatus.infeasible)
      throw new Error('disclosure audit: what is shown contradicts itself in the auditor’s model');
    if (status !== modelStatus.unbounded && status !== modelStatus.unboundedOrInfeasible) stopped.add(entry);
    return isInteger ? Number(program.info.get('mip_dual_bound')) : nothing;
  }
}

interface Reduced {
  readonly fixed: ReadonlyMap<number, number>;
  readonly equations: readonly Equation[];
  component(column: number): number;
}

/** Removes unknowns that single equations determine, and finds the connected components. */
function reduce(system: Equations): Reduced {
  const fixed = new Map<number, number>();
  let open = system.equations.filter(({ value, ratios }) => value !== null && !ratios);
  for (let isMoving = true; isMoving;) {
    isMoving = false;
    open = open.filter((equation) => {
      const left = [...equation.terms].filter(([column]) => !fixed.has(column));
      if (left.length === 0) return false;
      if (equation.rounding) return true;
      const rest = restOf(equation, fixed);
      const isSum = left.every(([column, f]) => f.n > 0n && !isNegative(system.signs[column]!));
      if (left.length === 1) fixed.set(left[0]![0], rest / toNumber(left[0]![1]));
      else if (isSum && Math.abs(rest) < 1e-9) for (const [column] of left) fixed.set(column, 0);
      else return true;
      isMoving = true;
      return false;
    });
  }
  const parent = new Int32Array(system.names.length).map((_, i) => i);
  const root = (column: number) => {
    while (parent[column] !== column) column = parent[column] = parent[parent[column]!]!;
    return column;
  };
  for (const { terms } of open) {
    let first = -1;
    for (const column of terms.keys()) {
      if (fixed.has(column)) continue;
      if (first < 0) first = root(column);
      else parent[root(column)] = first;
    }
  }
  return { fixed, equations: open, component: root };
}

function restOf(equation: Equation, fixed: ReadonlyMap<number, number>): number {
  let rest = toNumber(equation.value!);
  for (const [column, factor] of equation.terms) rest -= (fixed.get(column) ?? 0) * toNumber(factor);
  return rest;
}

function createProgram(
  highs: Highs,
  system: Equations,
  reduced: Reduced,
  component: number,
  isInteger: boolean,
) {
  const { variableType } = highs.constants;
  const at = new Map<number, number>();
  const starts = [0];
  const indices: number[] = [];
  const values: number[] = [];
  const lower: number[] = [];
  const upper: number[] = [];
  const index = (column: number) => {
    let i = at.get(column);
    if (i === undefined) at.set(column, (i = at.size));
    return i;
  };
  const row = (coefficients: Iterable<readonly [number, number]>, low: number, high: number) => {
    let constant = 0;
    for (const [column, value] of coefficients) {
      const known = reduced.fixed.get(column);
      if (known !== undefined) constant += known * value;
      else if (value !== 0) {
        indices.push(index(column));
        values.push(value);
      }
    }
    starts.push(indices.length);
    lower.push(low - constant);
    upper.push(high - constant);
  };
  for (const { terms, value, rounding } of reduced.equations) {
    const first = [...terms.keys()].find((column) => !reduced.fixed.has(column));
    if (first === undefined || reduced.component(first) !== component) continue;
    if (!rounding) {
      const right = toNumber(value!);
      row(
        [...terms].map(([column, factor]) => [column, toNumber(factor)] as const),
        right,
        right,
      );
      continue;
    }
    const { half, shift, denominator } = rounding;
    if (denominator === null) {
      const right = toNumber(value!) + shift;
      row(
        [...terms].map(([column, factor]) => [column, toNumber(factor)] as const),
        right - half - FINEST,
        right + half + FINEST,
      );
      continue;
    }
    const figure = (by: number) => {
      const sum = new Map([...terms].map(([column, factor]) => [column, toNumber(factor)]));
      for (const [column, factor] of denominator)
        sum.set(column, (sum.get(column) ?? 0) - by * toNumber(factor));
      return sum;
    };
    row(figure(shift + half), -highs.infinity, FINEST);
    row(figure(shift - half), -FINEST, highs.infinity);
  }
  const columns = [...at.keys()];
  index(component);
  const count = at.size;
  const all = count === columns.length ? columns : [...columns, component];
  const program = highs.createModel({
    numCols: count,
    numRows: lower.length,
    colCost: new Float64Array(count),
    colLower: all.map((column) => (isNegative(system.signs[column]!) ? -highs.infinity : 0)),
    colUpper: all.map(() => highs.infinity),
    ...(isInteger && {
      integrality: all.map((column) =>
        isWhole(system.signs[column]!) ? variableType.integer : variableType.continuous,
      ),
    }),
    rowLower: lower,
    rowUpper: upper,
    matrix: {
      format: 'csr',
      numRows: lower.length,
      numCols: count,
      starts: Int32Array.from(starts),
      indices: Int32Array.from(indices),
      values: Float64Array.from(values),
    },
  });
  program.options.set('output_flag', false);
  // Only costs change from one program to the next, so the last solution stays feasible for primal simplex.
  program.options.set('simplex_strategy', PRIMAL);
  return { program, at };
}
