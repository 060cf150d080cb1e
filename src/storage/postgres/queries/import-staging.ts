/** Staged rows of a roll file, until they are applied or discarded. */
import { eq, max } from 'drizzle-orm';
import {
  assertImportable,
  assertReading,
  decideDiscard,
  decideStaged,
} from '../../../domain/frame/decide-import.ts';
import { assertRollOpen } from '../../../domain/frame/decide-hand-in.ts';
import {
  type ImportSummary,
  type RollImport,
  type RowFault,
  type StagedRow,
} from '../../../domain/model/import.ts';
import type { Stamp } from '../../../domain/model/stamp.ts';
import type { Tx } from '../connection.ts';
import { insertRows } from '../bulk.ts';
import type { Context } from '../context.ts';
import { imports } from '../schema.ts';
import { readCountyState } from './county.ts';
import { recordDecision } from './decision.ts';
import { importStateSchema } from '../../shared/import-rows.ts';
import { importRow, toImport } from './imports.ts';

export async function createImport(
  tx: Tx,
  stamp: Stamp,
  created: Pick<RollImport, 'id' | 'campaign' | 'county' | 'group' | 'fileName' | 'lateReason' | 'file'>,
): Promise<void> {
  const { no: campaign, frameState, handIn } = await readCountyState(tx, created.campaign, created.county);
  assertImportable(frameState, created.lateReason);
  assertRollOpen(handIn, stamp.actor);
  const no = ((await tx.select({ last: max(imports.no) }).from(imports))[0]?.last ?? 0) + 1;
  await tx
    .insert(imports)
    .values({ ...created, campaign, no, state: 'reading', by: stamp.actor.name, at: stamp.at });
}

export async function stageRows(
  ctx: Context,
  importId: string,
  rows: readonly StagedRow[],
  faults: readonly RowFault[],
): Promise<void> {
  assertReading(importStateSchema.parse((await importRow(ctx.db, importId)).state));
  // The largest number is one seek in the key; counting would scan all staged rows for every chunk.
  const lastNo = async (table: 'import_rows' | 'import_faults') =>
    (await ctx.raw
      .prepare(`SELECT coalesce(max(no), 0) FROM ${table} WHERE import = ?`)
      .pluck()
      .get(importId)) as number;
  let no = await lastNo('import_rows');
  await insertRows(
    ctx.raw,
    'import_rows',
    {
      ...{ import: 'text', no: 'integer', grp: 'text', school: 'text', grade: 'integer', digest: 'bytea' },
      ...{ entry: 'bytea', sealed: 'bytea', has_phone: 'integer', household: 'bytea' },
    },
    rows.map(({ group, school, grade, digest, entry, sealed, hasPhone, household }) => [
      ...[importId, ++no, group, school, grade, digest, entry, sealed, hasPhone ? 1 : 0, household],
    ]),
  );
  let faultNo = await lastNo('import_faults');
  await insertRows(
    ctx.raw,
    'import_faults',
    {
      ...{ import: 'text', no: 'integer', row: 'integer', sheet: 'text', field: 'text' },
      ...{ message: 'text', params: 'text' },
    },
    faults.map(({ row, sheet, field, message, params }) => [
      ...[importId, ++faultNo, row, sheet, field, message, JSON.stringify(params)],
    ]),
  );
}

export async function finishStaging(
  tx: Tx,
  stamp: Stamp,
  importId: string,
  fileHash: string,
  summary: ImportSummary,
): Promise<void> {
  const row = await importRow(tx, importId);
  const roll = await toImport(tx, row);
  const decision = decideStaged(roll, fileHash, summary);
  await tx
    .update(imports)
    .set({ ...decision.changes, summary: JSON.stringify(summary) })
    .where(eq(imports.id, importId));
  await recordDecision(tx, stamp, { no: row.campaign, id: roll.campaign }, decision);
}

/** Its rows are erased afterwards, see `eraseStaged`: they cannot be applied any more. */
export async function discardImport(tx: Tx, stamp: Stamp, importId: string): Promise<void> {
  const row = await importRow(tx, importId);
  const roll = await toImport(tx, row);
  const decision = decideDiscard(roll);
  if (decision.changes === null) return;
  await tx
    .update(imports)
    .set({ ...decision.changes, summary: null })
    .where(eq(imports.id, importId));
  await recordDecision(tx, stamp, { no: row.campaign, id: roll.campaign }, decision);
}

/** Rows of a discarded import, or else its faults, at most `limit`. Returns how many were deleted. */
export async function eraseStaged(ctx: Context, importId: string, limit: number): Promise<number> {
  if ((await importRow(ctx.db, importId)).state !== 'discarded') return 0;
  for (const table of ['import_rows', 'import_faults'] as const) {
    const { changes } = await ctx.raw
      .prepare(
        `DELETE FROM ${table} WHERE ctid = ANY (ARRAY(
           SELECT ctid FROM ${table} WHERE import = @importId ORDER BY no LIMIT @limit))`,
      )
      .run({ importId, limit });
    if (changes > 0) return changes;
  }
  return 0;
}
