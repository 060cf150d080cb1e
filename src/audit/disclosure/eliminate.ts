/** Sparse Gaussian elimination over a field, row by row, with a preference for pivots. */
import type { Field } from './rational.ts';

export interface SparseRow<T> {
  readonly columns: readonly number[];
  readonly values: readonly T[];
}

export interface Eliminated<T> {
  readonly rank: number;
  /** Rows with columns in `keep` only. They span the part of the row space that lies within `keep`. */
  readonly kept: readonly SparseRow<T>[];
}

/**
 * The part of the row space that lies within the columns of `keep`. Every row is reduced by all previous ones, and
 * its pivot is outside `keep` if possible. A combination without columns outside `keep` therefore uses no row with a
 * pivot outside, so the other rows span it.
 */
export function spanWithin<T>(
  field: Field<T>,
  rows: readonly SparseRow<T>[],
  columnCount: number,
  keep: (column: number) => boolean,
): Eliminated<T> {
  const work = new Array<T>(columnCount).fill(field.zero);
  const pivots: number[] = [];
  const reduced: SparseRow<T>[] = [];
  const kept: SparseRow<T>[] = [];
  const uses = new Int32Array(columnCount);
  for (const row of rows) for (const column of row.columns) uses[column]!++;
  // Short rows first: they are cheap and shorten the long ones.
  const order = rows
    .map((_, i) => i)
    .sort((a, b) => rows[a]!.columns.length - rows[b]!.columns.length || a - b);
  const pivotAt = new Int32Array(columnCount).fill(-1);
  for (const index of order) {
    const row = rows[index]!;
    const touched = new Set<number>();
    let first = Infinity;
    row.columns.forEach((column, i) => {
      work[column] = row.values[i]!;
      touched.add(column);
      const at = pivotAt[column]!;
      if (at >= 0 && at < first) first = at;
    });
    // A row contains columns of later pivots, never of earlier ones, so one pass in the order of pivots clears all.
    for (let k = first; k < pivots.length; k++) {
      const factor = work[pivots[k]!]!;
      if (field.isZero(factor)) continue;
      const { columns, values } = reduced[k]!;
      for (let j = 0; j < columns.length; j++) {
        const column = columns[j]!;
        work[column] = field.subtractProduct(work[column]!, factor, values[j]!);
        touched.add(column);
      }
    }
    const columns = [...touched].filter((column) => !field.isZero(work[column]!));
    const outside = columns.filter((column) => !keep(column));
    const isInside = outside.length === 0;
    const pivot = pivotOf(isInside ? columns : outside);
    if (pivot >= 0) {
      const lead = work[pivot]!;
      const made = { columns, values: columns.map((column) => field.divide(work[column]!, lead)) };
      pivotAt[pivot] = pivots.length;
      pivots.push(pivot);
      reduced.push(made);
      if (isInside) kept.push(made);
    }
    for (const column of touched) work[column] = field.zero;
  }
  return { rank: pivots.length, kept };

  /** The column that the fewest rows use, among those with a coefficient that is not relatively small. */
  function pivotOf(columns: readonly number[]): number {
    const least = columns.reduce((most, column) => Math.max(most, field.size(work[column]!)), 0) / 10;
    return columns.reduce(
      (best, column) =>
        field.size(work[column]!) >= least && (best < 0 || uses[column]! < uses[best]!) ? column : best,
      -1,
    );
  }
}
