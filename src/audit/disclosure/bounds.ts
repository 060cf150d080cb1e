/**
 * Bounds: the least and the most that a protected count can be, given all that is shown, in whole people. Figures count within the rounding that they are shown with.
 * Solved by HiGHS (Q. Huangfu, J. A. J. Hall, Mathematical Programming Computation 10 (2018) 119–142), first as a linear program, the narrowest then in integers.
 */
import loader, { type Highs, type InitOptions, type ObjectiveSense } from 'highs';
import { toNumber } from './rational.ts';
import { isNegative, isWhole, type Equation, type System, type Terms } from './system.ts';

export interface Target {
  readonly cell: string;
  readonly count: string;
  readonly terms: Terms;
}

export interface Bounded extends Target {
  readonly low: number;
  readonly high: number;
}

export interface BoundsOptions {
  /** So many of the narrowest are computed in integers. */
  readonly integers: number;
  /** Most nodes of one integer program; what it has proved by then counts. No time limit: the same on every machine. */
  readonly nodes: number;
}

type Program = ReturnType<Highs['createModel']>;
// Its types describe the CommonJS build, where the loader is a property; imported as a module it is the default export.
const loadHighs = loader as unknown as (options?: InitOptions) => Promise<Highs>;
let loaded: Promise<Highs> | undefined;

/** Below what HiGHS can tell from 0. */
const FINEST = 1e-5;

export async function boundCounts(
  system: System,
  targets: readonly Target[],
  { integers, nodes }: BoundsOptions,
): Promise<readonly Bounded[]> {
  if (targets.length === 0) return [];
  loaded ??= loadHighs();
  const highs = await loaded;
  const reduced = reduce(system);
  const found: { readonly target: Target; low: number; high: number }[] = [];
  const programs = new Map<string, { readonly program: Program; readonly at: ReadonlyMap<number, number> }>();
  const programOf = (component: number, isInteger: boolean) => {
    const key = `${component} ${isInteger}`;
    let own = programs.get(key);
    if (!own) programs.set(key, (own = createProgram(highs, system, reduced, component, isInteger)));
    return own;
  };
  try {
    for (const target of targets) found.push({ target, ...solve(target, false) });
    const byWidth = [...found].sort((a, b) => a.high - a.low - (b.high - b.low));
    for (const entry of byWidth.slice(0, integers))
      if (entry.high > entry.low) Object.assign(entry, solve(entry.target, true));
  } finally {
    for (const { program } of programs.values()) program.dispose();
  }
  return found.map(({ target, low, high }) => ({ ...target, low, high }));

  function solve(target: Target, isInteger: boolean): { readonly low: number; readonly high: number } {
    let fixed = 0;
    const open = new Map<number, number>();
    const components = new Set<number>();
    for (const [column, factor] of target.terms) {
      const value = reduced.fixed.get(column);
      if (value !== undefined) fixed += value * toNumber(factor);
      else {
        open.set(column, toNumber(factor));
        components.add(reduced.component(column));
      }
    }
    if (open.size === 0) return { low: fixed, high: fixed };
    let [low, high] = [fixed, fixed];
    for (const component of components) {
      const { program, at } = programOf(component, isInteger);
      const columns = [...open].filter(([column]) => reduced.component(column) === component);
      for (const [column, factor] of columns) program.changeColCost(at.get(column)!, factor);
      low += optimum(program, highs.constants.objectiveSense.minimize, isInteger);
      high += optimum(program, highs.constants.objectiveSense.maximize, isInteger);
      for (const [column] of columns) program.changeColCost(at.get(column)!, 0);
    }
    // Counts are whole, whatever the relaxation says.
    return { low: Math.ceil(low - 1e-4) + 0, high: Math.floor(high + 1e-4) + 0 };
  }

  function optimum(program: Program, sense: ObjectiveSense, isInteger: boolean): number {
    const isMinimum = sense === highs.constants.objectiveSense.minimize;
    program.changeObjectiveSense(sense);
    program.options.set('mip_max_nodes', nodes);
    program.run();
    const status = program.getModelStatus();
    const { modelStatus } = highs.constants;
    if (status === modelStatus.optimal) return program.getObjectiveValue();
    if (status === modelStatus.infeasible)
      throw new Error('disclosure audit: what is shown contradicts itself in the auditor’s model');
    if (isInteger) return Number(program.info.get('mip_dual_bound'));
    return isMinimum ? -Infinity : Infinity;
  }
}

interface Reduced {
  readonly fixed: ReadonlyMap<number, number>;
  readonly equations: readonly Equation[];
  component(column: number): number;
}

/** Takes out what single equations give at once, and finds what hangs together. */
function reduce(system: System): Reduced {
  const fixed = new Map<number, number>();
  let open = system.equations.filter((equation) => equation.value !== null);
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
  system: System,
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
  return { program, at };
}
