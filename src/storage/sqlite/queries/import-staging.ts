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
import type { Context } from '../context.ts';
import { imports } from '../schema.ts';
import { readCountyState } from './county.ts';
import { recordDecision } from './decision.ts';
import { importStateSchema } from '../../shared/import-rows.ts';
import { importRow, toImport } from './imports.ts';

export function createImport(
  tx: Tx,
  stamp: Stamp,
  created: Pick<RollImport, 'id' | 'campaign' | 'county' | 'group' | 'fileName' | 'lateReason' | 'file'>,
): void {
  const { no: campaign, frameState, handIn } = readCountyState(tx, created.campaign, created.county);
  assertImportable(frameState, created.lateReason);
  assertRollOpen(handIn, stamp.actor);
  const no =
    (tx
      .select({ last: max(imports.no) })
      .from(imports)
      .get()?.last ?? 0) + 1;
  tx.insert(imports)
    .values({ ...created, campaign, no, state: 'reading', by: stamp.actor.name, at: stamp.at })
    .run();
}

export function stageRows(
  ctx: Context,
  importId: string,
  rows: readonly StagedRow[],
  faults: readonly RowFault[],
): void {
  assertReading(importStateSchema.parse(importRow(ctx.db, importId).state));
  // The largest number is one seek in the key; counting would scan all staged rows for every chunk.
  const lastNo = (table: 'import_rows' | 'import_faults') =>
    ctx.raw
      .prepare(`SELECT coalesce(max(no), 0) FROM ${table} WHERE import = ?`)
      .pluck()
      .get(importId) as number;
  const insertRow = ctx.raw.prepare(
    `INSERT INTO import_rows (import, no, grp, school, grade, digest, entry, sealed, has_phone, household)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  let no = lastNo('import_rows');
  for (const { group, school, grade, digest, entry, sealed, hasPhone, household } of rows)
    insertRow.run(importId, ++no, group, school, grade, digest, entry, sealed, hasPhone ? 1 : 0, household);
  const insertFault = ctx.raw.prepare(
    'INSERT INTO import_faults (import, no, row, sheet, field, message, params) VALUES (?, ?, ?, ?, ?, ?, ?)',
  );
  let faultNo = lastNo('import_faults');
  for (const { row, sheet, field, message, params } of faults)
    insertFault.run(importId, ++faultNo, row, sheet, field, message, JSON.stringify(params));
}

export function finishStaging(
  tx: Tx,
  stamp: Stamp,
  importId: string,
  fileHash: string,
  summary: ImportSummary,
): void {
  const row = importRow(tx, importId);
  const roll = toImport(tx, row);
  const decision = decideStaged(roll, fileHash, summary);
  tx.update(imports)
    .set({ ...decision.changes, summary: JSON.stringify(summary) })
    .where(eq(imports.id, importId))
    .run();
  recordDecision(tx, stamp, { no: row.campaign, id: roll.campaign }, decision);
}

/** Its rows are erased afterwards, see `eraseStaged`: they cannot be applied any more. */
export function discardImport(tx: Tx, stamp: Stamp, importId: string): void {
  const row = importRow(tx, importId);
  const roll = toImport(tx, row);
  const decision = decideDiscard(roll);
  if (decision.changes === null) return;
  tx.update(imports)
    .set({ ...decision.changes, summary: null })
    .where(eq(imports.id, importId))
    .run();
  recordDecision(tx, stamp, { no: row.campaign, id: roll.campaign }, decision);
}

/** Rows of a discarded import, or else its faults, at most `limit`. Returns how many were deleted. */
export function eraseStaged(ctx: Context, importId: string, limit: number): number {
  if (importRow(ctx.db, importId).state !== 'discarded') return 0;
  for (const table of ['import_rows', 'import_faults'] as const) {
    const { changes } = ctx.raw
      .prepare(
        `DELETE FROM ${table} WHERE import = @importId AND no IN
           (SELECT no FROM ${table} WHERE import = @importId ORDER BY no LIMIT @limit)`,
      )
      .run({ importId, limit });
    if (changes > 0) return changes;
  }
  return 0;
}
