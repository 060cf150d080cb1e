import { and, eq, sql, type Column } from 'drizzle-orm';
import type { Statement } from 'better-sqlite3';
import type { Raw, Tx } from './connection.ts';

const statements = new WeakMap<Raw, Map<string, Statement<unknown[]>>>();

/** Per connection, by its text: for statements that cost less to run than to prepare. */
export function prepared(raw: Raw, sql: string): Statement<unknown[]> {
  let own = statements.get(raw);
  if (!own) statements.set(raw, (own = new Map<string, Statement<unknown[]>>()));
  let statement = own.get(sql);
  if (!statement) own.set(sql, (statement = raw.prepare(sql)));
  return statement;
}

const queries = new WeakMap<Tx, Map<unknown, unknown>>();

/**
 * Per connection, by the function that builds it: for drizzle queries that run in each part of long work, or after each write.
 * Building one takes longer than running it. `build` must be a module-level function, not created per call.
 */
export function preparedQuery<T>(tx: Tx, build: (tx: Tx) => T): T {
  let own = queries.get(tx);
  if (!own) queries.set(tx, (own = new Map<unknown, unknown>()));
  let query = own.get(build) as T | undefined;
  if (query === undefined) own.set(build, (query = build(tx)));
  return query;
}

/**
 * Look-ups by ids of 16 bytes, a few at a time: `json_each(?) k CROSS JOIN … = ${idAt}`, given the positions and the concatenated
 * ids. One statement costs half of as many statements as there are ids.
 */
export const idAt = 'substr(?, k.value * 16 + 1, 16)';

const positions: string[] = [];
export function positionsOf({ length }: readonly unknown[]): string {
  return (positions[length] ??= JSON.stringify(Array.from({ length }, (_, i) => i)));
}

/**
 * The bytes of all rows, concatenated, in the order of the query's other aggregates: a Buffer for each row takes as long as
 * finding it. SQLite's text is UTF-8 bytes, which it neither checks nor changes.
 */
export const inOnePiece = (bytes: string) => `CAST(group_concat(${bytes}, '') AS BLOB)`;

/** @param bytes null: there was no row */
export const piecesOf = (bytes: Buffer | null): Uint8Array =>
  bytes === null ? new Uint8Array(0) : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);

/** In such a query: the rows of a county, with the parameters `{ campaign, county }`. */
export const inCounty = (table: { readonly campaign: Column; readonly county: Column }) =>
  and(eq(table.campaign, sql.placeholder('campaign')), eq(table.county, sql.placeholder('county')));
