/** The linear attack: what of a suppressed cell's unknowns the equations determine alone. */
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

/** Unknowns that are 0 because a shown sum of counts is. */
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
 * Cells of which a combination is in the row space of what is shown and known, and not of what is known alone. With the truth every figure is known to the last digit:
 * modulo two primes, and what is found once more in exact fractions with its value. Without it figures are as they are written, and dependent rows are so only up to
 * rounding: in doubles, with a tolerance, and without figures of few digits, whose use the bounds show.
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
    return { ...entry, of, through: i < traced ? leastEquations(problem, entry.cell, field, of) : [] };
  });
}

/** A set of shown equations of which none may be missing, or the same would not come out. There may be others. */
function leastEquations(
  problem: Problem,
  cell: Cell,
  field: Field<number>,
  of: Disclosure['of'],
): readonly string[] {
  const known = of === 'respondents' ? [] : numbersOf(problem, cell);
  const comesOut = (shown: readonly Equation[]) =>
    dimensionsFound({ ...problem, equations: [...prior, ...shown, ...known] }, [cell], field)[0]! > 0;
  const prior = problem.equations.filter(({ source }) => source === 'prior');
  let left = problem.equations.filter(
    ({ source, value }) => source === 'shown' && (of === 'spread' || value !== null),
  );
  // A number of respondents may hang on a standard error.
  if (!comesOut(left)) left = problem.equations.filter(({ source }) => source === 'shown');
  for (let size = Math.ceil(left.length / 2); ; size = Math.ceil(size / 3)) {
    for (let i = 0; i < left.length;) {
      const rest = [...left.slice(0, i), ...left.slice(i + size)];
      if (comesOut(rest)) left = rest;
      else i += size;
    }
    if (size === 1) return left.map(({ name }) => name);
  }
}

/** A cell's numbers of respondents, as if they were known. */
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

/** What came out of a cell: would it, without standard errors, if its number of respondents were known? */
function natureOf(problem: Problem, cell: Cell, field: Field<number>): Disclosure['of'] {
  const known = numbersOf(problem, cell);
  const { equations, names } = problem;
  const comesOut = (chosen: readonly Equation[]) =>
    dimensionsFound({ ...problem, equations: [...chosen, ...known] }, [cell], field)[0]! > 0;
  const exact = equations.filter(({ source, value }) => source === 'prior' || value !== null);
  if ([...cell.columns].every((column) => isNumber(names[column]!))) return 'respondents';
  if (comesOut(exact)) return 'answers';
  return comesOut(equations) ? 'spread' : 'respondents';
}

const COARSE = 1e-6;
const TOLERANCE = 1e-7;

interface Problem {
  readonly names: readonly string[];
  readonly equations: readonly Equation[];
  readonly zeros: ReadonlySet<number>;
}

/** Scaled, so that its largest coefficient is 1. */
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

/** By cell, how many dimensions more come out of it than are known beforehand. */
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
  const asked = cells.map(({ columns, holders }) => ({
    columns: new Set([...columns].filter((column) => !zeros.has(column))),
    holders: holders.map(valuesOf),
  }));
  const { rows, cells: own } = field.isExact
    ? presolve(field, given, asked, (column) => names[column]!.split(' ', 2).join(' '))
    : unchanged(given, asked);
  const keep = new Set<number>();
  for (const { columns, holders } of own) {
    for (const column of columns) keep.add(column);
    for (const holder of holders) for (const column of holder.columns) keep.add(column);
  }
  const within = (chosen: readonly SparseRow<number>[]) =>
    spanWithin(field, chosen, count, (column) => keep.has(column)).kept;
  const all = within(rows);
  const prior = within(rows.filter((row) => row.isPrior));
  return own.map(({ columns, holders }) => {
    const isOwn = (column: number) => columns.has(column);
    const shown = spanWithin(field, all, count, isOwn).kept.length;
    if (shown === 0) return 0;
    return shown - spanWithin(field, [...prior, ...holders], count, isOwn).kept.length;
  });
}

function unchanged(given: readonly GivenRow[], asked: readonly GivenCell[]): Presolved {
  const sparse = (terms: ReadonlyMap<number, number>) => ({
    columns: [...terms.keys()],
    values: [...terms.values()],
  });
  return {
    rows: given.map(({ terms, isPrior }) => ({ ...sparse(terms), isPrior })),
    cells: asked.map(({ columns, holders }) => ({ columns, holders: holders.map(sparse) })),
  };
}

/** With values: every equation also holds the constant, as one more unknown. */
function explain<T>(
  { names: columnNames, equations, zeros }: Problem,
  cells: readonly Cell[],
  field: ReadableField<T>,
): readonly Omit<Found, 'of' | 'through'>[] {
  const constant = columnNames.length;
  // Values that an attacker is taken to know and that nothing shown says: an unknown constant each.
  let extra = constant + 1;
  const rows = equations.map(({ terms, value }): SparseRow<T> => {
    const { columns, values } = rowOf(terms, zeros, field);
    if (columns.length === 0) return { columns, values };
    const at = value === null ? extra++ : constant;
    if (value !== null && isZero(value)) return { columns, values };
    // By the same scale as the row.
    const scale = field.divide(field.of(terms.get(columns[0]!)!), values[0]!);
    const right = value === null ? field.one : field.divide(field.of(negate(value)), scale);
    return { columns: [...columns, at], values: [...values, right] };
  });
  const keep = new Set(
    cells.flatMap((cell) => [...cell.columns, ...cell.holders.flatMap((terms) => [...terms.keys()])]),
  );
  const within = (from: readonly SparseRow<T>[], inside: (column: number) => boolean) =>
    spanWithin(field, from, extra, (column) => column >= constant || inside(column)).kept;
  const select = (choose: (equation: Equation) => boolean) =>
    within(
      rows.filter((_, i) => choose(equations[i]!)),
      (column) => keep.has(column),
    );
  const all = select(() => true);
  // Apart: an unknown constant in a basis hides what the other equations give.
  const valued = select(({ value }) => value !== null);
  const prior = select(({ source }) => source === 'prior');
  const algebra = createAlgebra(field, constant);
  return cells.map((cell) => {
    const own = (column: number) => cell.columns.has(column);
    const basis = algebra.reduceFully(within(valued, own));
    const holders = cell.holders.map((terms) => rowOf(terms, zeros, field));
    const known = algebra.reduceFully(within([...prior, ...holders], own));
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
  /** Its coefficient is 1 here, and 0 in all other rows. */
  readonly lead: number;
  readonly vector: Map<number, T>;
}

/** `constant`: from this column on, columns are constants and never lead. */
function createAlgebra<T>(field: Field<T>, constant: number) {
  const subtractFrom = (vector: Map<number, T>, other: Vector<T>, factor: T | undefined): void => {
    if (factor === undefined || field.isZero(factor)) return;
    for (const [column, value] of other) {
      const rest = field.subtractProduct(vector.get(column) ?? field.zero, factor, value);
      if (field.isZero(rest)) vector.delete(column);
      else vector.set(column, rest);
    }
  };
  /** What is left of a sum once the basis has been taken out of it. */
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
    /** y ⁄ c, where both come out, or where only their ratio does; null otherwise. */
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
