/** Rolls as they are read, looked at, applied, withdrawn or discarded. In one file because applying and withdrawing change the same rows by the same statements. */
import { and, asc, desc, eq, gt, max, ne } from 'drizzle-orm';
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
  type NamedBy,
  type PartRow,
} from '../../../domain/frame/decide-import.ts';
import { assertRollOpen } from '../../../domain/frame/decide-hand-in.ts';
import {
  decideWithdrawal,
  decideWithdrawalPart,
  type WithdrawnContact,
} from '../../../domain/frame/decide-withdrawal.ts';
import type { KnownGrade } from '../../../domain/frame/roll/affiliation.ts';
import type { CampaignId, CountyCode, SchoolId } from '../../../domain/model/ids.ts';
import {
  importStates,
  type ImportSummary,
  type RollImport,
  type RollStatement,
  type RowFault,
  type StagedRow,
} from '../../../domain/model/import.ts';
import type { Stamp } from '../../../domain/model/stamp.ts';
import { groupSchema } from '../../../domain/model/vocabulary.ts';
import type { Tx } from '../connection.ts';
import type { Context } from '../context.ts';
import { parseJson } from '../../shared/json.ts';
import { campaigns, importFaults, imports } from '../schema.ts';
import { campaignNo } from './campaign-no.ts';
import { readCountyState } from './county.ts';
import { recordDecision } from './decision.ts';
import { markChanged } from './frame.ts';

// Made once: a schema costs more to make than a row to read.
const importStateSchema = z.enum(importStates);

const issueParamsSchema = z.record(z.string(), z.union([z.string(), z.number()]));
const issueSchema = z
  .object({ path: z.string(), message: z.string(), params: issueParamsSchema.optional() })
  .transform((w) => ({
    path: w.path,
    message: w.message,
    ...(w.params === undefined ? {} : { params: w.params }),
  }));
const summarySchema = z.object({
  good: z.number(),
  bad: z.number(),
  skipped: z.number(),
  unmappedColumns: z.number(),
  consecutive: z.record(z.string(), z.number()),
  warnings: z.array(issueSchema),
  doubts: z.array(issueSchema).default([]),
});
const withdrawalSchema = z.object({
  by: z.string(),
  at: z.number(),
  reason: z.string(),
  removed: z.number(),
  kept: z.number(),
});

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
    withdrawal:
      row.withdrawal === null ? null : parseJson(withdrawalSchema, row.withdrawal, 'imports.withdrawal'),
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
function listSiblings(tx: Tx, row: typeof imports.$inferSelect): readonly RollImport[] {
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

/** applied → withdrawing. */
export function beginWithdrawal(tx: Tx, stamp: Stamp, importId: string, reason: string): void {
  const row = importRow(tx, importId);
  const roll = toImport(tx, row);
  const { campaignState, frameState, handIn } = readCountyState(tx, roll.campaign, roll.county);
  assertRollOpen(handIn, stamp.actor);
  const state = { import: roll, campaignState, frameState, others: listSiblings(tx, row) };
  const decision = decideWithdrawal(state, reason, stamp);
  tx.update(imports)
    .set({ state: decision.changes.state, withdrawal: JSON.stringify(decision.changes.withdrawal) })
    .where(eq(imports.id, importId))
    .run();
  recordDecision(tx, stamp, { no: row.campaign, id: roll.campaign }, decision);
}

/** Contacts that an import names, in the order of their entries. */
export function listNamed(
  ctx: Context,
  importId: string,
  after: Uint8Array | null,
  limit: number,
): readonly Uint8Array[] {
  const { campaign, county, no } = importRow(ctx.db, importId);
  return ctx.raw
    .prepare(
      `SELECT DISTINCT entry FROM roll_statements
       WHERE campaign = ? AND county = ? AND entry > ? AND source = ? ORDER BY entry LIMIT ?`,
    )
    .pluck()
    .all(campaign, county, after ?? Buffer.alloc(0), no, limit) as Buffer[];
}

/** A part of a withdrawal. */
export function withdrawListed(
  ctx: Context,
  stamp: Stamp,
  importId: string,
  entries: readonly Uint8Array[],
  isLast: boolean,
): void {
  const tx = ctx.db;
  const row = importRow(tx, importId);
  const roll = toImport(tx, row);
  const { no: campaign, frameState } = readCountyState(tx, roll.campaign, roll.county);
  const orders = new Map(listSiblings(tx, row).map((i) => [noOf(tx, i.id), i.appliedNo]));
  const decision = decideWithdrawalPart({
    import: { ...roll, no: row.no },
    frameState,
    contacts: entries.map((entry) => namedContact(ctx, campaign, roll.county, entry)),
    isLast,
    orderOf: (source) => orders.get(source) ?? 0,
  });
  const { state, withdrawal, removed, affiliations } = decision.changes;
  const place = [campaign, roll.county] as const;
  const forget = ctx.raw.prepare(
    'DELETE FROM roll_statements WHERE campaign = ? AND county = ? AND entry = ? AND source = ?',
  );
  for (const entry of entries) forget.run(...place, entry, row.no);
  for (const table of ['contact_schools', 'contacts'] as const) {
    const remove = ctx.raw.prepare(`DELETE FROM ${table} WHERE campaign = ? AND county = ? AND entry = ?`);
    for (const entry of removed) remove.run(...place, entry);
  }
  for (const step of affiliations) changeAffiliations(ctx, campaign, roll.county, step.source, [step]);
  if (entries.length > 0) markChanged(tx, campaign, roll.county);
  tx.update(imports)
    .set({ state, withdrawal: JSON.stringify(withdrawal) })
    .where(eq(imports.id, importId))
    .run();
  recordDecision(tx, stamp, { no: campaign, id: roll.campaign }, decision);
}

function noOf(tx: Tx, id: string): number {
  return importRow(tx, id).no;
}

function namedContact(
  { raw }: Context,
  campaign: number,
  county: CountyCode,
  entry: Uint8Array,
): WithdrawnContact {
  const statements = raw
    .prepare(
      'SELECT source, school, grade FROM roll_statements WHERE campaign = ? AND county = ? AND entry = ?',
    )
    .all(campaign, county, entry) as { source: number; school: string; grade: number }[];
  const affiliations = raw
    .prepare(
      'SELECT school, grade, source FROM contact_schools WHERE campaign = ? AND county = ? AND entry = ?',
    )
    .all(campaign, county, entry) as WithdrawnContact['affiliations'][number][];
  return {
    entry,
    affiliations,
    statements: statements.map(({ school, ...rest }): RollStatement => ({
      ...rest,
      school: school === '' ? null : (school as SchoolId),
    })),
  };
}

/** Once the roll is frozen nothing can be withdrawn, and what each roll said is of no use any more. At most `limit`; returns how many went. */
export function eraseStatements(ctx: Context, id: CampaignId, county: CountyCode, limit: number): number {
  const { no, frameState } = readCountyState(ctx.db, id, county);
  if (frameState === 'preparing') return 0;
  return ctx.raw
    .prepare(
      `DELETE FROM roll_statements WHERE campaign = @no AND county = @county AND (entry, source, school, grade) IN
         (SELECT entry, source, school, grade FROM roll_statements WHERE campaign = @no AND county = @county LIMIT @limit)`,
    )
    .run({ no, county, limit }).changes;
}

/** How many of these contacts each applied roll names: the roll that a file repeats names most. */
export function countSources(
  ctx: Context,
  id: CampaignId,
  county: CountyCode,
  entries: readonly Uint8Array[],
): readonly { readonly import: string; readonly fileName: string; readonly contacts: number }[] {
  const campaign = campaignNo(ctx.db, id);
  const sources = ctx.raw
    .prepare('SELECT DISTINCT source FROM roll_statements WHERE campaign = ? AND county = ? AND entry = ?')
    .pluck();
  const counts = new Map<number, number>();
  for (const entry of entries)
    for (const source of sources.all(campaign, county, entry) as number[])
      counts.set(source, (counts.get(source) ?? 0) + 1);
  const own = ctx.db
    .select({ no: imports.no, id: imports.id, fileName: imports.fileName })
    .from(imports)
    .where(and(eq(imports.campaign, campaign), eq(imports.county, county)))
    .all();
  return own
    .flatMap((i) => {
      const contacts = counts.get(i.no) ?? 0;
      return contacts > 0 ? [{ import: i.id, fileName: i.fileName, contacts }] : [];
    })
    .sort((a, b) => b.contacts - a.contacts);
}
