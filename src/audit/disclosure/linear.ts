/** The linear attack: what the equations determine about the unknowns of a suppressed cell alone. */
import type { Disclosure, Recovered } from './case.ts';
import type { Cell } from './cells.ts';
import { spanWithin, type SparseRow } from './eliminate.ts';
import { presolve, type GivenCell, type GivenRow, type Presolved } from './presolve.ts';
import {
  doubles,
  isZero,
  negate,
  one,
  primeField,
  primes,
  rationals,
  type Field,
  type ReadableField,
} from './rational.ts';
import { isNegative, type Equation, type System, type Terms } from './system.ts';

export interface Found {
  readonly cell: Cell;
  readonly of: Disclosure['of'];
  readonly through: readonly string[];
  readonly values: readonly Recovered[];
}

/** Unknowns that are 0 because a shown sum of counts is 0. */
export function structuralZeros(system: System): ReadonlySet<number> {
  const zeros = new Set<number>();
  for (const { value, terms, rounding } of system.equations) {
    if (value === null || !isZero(value) || rounding) continue;
    const open = [...terms].filter(([column]) => !zeros.has(column));
    const isSum = open.every(([column, factor]) => factor.n > 0n && !isNegative(system.signs[column]!));
    if (isSum) for (const [column] of open) zeros.add(column);
  }
  return zeros;
}

/**
 * Returns the cells with a combination in the row space of everything shown and known, but not in that of prior
 * knowledge alone.
 * With the truth, every figure has all digits: elimination is modulo two primes, and findings are computed again in
 * exact fractions. Without it, figures have their shown digits, and dependent rows are so only up to rounding. Then
 * doubles with a tolerance are used, and figures with few decimals are left to the bounds.
 */
export function attack(
  system: System,
  cells: readonly Cell[],
  zeros: ReadonlySet<number>,
  isExact: boolean,
  traced = 0,
): readonly Found[] {
  const equations = system.equations.filter(({ rounding }) => isExact || !rounding || rounding.half < COARSE);
  const problem: Problem = { names: system.names, equations, zeros };
  let found = cells;
  for (const field of isExact ? primes.slice(0, 2).map(primeField) : [doubles(TOLERANCE)]) {
    if (found.length === 0) return [];
    const dimensions = dimensionsFound(problem, found, field);
    found = found.filter((_, i) => dimensions[i]! > 0);
  }
  if (found.length === 0) return [];
  const explained = isExact
    ? explain(problem, found, rationals)
    : explain(problem, found, doubles(TOLERANCE));
  const field = isExact ? primeField(primes[0]) : doubles(TOLERANCE);
  return explained.map((entry, i): Found => {
    const of = natureOf(problem, entry.cell, field);
    return { ...entry, of, through: i < traced ? minimalEquations(problem, entry.cell, field, of) : [] };
  });
}

/** A minimal set of shown equations from which the same follows. There may be others. */
function minimalEquations(
  problem: Problem,
  cell: Cell,
  field: Field<number>,
  of: Disclosure['of'],
): readonly string[] {
  const known = of === 'respondents' ? [] : numbersOf(problem, cell);
  const follows = (shown: readonly Equation[]) =>
    dimensionsFound({ ...problem, equations: [...prior, ...shown, ...known] }, [cell], field)[0]! > 0;
  const prior = problem.equations.filter(({ source }) => source === 'prior');
  let left = problem.equations.filter(
    ({ source, value }) => source === 'shown' && (of === 'spread' || value !== null),
  );
  // A number of respondents may follow from a standard error.
  if (!follows(left)) left = problem.equations.filter(({ source }) => source === 'shown');
  for (let size = Math.ceil(left.length / 2); ; size = Math.ceil(size / 3)) {
    for (let i = 0; i < left.length;) {
      const rest = [...left.slice(0, i), ...left.slice(i + size)];
      if (follows(rest)) left = rest;
      else i += size;
    }
    if (size === 1) return left.map(({ name }) => name);
  }
}

/** The numbers of respondents of a cell, as if they were known. */
function numbersOf({ names }: Problem, cell: Cell): readonly Equation[] {
  return [...cell.columns]
    .filter((column) => isNumber(names[column]!))
    .map((column) => ({
      name: 'respondents',
      source: 'prior',
      terms: new Map([[column, one]]),
      value: null,
    }));
}

function isNumber(name: string): boolean {
  return /^(n|t|g|again) /.test(name);
}

/** What kind of finding it is: does it also follow without standard errors, with the number of respondents known? */
function natureOf(problem: Problem, cell: Cell, field: Field<number>): Disclosure['of'] {
  const known = numbersOf(problem, cell);
  const { equations, names } = problem;
  const follows = (chosen: readonly Equation[]) =>
    dimensionsFound({ ...problem, equations: [...chosen, ...known] }, [cell], field)[0]! > 0;
  const exact = equations.filter(({ source, value }) => source === 'prior' || value !== null);
  if ([...cell.columns].every((column) => isNumber(names[column]!))) return 'respondents';
  if (follows(exact)) return 'answers';
  return follows(equations) ? 'spread' : 'respondents';
}

const COARSE = 1e-6;
const TOLERANCE = 1e-7;

interface Problem {
  readonly names: readonly string[];
  readonly equations: readonly Equation[];
  readonly zeros: ReadonlySet<number>;
}

/** Scaled so that the largest coefficient is 1. */
function rowOf<T>(terms: Terms, zeros: ReadonlySet<number>, field: Field<T>): SparseRow<T> {
  const columns = [...terms.keys()].filter((column) => !zeros.has(column));
  const factors = columns.map((column) => field.of(terms.get(column)!));
  const largest = factors.reduce<T | null>(
    (most, factor) => (most === null || field.size(factor) > field.size(most) ? factor : most),
    null,
  );
  if (largest === null || field.isZero(largest)) return { columns: [], values: [] };
  return { columns, values: factors.map((factor) => field.divide(factor, largest)) };
}

/** By cell: the number of dimensions determined beyond prior knowledge. */
function dimensionsFound(
  { names, equations, zeros }: Problem,
  cells: readonly Cell[],
  field: Field<number>,
): readonly number[] {
  const count = names.length;
  const valuesOf = (terms: Terms) => {
    const { columns, values } = rowOf(terms, zeros, field);
    return new Map(columns.map((column, i) => [column, values[i]!]));
  };
  const given = equations.map(({ terms, source, isSum }) => ({
    terms: valuesOf(terms),
    isPrior: source === 'prior',
    isSum: isSum === true,
  }));
  const asked = cells.map(({ columns, knownSums }) => ({
    columns: new Set([...columns].filter((column) => !zeros.has(column))),
    knownSums: knownSums.map(valuesOf),
  }));
  const { rows, cells: own } = field.isExact
    ? presolve(field, given, asked, (column) => names[column]!.split(' ', 2).join(' '))
    : unchanged(given, asked);
  const keep = new Set<number>();
  for (const { columns, knownSums } of own) {
    for (const column of columns) keep.add(column);
    for (const sum of knownSums) for (const column of sum.columns) keep.add(column);
  }
  const within = (chosen: readonly SparseRow<number>[]) =>
    spanWithin(field, chosen, count, (column) => keep.has(column)).kept;
  const all = within(rows);
  const prior = within(rows.filter((row) => row.isPrior));
  return own.map(({ columns, knownSums }) => {
    const isOwn = (column: number) => columns.has(column);
    const shown = spanWithin(field, all, count, isOwn).kept.length;
    if (shown === 0) return 0;
    return shown - spanWithin(field, [...prior, ...knownSums], count, isOwn).kept.length;
  });
}

function unchanged(given: readonly GivenRow[], asked: readonly GivenCell[]): Presolved {
  const sparse = (terms: ReadonlyMap<number, number>) => ({
    columns: [...terms.keys()],
    values: [...terms.values()],
  });
  return {
    rows: given.map(({ terms, isPrior }) => ({ ...sparse(terms), isPrior })),
    cells: asked.map(({ columns, knownSums }) => ({ columns, knownSums: knownSums.map(sparse) })),
  };
}

/** Also computes values: every equation contains the constant as one more unknown. */
function explain<T>(
  { names: columnNames, equations, zeros }: Problem,
  cells: readonly Cell[],
  field: ReadableField<T>,
): readonly Omit<Found, 'of' | 'through'>[] {
  const constant = columnNames.length;
  // For values that an attacker is assumed to know, but that nothing shown states: one unknown constant each.
  let extra = constant + 1;
  const rows = equations.map(({ terms, value }): SparseRow<T> => {
    const { columns, values } = rowOf(terms, zeros, field);
    if (columns.length === 0) return { columns, values };
    const at = value === null ? extra++ : constant;
    if (value !== null && isZero(value)) return { columns, values };
    // On the same scale as the row.
    const scale = field.divide(field.of(terms.get(columns[0]!)!), values[0]!);
    const right = value === null ? field.one : field.divide(field.of(negate(value)), scale);
    return { columns: [...columns, at], values: [...values, right] };
  });
  const keep = new Set(
    cells.flatMap((cell) => [...cell.columns, ...cell.knownSums.flatMap((terms) => [...terms.keys()])]),
  );
  const within = (from: readonly SparseRow<T>[], inside: (column: number) => boolean) =>
    spanWithin(field, from, extra, (column) => column >= constant || inside(column)).kept;
  const select = (choose: (equation: Equation) => boolean) =>
    within(
      rows.filter((_, i) => choose(equations[i]!)),
      (column) => keep.has(column),
    );
  const all = select(() => true);
  // Separately, because an unknown constant in a basis would hide what the other equations give.
  const valued = select(({ value }) => value !== null);
  const prior = select(({ source }) => source === 'prior');
  const algebra = createAlgebra(field, constant);
  return cells.map((cell) => {
    const own = (column: number) => cell.columns.has(column);
    const basis = algebra.reduceFully(within(valued, own));
    const knownSums = cell.knownSums.map((terms) => rowOf(terms, zeros, field));
    const known = algebra.reduceFully(within([...prior, ...knownSums], own));
    const vectorOf = (terms: Terms): Vector<T> =>
      new Map(
        [...terms].filter(([column]) => !zeros.has(column)).map(([column, f]) => [column, field.of(f)]),
      );
    const values: Recovered[] = [];
    for (const { name, y, c } of cell.figures) {
      const value = algebra.quotient(vectorOf(y), vectorOf(c), basis);
      if (value !== null) values.push({ what: name, value: field.toNumber(value) });
    }
    for (const { name, terms } of cell.counts) {
      const vector = vectorOf(terms);
      if (vector.size === 0) continue;
      const rest = algebra.remainder(vector, basis);
      if ([...rest.keys()].some((column) => column !== constant)) continue;
      values.push({ what: name, value: field.toNumber(rest.get(constant) ?? field.zero) });
    }
    if (values.length > 0) return { cell, values };
    const first = [...basis, ...algebra.reduceFully(within(all, own))]
      .map(({ vector }) => algebra.remainder(vector, known))
      .find((vector) => [...vector.keys()].some((column) => column < constant));
    const names = [...(first?.keys() ?? [])].filter((c) => c < constant).map((c) => columnNames[c]!);
    const what = `combination of ${names.slice(0, 4).join(', ')}${names.length > 4 ? ' …' : ''}`;
    const hasValue = first && [...first.keys()].every((column) => column <= constant);
    const value = hasValue ? -field.toNumber(first.get(constant) ?? field.zero) : null;
    return { cell, values: [{ what, value }] };
  });
}

type Vector<T> = ReadonlyMap<number, T>;
interface BasisRow<T> {
  /** Its coefficient is 1 here and 0 in all other rows. */
  readonly lead: number;
  readonly vector: Map<number, T>;
}

/** `constant`: columns from this one on are constants and never pivots. */
function createAlgebra<T>(field: Field<T>, constant: number) {
  const subtractFrom = (vector: Map<number, T>, other: Vector<T>, factor: T | undefined): void => {
    if (factor === undefined || field.isZero(factor)) return;
    for (const [column, value] of other) {
      const rest = field.subtractProduct(vector.get(column) ?? field.zero, factor, value);
      if (field.isZero(rest)) vector.delete(column);
      else vector.set(column, rest);
    }
  };
  /** The remainder of a sum after reduction by the basis. */
  const remainder = (of: Vector<T>, basis: readonly BasisRow<T>[]): Map<number, T> => {
    const rest = new Map(of);
    for (const { lead, vector } of basis) subtractFrom(rest, vector, rest.get(lead));
    return rest;
  };
  return {
    remainder,
    /** Reduced row echelon form. */
    reduceFully: (rows: readonly SparseRow<T>[]): readonly BasisRow<T>[] => {
      const basis: BasisRow<T>[] = [];
      for (const row of rows) {
        const vector = remainder(new Map(row.columns.map((column, i) => [column, row.values[i]!])), basis);
        const lead = [...vector]
          .filter(([column]) => column < constant)
          .reduce<readonly [number, T] | null>(
            (best, entry) => (best === null || field.size(entry[1]) > field.size(best[1]) ? entry : best),
            null,
          );
        if (lead === null) continue;
        const [column, scale] = lead;
        for (const [at, value] of vector) vector.set(at, field.divide(value, scale));
        for (const other of basis) subtractFrom(other.vector, vector, other.vector.get(column));
        basis.push({ lead: column, vector });
      }
      return basis;
    },
    /** y ⁄ c if both are determined, or at least their ratio; otherwise null. */
    quotient: (y: Vector<T>, c: Vector<T>, basis: readonly BasisRow<T>[]): T | null => {
      const [above, below] = [remainder(y, basis), remainder(c, basis)];
      if (below.size === 0) return null;
      const [column, value] = [...below].find(([at]) => at < constant) ?? [...below][0]!;
      const quotient = field.divide(above.get(column) ?? field.zero, value);
      subtractFrom(above, below, quotient);
      return above.size === 0 ? quotient : null;
    },
  };
}
