/**
 * Reduces the system of the linear attack without changing its result: by how many dimensions a cell is determined
 * beyond prior knowledge. Let V be the row space of all equations, P ⊆ V that of the prior ones, and C the columns of
 * a cell. The result is dim(V ∩ C) − dim(P ∩ C), where V ∩ C are the rows of V without any column outside C.
 *
 * 1. *Known columns.* A prior equation has a single column k. Remove k from all rows. If k is in C, both dimensions
 *    fall by one; otherwise neither changes.
 * 2. *Substitution.* A prior equation E eliminates one of its columns, j, from all other rows; then E and j are left
 *    out. If j is not in C, nothing changes. If it is, require that at most one column n of E lies outside C, and let
 *    C′ be C with all columns of E. Every row within C′ differs from one within C by the multiple of E that removes
 *    n. So dim(V ∩ C′) = dim(V ∩ C) + 1, and likewise for P. Leaving out E and j lowers both by one. C′ without j
 *    replaces C. (Respondents of a stratum are the sum of an item's options, so one option of each item is left out.)
 * 3. *Dependent columns.* A column may be the same combination of other columns in every row, all in the same cells.
 *    It is 0 where they are and adds nothing to a rank, so it is left out. (Figures use sums without weights, with
 *    weights and with squared weights, so three of a school's many strata remain.)
 */
import type { SparseRow } from './eliminate.ts';
import type { Field } from './rational.ts';

type Row = Map<number, number>;

export interface GivenRow {
  readonly terms: ReadonlyMap<number, number>;
  readonly isPrior: boolean;
  /** Its first column may be expressed by the others. No two such rows share it. */
  readonly isSum: boolean;
}

export interface GivenCell {
  readonly columns: ReadonlySet<number>;
  /** Combinations that are known, too. */
  readonly knownSums: readonly ReadonlyMap<number, number>[];
}

export interface Presolved {
  readonly rows: readonly (SparseRow<number> & { readonly isPrior: boolean })[];
  readonly cells: readonly {
    readonly columns: ReadonlySet<number>;
    readonly knownSums: readonly SparseRow<number>[];
  }[];
}

/** `placeOf`: columns of different places are not compared. For exact fields only. */
export function presolve(
  field: Field<number>,
  given: readonly GivenRow[],
  asked: readonly GivenCell[],
  placeOf: (column: number) => string,
): Presolved {
  const known = knownColumns(given);
  const free = (terms: ReadonlyMap<number, number>): Row =>
    new Map([...terms].filter(([column, value]) => !known.has(column) && !field.isZero(value)));
  const cells = asked.map(({ columns, knownSums }) => ({
    columns: new Set([...columns].filter((column) => !known.has(column))),
    knownSums: knownSums.map(free),
  }));
  const rows = given
    .map(({ terms, isPrior, isSum }) => ({ row: free(terms), isPrior, isSum }))
    .filter(({ row }) => row.size > 0);

  const membership = new Map<number, number[]>();
  cells.forEach(({ columns }, i) => {
    for (const column of columns) {
      const list = membership.get(column);
      if (list) list.push(i);
      else membership.set(column, [i]);
    }
  });
  const pivots = new Map<number, Row>();
  const left = rows.filter(({ row, isSum }) => {
    const [pivot] = row.keys();
    if (!isSum || row.size < 2 || pivots.has(pivot!)) return true;
    const own = (membership.get(pivot!) ?? []).map((i) => cells[i]!.columns);
    const columns = [...row.keys()];
    if (own.some((cell) => columns.filter((column) => !cell.has(column)).length > 1)) return true;
    pivots.set(pivot!, row);
    for (const cell of own) {
      for (const column of columns) cell.add(column);
      cell.delete(pivot!);
    }
    return false;
  });
  for (const row of [...left.map((own) => own.row), ...cells.flatMap(({ knownSums }) => knownSums)])
    substitute(field, row, pivots);
  const kept = independentColumns(field, left, cells, placeOf);
  const sparse = (row: Row): SparseRow<number> => {
    const columns = [...row.keys()].filter((column) => kept.has(column));
    return { columns, values: columns.map((column) => row.get(column)!) };
  };
  return {
    rows: left.map(({ row, isPrior }) => ({ ...sparse(row), isPrior })),
    cells: cells.map(({ columns, knownSums }) => ({
      columns: new Set([...columns].filter((column) => kept.has(column))),
      knownSums: knownSums.map(sparse),
    })),
  };
}

function knownColumns(given: readonly GivenRow[]): ReadonlySet<number> {
  const known = new Set<number>();
  for (let isMoving = true; isMoving;) {
    isMoving = false;
    for (const { terms, isPrior } of given) {
      if (!isPrior) continue;
      const open = [...terms.keys()].filter((column) => !known.has(column));
      if (open.length !== 1) continue;
      known.add(open[0]!);
      isMoving = true;
    }
  }
  return known;
}

function substitute(field: Field<number>, row: Row, pivots: ReadonlyMap<number, Row>): void {
  for (const [column, value] of [...row]) {
    const sum = pivots.get(column);
    if (!sum) continue;
    const factor = field.divide(value, sum.get(column)!);
    for (const [other, own] of sum) {
      const rest = field.subtractProduct(row.get(other) ?? field.zero, factor, own);
      if (field.isZero(rest)) row.delete(other);
      else row.set(other, rest);
    }
  }
}

/** The columns without those that depend on others of the same place and cells. */
function independentColumns(
  field: Field<number>,
  rows: readonly { readonly row: Row }[],
  cells: readonly { readonly columns: ReadonlySet<number>; readonly knownSums: readonly Row[] }[],
  placeOf: (column: number) => string,
): ReadonlySet<number> {
  const entries = new Map<number, Row>();
  const enter = (row: Row, at: number) => {
    for (const [column, value] of row) {
      let own = entries.get(column);
      if (!own) entries.set(column, (own = new Map<number, number>()));
      own.set(at, value);
    }
  };
  rows.forEach(({ row }, at) => {
    enter(row, at);
  });
  cells
    .flatMap(({ knownSums }) => knownSums)
    .forEach((row, i) => {
      enter(row, rows.length + i);
    });
  const signs = new Map<number, string>();
  cells.forEach(({ columns }, i) => {
    for (const column of columns) signs.set(column, `${signs.get(column) ?? ''} ${i}`);
  });
  const blocks = new Map<string, number[]>();
  for (const column of entries.keys()) {
    const key = `${placeOf(column)}|${signs.get(column) ?? ''}`;
    const block = blocks.get(key);
    if (block) block.push(column);
    else blocks.set(key, [column]);
  }
  const kept = new Set<number>();
  for (const block of blocks.values()) {
    // By leading row.
    const basis = new Map<number, Row>();
    for (const column of block) {
      const rest = new Map(entries.get(column));
      if (addToBasis(field, rest, basis)) kept.add(column);
    }
  }
  return kept;
}

/** Reduces a column by the basis. If a remainder is left, adds it and returns true. */
function addToBasis(field: Field<number>, rest: Row, basis: Map<number, Row>): boolean {
  // Every member is 0 at the leads of all previous ones, so one pass in their order clears them all.
  for (const [lead, own] of basis) {
    const value = rest.get(lead);
    if (value === undefined) continue;
    for (const [at, other] of own) {
      const left = field.subtractProduct(rest.get(at) ?? field.zero, value, other);
      if (field.isZero(left)) rest.delete(at);
      else rest.set(at, left);
    }
  }
  const first = rest.entries().next();
  if (first.done) return false;
  const [lead, scale] = first.value;
  for (const [at, value] of rest) rest.set(at, field.divide(value, scale));
  basis.set(lead, rest);
  return true;
}
