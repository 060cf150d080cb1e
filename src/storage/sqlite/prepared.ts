import { and, eq, sql, type Column } from 'drizzle-orm';
import type { Statement } from 'better-sqlite3';
import type { Raw, Tx } from './connection.ts';

const statements = new WeakMap<Raw, Map<string, Statement<unknown[]>>>();

/** Of each connection, by its text: for statements that cost less to run than to prepare. */
export function prepared(raw: Raw, sql: string): Statement<unknown[]> {
  let own = statements.get(raw);
  if (!own) statements.set(raw, (own = new Map<string, Statement<unknown[]>>()));
  let statement = own.get(sql);
  if (!statement) own.set(sql, (statement = raw.prepare(sql)));
  return statement;
}

const queries = new WeakMap<Tx, Map<unknown, unknown>>();

/**
 * Of each connection, by the function that builds it: a query of drizzle's that is asked for each part of long work, or after each write. Building one
 * takes longer than running it. `build` stands in its module, and is not made anew for each call.
 */
export function preparedQuery<T>(tx: Tx, build: (tx: Tx) => T): T {
  let own = queries.get(tx);
  if (!own) queries.set(tx, (own = new Map<unknown, unknown>()));
  let query = own.get(build) as T | undefined;
  if (query === undefined) own.set(build, (query = build(tx)));
  return query;
}

/**
 * Look-ups by ids of 16 bytes, a few at a time: `json_each(?) k CROSS JOIN … = ${idAt}`, given the positions, and the ids one after the other. One
 * statement costs half of as many as there are ids.
 */
export const idAt = 'substr(?, k.value * 16 + 1, 16)';

const positions: string[] = [];
export function positionsOf({ length }: readonly unknown[]): string {
  return (positions[length] ??= JSON.stringify(Array.from({ length }, (_, i) => i)));
}

/**
 * Bytes of all rows, one after the other, in the order in which the query's other aggregates have them: a Buffer for each row takes as long as to find it.
 * Text of SQLite is bytes in UTF-8, which nothing checks or changes on the way.
 */
export const inOnePiece = (bytes: string) => `CAST(group_concat(${bytes}, '') AS BLOB)`;

/** @param bytes null: there was no row */
export const piecesOf = (bytes: Buffer | null): Uint8Array =>
  bytes === null ? new Uint8Array(0) : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);

/** In such a query: the rows of a county, which are asked for with `{ campaign, county }`. */
export const inCounty = (table: { readonly campaign: Column; readonly county: Column }) =>
  and(eq(table.campaign, sql.placeholder('campaign')), eq(table.county, sql.placeholder('county')));
