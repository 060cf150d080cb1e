/** Many rows in one statement and one round trip: one array per column. */
import type { ElementType } from './binary-array.ts';
import type { Raw } from './raw.ts';

/** SQL types by column name. */
export type Columns = Readonly<Record<string, ElementType>>;

/** Quoted, because a name may be an SQL keyword. */
const namesOf = (columns: Columns) =>
  Object.keys(columns)
    .map((name) => `"${name}"`)
    .join(', ');
const arraysOf = (columns: Columns) =>
  Object.values(columns)
    .map((type) => `?::${type}[]`)
    .join(', ');
const transposed = (columns: Columns, rows: readonly (readonly unknown[])[]) =>
  Object.keys(columns).map((_, i) => rows.map((row) => row[i] ?? null));

/** @param rows values in the order of the columns; if `conflict` updates, at most one row per key */
export async function insertRows(
  raw: Raw,
  table: string,
  columns: Columns,
  rows: readonly (readonly unknown[])[],
  conflict = '',
): Promise<void> {
  if (rows.length > 0) await insertion(raw, table, columns, rows, conflict)();
}

/** The same, to be sent later. */
export function insertion(
  raw: Raw,
  table: string,
  columns: Columns,
  rows: readonly (readonly unknown[])[],
  conflict = '',
): () => Promise<unknown> {
  return raw
    .prepare(
      `INSERT INTO ${table} (${namesOf(columns)}) SELECT * FROM unnest(${arraysOf(columns)}) ${conflict}`,
    )
    .ready(...transposed(columns, rows));
}

/** Those with these keys. */
export async function deleteRows(
  raw: Raw,
  table: string,
  columns: Columns,
  keys: readonly (readonly unknown[])[],
): Promise<number> {
  if (keys.length === 0) return 0;
  const names = namesOf(columns);
  const { changes } = await raw
    .prepare(`DELETE FROM ${table} WHERE (${names}) IN (SELECT * FROM unnest(${arraysOf(columns)}))`)
    .run(...transposed(columns, keys));
  return changes;
}

/**
 * For bytes of a column, in hexadecimal.
 * @param sql selects the column whose value is one of `?`
 */
export async function findBytes(
  raw: Raw,
  sql: string,
  ...parameters: readonly unknown[]
): Promise<ReadonlySet<string>> {
  const found = (await raw
    .prepare(sql)
    .pluck()
    .all(...parameters)) as Buffer[];
  return new Set(found.map((bytes) => bytes.toString('hex')));
}
