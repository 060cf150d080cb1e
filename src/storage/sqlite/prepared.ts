import type { Statement } from 'better-sqlite3';
import type { Raw } from './connection.ts';

const statements = new WeakMap<Raw, Map<string, Statement<unknown[]>>>();

/** Of each connection, by its text: for statements that cost less to run than to prepare. */
export function prepared(raw: Raw, sql: string): Statement<unknown[]> {
  let own = statements.get(raw);
  if (!own) statements.set(raw, (own = new Map<string, Statement<unknown[]>>()));
  let statement = own.get(sql);
  if (!statement) own.set(sql, (statement = raw.prepare(sql)));
  return statement;
}
