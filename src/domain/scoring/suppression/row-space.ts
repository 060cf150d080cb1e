/**
 * What somebody knows who has read some figures: each is a linear equation in unknown counts, and all that follows from them is the space
 * that their rows span. Kept in reduced row echelon form, by which it is cheap to ask whether anything follows about a given set of unknowns
 * alone. Method: Langsrud, "Secondary cell suppression by Gaussian elimination", 2024 (R: GaussSuppression).
 */
import { inverse, multiply, subtract } from './field.ts';

/** Coefficients modulo the prime by column; none is 0. */
export type Row = Map<number, number>;

/** A set of columns of which nothing may follow. */
export interface ProtectedSet {
  readonly columns: ReadonlySet<number>;
}

export class RowSpace {
  /** By pivot column, whose coefficient is 1 and which no other row has. */
  private readonly rows = new Map<number, Row>();
  /** Column → pivots of the rows that have it. */
  private readonly holders = new Map<number, Set<number>>();
  /** Columns that are known. Rows may still have them: whoever reads a row passes over them. */
  private readonly known = new Set<number>();
  private readonly sets: ProtectedSet[] = [];
  private readonly setsOf = new Map<number, ProtectedSet[]>();
  /** Rows as they were before the trial, by pivot; null: there was none. */
  private before: Map<number, Row | null> | null = null;
  private learnt: number[] = [];
  /** Pivots of rows that changed, or lost a column that became known. */
  private touched = new Set<number>();

  /** `preference`: of the columns of a row, the one with the highest becomes its pivot. Columns that are never to be known should have the lowest. */
  constructor(private readonly preference: (column: number) => number) {}

  protect(columns: Iterable<number>): ProtectedSet {
    const set = { columns: new Set(columns) };
    this.sets.push(set);
    for (const column of set.columns) {
      const list = this.setsOf.get(column);
      if (list) list.push(set);
      else this.setsOf.set(column, [set]);
    }
    return set;
  }

  /**
   * Adds rows and takes columns as known, unless something would follow about a protected set alone, or `forbids` objects: then nothing changes.
   * Tells whether it was done.
   */
  tryToShow(rows: readonly Row[], columns: readonly number[] = [], forbids?: () => boolean): boolean {
    this.before = new Map();
    this.learnt = [];
    this.touched = new Set();
    for (const column of columns) this.learn(column);
    for (const row of rows) this.add(row);
    const isExposed = this.isAnySetExposed() || (forbids?.() ?? false);
    if (isExposed) this.undo();
    this.before = null;
    return !isExposed;
  }

  /** Adds what is shown in any case. */
  show(rows: readonly Row[]): void {
    for (const row of rows) this.add(row);
  }

  /** Does any combination of the rows have coefficients on these columns alone? */
  exposes(columns: ReadonlySet<number>): boolean {
    const outside: Row[] = [];
    for (const column of columns) {
      const row = this.rows.get(column);
      if (!row) continue;
      const rest: Row = new Map();
      for (const [other, value] of row)
        if (!columns.has(other) && !this.known.has(other)) rest.set(other, value);
      if (rest.size === 0) return true;
      outside.push(rest);
    }
    return !areIndependent(outside);
  }

  /** Only sets that hold the pivot of a changed row can have been exposed by the change. */
  private isAnySetExposed(): boolean {
    const changed = new Set<ProtectedSet>();
    for (const pivot of this.touched) for (const set of this.setsOf.get(pivot) ?? []) changed.add(set);
    for (const set of changed) if (this.exposes(set.columns)) return true;
    return false;
  }

  private add(given: Row): void {
    const row: Row = new Map();
    for (const [column, value] of given) if (!this.known.has(column)) addTo(row, column, value);
    for (const column of given.keys()) {
      const own = this.rows.get(column);
      const factor = own && row.get(column);
      if (factor !== undefined)
        for (const [other, value] of own!) addTo(row, other, subtract(0, multiply(factor, value)));
    }
    this.insert(row);
  }

  /** `row` has no pivot of another row. */
  private insert(row: Row): void {
    let pivot = -1;
    let best = -Infinity;
    for (const column of [...row.keys()]) {
      if (this.known.has(column)) {
        row.delete(column);
        continue;
      }
      const preference = this.preference(column);
      if (preference > best) {
        best = preference;
        pivot = column;
      }
    }
    if (pivot < 0) return;
    const lead = row.get(pivot)!;
    if (lead !== 1) {
      const factor = inverse(lead);
      for (const [column, value] of row) row.set(column, multiply(value, factor));
    }
    for (const holder of [...(this.holders.get(pivot) ?? [])]) {
      this.remember(holder);
      const other = this.rows.get(holder)!;
      const factor = other.get(pivot)!;
      for (const [column, value] of row) {
        addTo(other, column, subtract(0, multiply(factor, value)));
        this.hold(column, holder, other.has(column));
      }
    }
    this.remember(pivot);
    this.rows.set(pivot, row);
    for (const column of row.keys()) this.hold(column, pivot, true);
  }

  private learn(column: number): void {
    if (this.known.has(column)) return;
    this.known.add(column);
    this.learnt.push(column);
    const own = this.rows.get(column);
    if (own) {
      this.remember(column);
      this.rows.delete(column);
      for (const other of own.keys()) this.hold(other, column, false);
      this.insert(new Map(own));
      return;
    }
    for (const holder of this.holders.get(column) ?? []) this.touched.add(holder);
  }

  private hold(column: number, pivot: number, isHeld: boolean): void {
    const list = this.holders.get(column);
    if (!isHeld) list?.delete(pivot);
    else if (list) list.add(pivot);
    else this.holders.set(column, new Set([pivot]));
  }

  private remember(pivot: number): void {
    this.touched.add(pivot);
    if (!this.before || this.before.has(pivot)) return;
    const row = this.rows.get(pivot);
    this.before.set(pivot, row ? new Map(row) : null);
  }

  private undo(): void {
    for (const [pivot] of this.before!) {
      for (const column of this.rows.get(pivot)?.keys() ?? []) this.hold(column, pivot, false);
      this.rows.delete(pivot);
    }
    for (const [pivot, row] of this.before!) {
      if (!row) continue;
      this.rows.set(pivot, row);
      for (const column of row.keys()) this.hold(column, pivot, true);
    }
    for (const column of this.learnt) this.known.delete(column);
  }
}

function addTo(row: Row, column: number, value: number): void {
  const sum = subtract(row.get(column) ?? 0, subtract(0, value));
  if (sum === 0) row.delete(column);
  else row.set(column, sum);
}

/** Row rank equal to the number of rows? Destroys them. */
function areIndependent(rows: readonly Row[]): boolean {
  const reduced = new Map<number, Row>();
  // Short rows first: they stay short.
  for (const row of [...rows].sort((a, b) => a.size - b.size)) {
    for (;;) {
      let own: Row | undefined;
      let factor = 0;
      for (const [column, value] of row) {
        own = reduced.get(column);
        if (own) {
          factor = multiply(value, inverse(own.get(column)!));
          break;
        }
      }
      if (!own) break;
      for (const [column, value] of own) addTo(row, column, subtract(0, multiply(factor, value)));
    }
    const first = row.keys().next();
    if (first.done) return false;
    reduced.set(first.value, row);
  }
  return true;
}
