/** Compares rows of a table with rows derived from leaves. */
import { canonicalJson } from '../../hash.ts';
import type { Differences } from './difference.ts';

export type Cell = string | number | null;
/** By column name; byte strings in hexadecimal. */
export type Row = Readonly<Record<string, Cell>>;

export interface ExpectedRow {
  readonly key: string;
  readonly leaf: number;
  readonly columns: Row;
}

/** @param keyOf rows with the same key are distinguished only by their order */
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

/** For one row; columns that no leaf mentions are ignored. */
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

/** A JSON column, so that the order of its keys does not matter; text that is not JSON is compared as it is. */
export function normalJson(value: Cell | undefined): Cell {
  if (typeof value !== 'string') return value ?? null;
  try {
    return canonicalJson(JSON.parse(value));
  } catch {
    return value;
  }
}
