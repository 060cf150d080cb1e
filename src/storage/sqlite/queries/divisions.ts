import { asc, count, eq, sql, type SQL } from 'drizzle-orm';
import { decideDivisions } from '../../../domain/campaign/division.ts';
import type { CountyCode } from '../../../domain/model/ids.ts';
import type { Stamp } from '../../../domain/model/stamp.ts';
import type { Tx } from '../connection.ts';
import { divisions } from '../schema.ts';
import { recordTrail } from './trail.ts';

export function replaceDivisions(
  tx: Tx,
  stamp: Stamp,
  list: {
    readonly asOf: string;
    readonly rows: readonly { readonly code: CountyCode; readonly name: string }[];
  },
): void {
  const { changes, trail } = decideDivisions(list);
  tx.delete(divisions).run();
  for (let at = 0; at < changes.rows.length; at += 500) {
    tx.insert(divisions)
      .values(changes.rows.slice(at, at + 500).map((row) => ({ ...row, asOf: changes.asOf })))
      .run();
  }
  recordTrail(tx, stamp, null, trail);
}

export function findDivision(tx: Tx, code: CountyCode): { name: string; asOf: string } | undefined {
  return tx
    .select({ name: divisions.name, asOf: divisions.asOf })
    .from(divisions)
    .where(eq(divisions.code, code))
    .get();
}

const mostFound = 20;

export function findDivisionsByName(tx: Tx, name: string): readonly { code: CountyCode; name: string }[] {
  const found = (condition: SQL) =>
    tx
      .select({ code: divisions.code, name: divisions.name })
      .from(divisions)
      .where(condition)
      .orderBy(asc(divisions.code))
      .limit(mostFound)
      .all()
      .map((row) => ({ code: row.code as CountyCode, name: row.name }));
  const exact = found(eq(divisions.name, name));
  return exact.length > 0 ? exact : found(sql`substr(${divisions.name}, 1, ${name.length}) = ${name}`);
}

export function countDivisions(tx: Tx): number {
  return tx.select({ n: count() }).from(divisions).get()?.n ?? 0;
}
