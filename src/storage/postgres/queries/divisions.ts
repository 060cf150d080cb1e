import { asc, count, eq, sql, type SQL } from 'drizzle-orm';
import { decideDivisions } from '../../../domain/campaign/division.ts';
import type { CountyCode } from '../../../domain/model/ids.ts';
import type { Stamp } from '../../../domain/model/stamp.ts';
import type { Tx } from '../connection.ts';
import { divisions } from '../schema.ts';
import { recordTrail } from './trail.ts';

export async function replaceDivisions(
  tx: Tx,
  stamp: Stamp,
  list: {
    readonly asOf: string;
    readonly rows: readonly { readonly code: CountyCode; readonly name: string }[];
  },
): Promise<void> {
  const { changes, trail } = decideDivisions(list);
  await tx.delete(divisions);
  for (let at = 0; at < changes.rows.length; at += 500) {
    await tx
      .insert(divisions)
      .values(changes.rows.slice(at, at + 500).map((row) => ({ ...row, asOf: changes.asOf })));
  }
  await recordTrail(tx, stamp, null, trail);
}

export async function findDivision(
  tx: Tx,
  code: CountyCode,
): Promise<{ name: string; asOf: string } | undefined> {
  return (
    await tx
      .select({ name: divisions.name, asOf: divisions.asOf })
      .from(divisions)
      .where(eq(divisions.code, code))
  )[0];
}

const mostFound = 20;

export async function findDivisionsByName(
  tx: Tx,
  name: string,
): Promise<readonly { code: CountyCode; name: string }[]> {
  const found = async (condition: SQL) =>
    (
      await tx
        .select({ code: divisions.code, name: divisions.name })
        .from(divisions)
        .where(condition)
        .orderBy(asc(divisions.code))
        .limit(mostFound)
    ).map((row) => ({ code: row.code as CountyCode, name: row.name }));
  const exact = await found(eq(divisions.name, name));
  return exact.length > 0 ? exact : await found(sql`substr(${divisions.name}, 1, ${name.length}) = ${name}`);
}

export async function countDivisions(tx: Tx): Promise<number> {
  return (await tx.select({ n: count() }).from(divisions))[0]?.n ?? 0;
}
