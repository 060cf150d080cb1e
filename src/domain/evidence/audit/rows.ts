/** Rows as a table holds them, against rows as leaves give them. */
import { canonicalJson } from '../../hash.ts';
import type { Differences } from './difference.ts';

export type Cell = string | number | null;
/** By name of the column; byte strings as hexadecimal. */
export type Row = Readonly<Record<string, Cell>>;

export interface ExpectedRow {
  readonly key: string;
  readonly leaf: number;
  readonly columns: Row;
}

/** @param keyOf two rows of one key are told apart by their order alone */
export function compareRows(
  differences: Differences,
  table: string,
  expected: readonly ExpectedRow[],
  found: readonly Row[],
  keyOf: (row: Row) => string,
): void {
  const byKey = new Map<string, Row[]>();
  for (const row of found) {
    const key = keyOf(row);
    const list = byKey.get(key);
    if (list) list.push(row);
    else byKey.set(key, [row]);
  }
  for (const { key, leaf, columns } of expected) {
    const row = byKey.get(key)?.shift();
    if (row) compareColumns(differences, table, key, leaf, columns, row);
    else differences.add(table, key, leaf, 'row', columns, '');
  }
  for (const [key, rows] of byKey) for (const row of rows) differences.add(table, key, null, 'row', '', row);
}

/** Of one row; columns that no leaf speaks of are not looked at. */
export function compareColumns(
  differences: Differences,
  table: string,
  key: string,
  leaf: number,
  expected: Row,
  found: Row,
): void {
  for (const [column, value] of Object.entries(expected)) {
    const own = found[column] ?? null;
    if (own !== value) differences.add(table, key, leaf, column, value, own);
  }
}

/** A column of JSON, so that the order of its keys does not matter; what is no JSON stays as it is. */
export function normalJson(value: Cell | undefined): Cell {
  if (typeof value !== 'string') return value ?? null;
  try {
    return canonicalJson(JSON.parse(value));
  } catch {
    return value;
  }
}
