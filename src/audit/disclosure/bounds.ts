/**
 * Bounds: the least and the most that a protected count can be, given all that is shown, in whole people. Figures count within the rounding that they are shown with.
 * Solved by HiGHS (Q. Huangfu, J. A. J. Hall, Mathematical Programming Computation 10 (2018) 119–142), first as a linear program, which is cheap; in integers only what has no
 * second value (second-value.ts) and is narrower than a stated width.
 */
import type { Highs, ObjectiveSense } from 'highs';
import { loadHighs } from './highs.ts';
import { toNumber } from './rational.ts';
import { isNegative, isWhole, type Equation, type System, type Terms } from './system.ts';

export interface Target {
  readonly cell: string;
  readonly count: string;
  readonly terms: Terms;
  /** Another number than the true one that it can be: other answers give every number that is shown. null: none found, or not looked for. */
  readonly second: number | null;
}

export interface Bounded extends Target {
  readonly low: number;
  readonly high: number;
}

export interface BoundsOptions {
  /** Counts whose interval by linear programs is narrower (most less least) are computed in integers, the narrowest first. */
  readonly width: number;
  /** Of so many at most. */
  readonly integers: number;
  /** Most nodes of one integer program, and most seconds for those of one count. What they have proved by then counts. */
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

/** How the bounds were computed, and how far. */
export interface BoundsReach {
  readonly width: number;
  readonly seconds: number;
  /** Counts whose linear programs ended: the others have no bounds. */
  readonly linear: number;
  /** Counts that were computed in integers. */
  readonly inIntegers: number;
  /** Counts of which a limit stopped a program: their bounds hold, but may not be the narrowest. */
  readonly stopped: number;
  /** Counts narrower than the width that were not computed in integers, because `integers` were. */
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
  /** Seconds. */
  left: number;
}

/** A county's linear program takes a tenth of a second, the first one some seconds. */
const LINEAR_SECONDS = 120;
/** HiGHS's strategies of simplex. */
const DUAL = 1;
const PRIMAL = 4;

type Equations = Pick<System, 'names' | 'signs' | 'equations'>;

type Writable<T> = { -readonly [key in keyof T]: T[key] };
type Program = ReturnType<Highs['createModel']>;

/** Below what HiGHS can tell from 0. */
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
    // One that has no end is computed, too: anything can be.
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
    // Counts are whole, whatever the relaxation says; a program that was stopped takes nothing back.
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
    // The least must not take all of the time from the most.
    const integerSeconds = sense === minimize ? entry.left / 2 : entry.left;
    program.options.set('time_limit', isInteger ? integerSeconds : LINEAR_SECONDS);
    program.zeroAllClocks();
    program.run();
    if (isInteger) entry.left -= program.getRunTime();
    const { modelStatus } = highs.constants;
    if (!isInteger && program.getModelStatus() === modelStatus.unknown) {
      // Rounding errors have added up from program to program: once more from the beginning.
      program.clearSolver();
      program.options.set('simplex_strategy', DUAL);
      program.run();
      program.options.set('simplex_strategy', PRIMAL);
    }
    const status = program.getModelStatus();
    if (status === modelStatus.optimal) return program.getObjectiveValue();
    if (status === modelStatus.infeasible && isInteger) {
      // Its linear program is feasible, and so are the answers themselves: figures of many digits were too fine for it.
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

/** Takes out what single equations give at once, and finds what hangs together. */
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
  // From one program to the next only costs change: the last solution stays feasible, and primal simplex goes on from it.
  program.options.set('simplex_strategy', PRIMAL);
  return { program, at };
}
