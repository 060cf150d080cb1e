/** Rolls as they are read, looked at, applied or discarded. */
import { and, asc, desc, eq, gt, max } from 'drizzle-orm';
import { z } from 'zod';
import { AppError } from '../../../domain/errors.ts';
import {
  assertImportable,
  assertReading,
  decideDiscard,
  decideImportPart,
  decideStaged,
  type AffiliationStep,
  type ImportTotals,
  type KnownContact,
  type KnownRoll,
  type PartRow,
} from '../../../domain/frame/decide-import.ts';
import type { KnownGrade } from '../../../domain/frame/roll/affiliation.ts';
import type { CampaignId, CountyCode, SchoolId } from '../../../domain/model/ids.ts';
import type { ImportSummary, RollImport, RowFault, StagedRow } from '../../../domain/model/import.ts';
import type { Stamp } from '../../../domain/model/stamp.ts';
import { groupSchema } from '../../../domain/model/vocabulary.ts';
import type { Tx } from '../connection.ts';
import type { Context } from '../context.ts';
import { parseJson } from '../json.ts';
import { campaigns, importFaults, imports } from '../schema.ts';
import { campaignNo } from './campaign-no.ts';
import { readCountyState } from './county.ts';
import { recordDecision } from './decision.ts';
import { markChanged } from './frame.ts';

// Made once: a schema costs more to make than a row to read.
const importStateSchema = z.enum(['reading', 'staged', 'applying', 'applied', 'discarded']);

const issueParamsSchema = z.record(z.string(), z.union([z.string(), z.number()]));
const summarySchema = z.object({
  good: z.number(),
  bad: z.number(),
  skipped: z.number(),
  unmappedColumns: z.number(),
  consecutive: z.record(z.string(), z.number()),
  warnings: z.array(
    z
      .object({ path: z.string(), message: z.string(), params: issueParamsSchema.optional() })
      .transform((w) => ({
        path: w.path,
        message: w.message,
        ...(w.params === undefined ? {} : { params: w.params }),
      })),
  ),
});

export function createImport(
  tx: Tx,
  stamp: Stamp,
  created: Pick<RollImport, 'id' | 'campaign' | 'county' | 'group' | 'fileName' | 'lateReason'>,
): void {
  const { no: campaign, frameState } = readCountyState(tx, created.campaign, created.county);
  assertImportable(frameState, created.lateReason);
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
  // The largest number is one step in the key; counting would walk what is staged already, chunk after chunk.
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

function importRow(tx: Tx, id: string): typeof imports.$inferSelect {
  const row = tx.select().from(imports).where(eq(imports.id, id)).get();
  if (!row) throw new AppError('not-found', 'import.not-found');
  return row;
}

function campaignIdOf(tx: Tx, no: number): CampaignId {
  return tx.select({ id: campaigns.id }).from(campaigns).where(eq(campaigns.no, no)).get()?.id as CampaignId;
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

function toImport(tx: Tx, { no: _, ...row }: typeof imports.$inferSelect): RollImport {
  return {
    ...row,
    campaign: campaignIdOf(tx, row.campaign),
    county: row.county as CountyCode,
    group: groupSchema.parse(row.group),
    state: importStateSchema.parse(row.state),
    summary: row.summary === null ? null : parseJson(summarySchema, row.summary, 'imports.summary'),
  };
}

export function findImport(tx: Tx, id: string): RollImport | undefined {
  const row = tx.select().from(imports).where(eq(imports.id, id)).get();
  return row && toImport(tx, row);
}

export function listImports(tx: Tx, id: CampaignId, county: CountyCode): readonly RollImport[] {
  return tx
    .select()
    .from(imports)
    .where(and(eq(imports.campaign, campaignNo(tx, id)), eq(imports.county, county)))
    .orderBy(desc(imports.at), asc(imports.id))
    .all()
    .map((row) => toImport(tx, row));
}

export function listImportsIn(tx: Tx, state: RollImport['state']): readonly RollImport[] {
  return tx
    .select()
    .from(imports)
    .where(eq(imports.state, state))
    .orderBy(asc(imports.at), asc(imports.id))
    .all()
    .map((row) => toImport(tx, row));
}

export function listFaults(
  tx: Tx,
  importId: string,
  after: number,
  limit: number,
): readonly (RowFault & { no: number })[] {
  return tx
    .select()
    .from(importFaults)
    .where(and(eq(importFaults.import, importId), gt(importFaults.no, after)))
    .orderBy(asc(importFaults.no))
    .limit(limit)
    .all()
    .map(({ import: _, params, ...f }) => ({
      ...f,
      params: parseJson(issueParamsSchema, params, 'import_faults.params'),
    }));
}

interface StoredRow {
  readonly no: number;
  readonly grp: string;
  readonly school: string | null;
  readonly grade: number | null;
  readonly digest: Buffer;
  readonly entry: Buffer;
  readonly sealed: Buffer;
  readonly has_phone: number;
  readonly household: Buffer | null;
}

function toPartRow({ grp, school, has_phone, ...row }: StoredRow): PartRow {
  return {
    ...row,
    group: groupSchema.parse(grp),
    school: school as SchoolId | null,
    hasPhone: has_phone === 1,
  };
}

export function applyImport(
  ctx: Context,
  stamp: Stamp,
  importId: string,
  limit: number,
): ImportTotals & { readonly done: boolean } {
  const tx = ctx.db;
  const row = importRow(tx, importId);
  const roll = toImport(tx, row);
  if (roll.state === 'applied') {
    const { added, duplicates, joined, corrected } = roll;
    return { done: true, added, duplicates, joined, corrected };
  }
  const { no: campaign, campaignState, frameState } = readCountyState(tx, roll.campaign, roll.county);
  const staged = ctx.raw
    .prepare('SELECT * FROM import_rows WHERE import = ? ORDER BY no LIMIT ?')
    .all(importId, limit) as StoredRow[];
  const decision = decideImportPart(
    {
      import: { ...roll, no: row.no },
      campaignState,
      frameState,
      isRepeated: wasApplied(tx, row),
      rows: staged.map(toPartRow),
      isLast: staged.length < limit,
      known: knownRoll(ctx, campaign, roll.county),
    },
    stamp,
  );
  const { state, totals, late, contacts, affiliations, isAltered } = decision.changes;
  putContacts(ctx, campaign, roll.county, late, contacts);
  changeAffiliations(ctx, campaign, roll.county, row.no, affiliations);
  if (isAltered) markChanged(tx, campaign, roll.county);
  const last = staged.at(-1);
  if (last) ctx.raw.prepare('DELETE FROM import_rows WHERE import = ? AND no <= ?').run(importId, last.no);
  tx.update(imports)
    .set({ state, ...totals })
    .where(eq(imports.id, importId))
    .run();
  recordDecision(tx, stamp, { no: campaign, id: roll.campaign }, decision);
  return { done: state === 'applied', ...totals };
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

function changeAffiliations(
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

/** Its rows go afterwards, see `eraseStaged`: they cannot be applied any more. */
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

/** Rows of a discarded import, or else its faults, at most `limit`. Returns how many went. */
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
