/** Applies staged rows to contacts, part by part. */
import { and, eq, max, ne } from 'drizzle-orm';
import {
  decideImportPart,
  type AffiliationStep,
  type ImportTotals,
  type KnownContact,
  type KnownRoll,
  type NamedBy,
  type PartRow,
} from '../../../domain/frame/decide-import.ts';
import { assertRollOpen } from '../../../domain/frame/decide-hand-in.ts';
import type { KnownGrade } from '../../../domain/frame/roll/affiliation.ts';
import type { CountyCode } from '../../../domain/model/ids.ts';
import { type RollImport } from '../../../domain/model/import.ts';
import type { Stamp } from '../../../domain/model/stamp.ts';
import type { Tx } from '../connection.ts';
import type { Context } from '../context.ts';
import { imports } from '../schema.ts';
import { readCountyState } from './county.ts';
import { recordDecision } from './decision.ts';
import { markChanged } from './frame.ts';
import { importRow, toImport } from './imports.ts';
import { toPartRow, type StoredRow } from '../../shared/import-rows.ts';

export function applyImport(
  ctx: Context,
  stamp: Stamp,
  importId: string,
  limit: number,
  reason: string | null = null,
): ImportTotals & { readonly done: boolean } {
  const tx = ctx.db;
  const row = importRow(tx, importId);
  const roll = toImport(tx, row);
  if (roll.state === 'applied') {
    const { added, duplicates, joined, corrected } = roll;
    return { done: true, added, duplicates, joined, corrected };
  }
  const county = readCountyState(tx, roll.campaign, roll.county);
  const { no: campaign, campaignState, frameState } = county;
  const isFirst = roll.state === 'staged';
  if (isFirst) assertRollOpen(county.handIn, stamp.actor);
  const staged = ctx.raw
    .prepare('SELECT * FROM import_rows WHERE import = ? ORDER BY no LIMIT ?')
    .all(importId, limit) as StoredRow[];
  const decision = decideImportPart(
    {
      import: { ...roll, no: row.no },
      campaignState,
      frameState,
      isRepeated: wasApplied(tx, row),
      isOtherWithdrawn: isFirst && listSiblings(tx, row).some((i) => i.state === 'withdrawing'),
      doubts: roll.summary?.doubts.length ?? 0,
      reason,
      rows: staged.map(toPartRow),
      isLast: staged.length < limit,
      known: knownRoll(ctx, campaign, roll.county),
    },
    stamp,
  );
  const { state, totals, late, contacts, affiliations, statements, isAltered } = decision.changes;
  putStatements(ctx, campaign, roll.county, row.no, statements);
  putContacts(ctx, campaign, roll.county, late, contacts);
  changeAffiliations(ctx, campaign, roll.county, row.no, affiliations);
  if (isAltered) markChanged(tx, campaign, roll.county);
  const last = staged.at(-1);
  if (last) ctx.raw.prepare('DELETE FROM import_rows WHERE import = ? AND no <= ?').run(importId, last.no);
  tx.update(imports)
    .set({ state, ...totals, ...(isFirst && { reason, appliedNo: nextAppliedNo(tx) }) })
    .where(eq(imports.id, importId))
    .run();
  recordDecision(tx, stamp, { no: campaign, id: roll.campaign }, decision);
  return { done: state === 'applied', ...totals };
}

function nextAppliedNo(tx: Tx): number {
  const last = tx
    .select({ no: max(imports.appliedNo) })
    .from(imports)
    .get()?.no;
  return (last ?? 0) + 1;
}

/** The county's other imports. */
export function listSiblings(tx: Tx, row: typeof imports.$inferSelect): readonly RollImport[] {
  return tx
    .select()
    .from(imports)
    .where(and(eq(imports.campaign, row.campaign), eq(imports.county, row.county), ne(imports.id, row.id)))
    .all()
    .map((other) => toImport(tx, other));
}

function putStatements(
  { raw }: Context,
  campaign: number,
  county: CountyCode,
  source: number,
  statements: readonly NamedBy[],
): void {
  const put = raw.prepare(
    'INSERT OR IGNORE INTO roll_statements (campaign, county, entry, source, school, grade) VALUES (?, ?, ?, ?, ?, ?)',
  );
  for (const { entry, school, grade } of statements)
    put.run(campaign, county, entry, source, school ?? '', grade);
}

/** Whether the same file was applied before, to the same group. */
function wasApplied(tx: Tx, row: typeof imports.$inferSelect): boolean {
  const same = tx
    .select({ id: imports.id })
    .from(imports)
    .where(
      and(
        eq(imports.campaign, row.campaign),
        eq(imports.county, row.county),
        eq(imports.group, row.group),
        eq(imports.fileHash, row.fileHash ?? ''),
        eq(imports.state, 'applied'),
      ),
    )
    .get();
  return same !== undefined;
}

function knownRoll({ raw }: Context, campaign: number, county: CountyCode): KnownRoll {
  const byDigest = raw.prepare(
    'SELECT entry, late FROM contacts WHERE campaign = ? AND county = ? AND digest = ?',
  );
  const byHousehold = raw.prepare(
    'SELECT entry, late FROM contacts WHERE campaign = ? AND county = ? AND household = ?',
  );
  const grades = raw.prepare(
    'SELECT grade, source FROM contact_schools WHERE campaign = ? AND county = ? AND entry = ? AND school = ?',
  );
  return {
    findByDigest: (digest) => byDigest.get(campaign, county, digest) as KnownContact | undefined,
    findByHousehold: (household) => byHousehold.get(campaign, county, household) as KnownContact | undefined,
    listGrades: (entry, school) => grades.all(campaign, county, entry, school) as KnownGrade[],
  };
}

function putContacts(
  { raw }: Context,
  campaign: number,
  county: CountyCode,
  late: 0 | 1,
  rows: readonly PartRow[],
): void {
  const put = raw.prepare(
    `INSERT INTO contacts (campaign, county, entry, grp, digest, sealed, has_phone, late, household)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  for (const { entry, group, digest, sealed, hasPhone, household } of rows)
    put.run(campaign, county, entry, group, digest, sealed, hasPhone ? 1 : 0, late, household);
}

export function changeAffiliations(
  { raw }: Context,
  campaign: number,
  county: CountyCode,
  source: number,
  steps: readonly AffiliationStep[],
): void {
  const write = raw.prepare(
    'INSERT OR REPLACE INTO contact_schools (campaign, county, entry, school, grade, source) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const remove = raw.prepare(
    'DELETE FROM contact_schools WHERE campaign = ? AND county = ? AND entry = ? AND school = ? AND grade = ?',
  );
  for (const { op, entry, school, grade } of steps)
    if (op === 'write') write.run(campaign, county, entry, school, grade, source);
    else remove.run(campaign, county, entry, school, grade);
}
