/** Rolls as they are read, looked at, applied, withdrawn or discarded. In one file because applying and withdrawing change the same rows by the same statements. */
import { mapInOrder } from '../in-order.ts';
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
import { toHex } from '../../../domain/hash.ts';
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
import { deleteRows, insertRows } from '../bulk.ts';
import { analyzePartitions } from '../partitions.ts';
import type { Context } from '../context.ts';
import { parseJson } from '../../shared/json.ts';
import { campaigns, importFaults, imports } from '../schema.ts';
import { campaignNo } from './campaign-no.ts';
import { readCountyState } from './county.ts';
import { recordDecision } from './decision.ts';
import { markChanged } from './frame.ts';

// Made once: a schema costs more to make than a row to read.
const importStateSchema = z.enum(importStates);

const ofSchool = { school: 'text', grade: 'integer' } as const;

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
  // The largest number is one step in the key; counting would walk what is staged already, chunk after chunk.
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

async function importRow(tx: Tx, id: string): Promise<typeof imports.$inferSelect> {
  const row = (await tx.select().from(imports).where(eq(imports.id, id)))[0];
  if (!row) throw new AppError('not-found', 'import.not-found');
  return row;
}

async function campaignIdOf(tx: Tx, no: number): Promise<CampaignId> {
  return (await tx.select({ id: campaigns.id }).from(campaigns).where(eq(campaigns.no, no)))[0]
    ?.id as CampaignId;
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

async function toImport(tx: Tx, { no: _, ...row }: typeof imports.$inferSelect): Promise<RollImport> {
  return {
    ...row,
    campaign: await campaignIdOf(tx, row.campaign),
    county: row.county as CountyCode,
    group: groupSchema.parse(row.group),
    state: importStateSchema.parse(row.state),
    summary: row.summary === null ? null : parseJson(summarySchema, row.summary, 'imports.summary'),
    withdrawal:
      row.withdrawal === null ? null : parseJson(withdrawalSchema, row.withdrawal, 'imports.withdrawal'),
  };
}

export async function findImport(tx: Tx, id: string): Promise<RollImport | undefined> {
  const row = (await tx.select().from(imports).where(eq(imports.id, id)))[0];
  return row && (await toImport(tx, row));
}

export async function listImports(
  tx: Tx,
  id: CampaignId,
  county: CountyCode,
): Promise<readonly RollImport[]> {
  return await mapInOrder(
    await tx
      .select()
      .from(imports)
      .where(and(eq(imports.campaign, await campaignNo(tx, id)), eq(imports.county, county)))
      .orderBy(desc(imports.at), asc(imports.id)),
    async (row) => await toImport(tx, row),
  );
}

export async function listImportsIn(tx: Tx, state: RollImport['state']): Promise<readonly RollImport[]> {
  return await mapInOrder(
    await tx.select().from(imports).where(eq(imports.state, state)).orderBy(asc(imports.at), asc(imports.id)),
    async (row) => await toImport(tx, row),
  );
}

export async function listFaults(
  tx: Tx,
  importId: string,
  after: number,
  limit: number,
): Promise<readonly (RowFault & { no: number })[]> {
  return (
    await tx
      .select()
      .from(importFaults)
      .where(and(eq(importFaults.import, importId), gt(importFaults.no, after)))
      .orderBy(asc(importFaults.no))
      .limit(limit)
  ).map(({ import: _, params, ...f }) => ({
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

export async function applyImport(
  ctx: Context,
  stamp: Stamp,
  importId: string,
  limit: number,
  reason: string | null = null,
): Promise<ImportTotals & { readonly done: boolean }> {
  const tx = ctx.db;
  const row = await importRow(tx, importId);
  const roll = await toImport(tx, row);
  if (roll.state === 'applied') {
    const { added, duplicates, joined, corrected } = roll;
    return { done: true, added, duplicates, joined, corrected };
  }
  const county = await readCountyState(tx, roll.campaign, roll.county);
  const { no: campaign, campaignState, frameState } = county;
  const isFirst = roll.state === 'staged';
  if (isFirst) assertRollOpen(county.handIn, stamp.actor);
  const staged = (await ctx.raw
    .prepare('SELECT * FROM import_rows WHERE import = ? ORDER BY no LIMIT ?')
    .all(importId, limit)) as StoredRow[];
  const decision = decideImportPart(
    {
      import: { ...roll, no: row.no },
      campaignState,
      frameState,
      isRepeated: await wasApplied(tx, row),
      isOtherWithdrawn: isFirst && (await listSiblings(tx, row)).some((i) => i.state === 'withdrawing'),
      doubts: roll.summary?.doubts.length ?? 0,
      reason,
      rows: staged.map(toPartRow),
      isLast: staged.length < limit,
      known: await readKnownRoll(ctx, campaign, roll.county, staged),
    },
    stamp,
  );
  const { state, totals, late, contacts, affiliations, statements, isAltered } = decision.changes;
  await putStatements(ctx, campaign, roll.county, row.no, statements);
  await putContacts(ctx, campaign, roll.county, late, contacts);
  await changeAffiliations(ctx, campaign, roll.county, row.no, affiliations);
  if (isAltered) await markChanged(tx, campaign, roll.county);
  const last = staged.at(-1);
  if (last)
    await ctx.raw.prepare('DELETE FROM import_rows WHERE import = ? AND no <= ?').run(importId, last.no);
  await tx
    .update(imports)
    .set({ state, ...totals, ...(isFirst && { reason, appliedNo: await nextAppliedNo(tx) }) })
    .where(eq(imports.id, importId));
  await recordDecision(tx, stamp, { no: campaign, id: roll.campaign }, decision);
  if (state === 'applied') await analyzePartitions(tx, ['contacts', 'contact_schools'], campaign);
  return { done: state === 'applied', ...totals };
}

async function nextAppliedNo(tx: Tx): Promise<number> {
  const last = (await tx.select({ no: max(imports.appliedNo) }).from(imports))[0]?.no;
  return (last ?? 0) + 1;
}

/** The county's other imports. */
async function listSiblings(tx: Tx, row: typeof imports.$inferSelect): Promise<readonly RollImport[]> {
  return await mapInOrder(
    await tx
      .select()
      .from(imports)
      .where(and(eq(imports.campaign, row.campaign), eq(imports.county, row.county), ne(imports.id, row.id))),
    async (other) => await toImport(tx, other),
  );
}

async function putStatements(
  { raw }: Context,
  campaign: number,
  county: CountyCode,
  source: number,
  statements: readonly NamedBy[],
): Promise<void> {
  await insertRows(
    raw,
    'roll_statements',
    { campaign: 'integer', county: 'text', entry: 'bytea', source: 'integer', ...ofSchool },
    statements.map(({ entry, school, grade }) => [campaign, county, entry, source, school ?? '', grade]),
    'ON CONFLICT DO NOTHING',
  );
}

/** Whether the same file was applied before, to the same group. */
async function wasApplied(tx: Tx, row: typeof imports.$inferSelect): Promise<boolean> {
  const same = (
    await tx
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
  )[0];
  return same !== undefined;
}

/** Of the roll what these rows may meet, read at once. */
async function readKnownRoll(
  { raw }: Context,
  campaign: number,
  county: CountyCode,
  rows: readonly StoredRow[],
): Promise<KnownRoll> {
  const read = async (column: 'digest' | 'household', keys: readonly Buffer[]) =>
    (await raw
      .prepare(
        `SELECT ${column} AS key, entry, late FROM contacts WHERE campaign = ? AND county = ? AND ${column} = ANY(?)`,
      )
      .all(campaign, county, keys)) as (KnownContact & { readonly key: Buffer; readonly entry: Buffer })[];
  const mapOf = (list: Awaited<ReturnType<typeof read>>) =>
    new Map(list.map(({ key, entry, late }) => [toHex(key), { entry, late }]));
  const digests = mapOf(
    await read(
      'digest',
      rows.map((r) => r.digest),
    ),
  );
  const households = mapOf(
    await read(
      'household',
      rows.flatMap((r) => r.household ?? []),
    ),
  );
  const entries = [...digests.values(), ...households.values()].map((c) => c.entry);
  const stated = (await raw
    .prepare(
      'SELECT entry, school, grade, source FROM contact_schools WHERE campaign = ? AND county = ? AND entry = ANY(?)',
    )
    .all(campaign, county, entries)) as (KnownGrade & {
    readonly entry: Buffer;
    readonly school: string;
  })[];
  const grades = new Map<string, KnownGrade[]>();
  for (const { entry, school, grade, source } of stated) {
    const place = `${toHex(entry)} ${school}`;
    grades.set(place, [...(grades.get(place) ?? []), { grade, source }]);
  }
  return {
    findByDigest: (digest) => digests.get(toHex(digest)),
    findByHousehold: (household) => households.get(toHex(household)),
    listGrades: (entry, school) => grades.get(`${toHex(entry)} ${school}`) ?? [],
  };
}

async function putContacts(
  { raw }: Context,
  campaign: number,
  county: CountyCode,
  late: 0 | 1,
  rows: readonly PartRow[],
): Promise<void> {
  await insertRows(
    raw,
    'contacts',
    {
      ...{ campaign: 'integer', county: 'text', entry: 'bytea', grp: 'text', digest: 'bytea' },
      ...{ sealed: 'bytea', has_phone: 'integer', late: 'integer', household: 'bytea' },
    },
    rows.map(({ entry, group, digest, sealed, hasPhone, household }) => [
      ...[campaign, county, entry, group, digest, sealed, hasPhone ? 1 : 0, late, household],
    ]),
  );
}

async function changeAffiliations(
  { raw }: Context,
  campaign: number,
  county: CountyCode,
  source: number,
  steps: readonly AffiliationStep[],
): Promise<void> {
  // The last step of each row says what becomes of it.
  const last = new Map(steps.map((step) => [`${toHex(step.entry)} ${step.school} ${step.grade}`, step]));
  const keysOf = (op: AffiliationStep['op']) =>
    [...last.values()]
      .filter((step) => step.op === op)
      .map(({ entry, school, grade }) => [campaign, county, entry, school, grade]);
  const key = { campaign: 'integer', county: 'text', entry: 'bytea', ...ofSchool } as const;
  await deleteRows(raw, 'contact_schools', key, keysOf('remove'));
  await insertRows(
    raw,
    'contact_schools',
    { ...key, source: 'integer' },
    keysOf('write').map((row) => [...row, source]),
    'ON CONFLICT (campaign, county, entry, school, grade) DO UPDATE SET source = excluded.source',
  );
}

/** Its rows go afterwards, see `eraseStaged`: they cannot be applied any more. */
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

/** Rows of a discarded import, or else its faults, at most `limit`. Returns how many went. */
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

/** applied → withdrawing. */
export async function beginWithdrawal(tx: Tx, stamp: Stamp, importId: string, reason: string): Promise<void> {
  const row = await importRow(tx, importId);
  const roll = await toImport(tx, row);
  const { campaignState, frameState, handIn } = await readCountyState(tx, roll.campaign, roll.county);
  assertRollOpen(handIn, stamp.actor);
  const state = { import: roll, campaignState, frameState, others: await listSiblings(tx, row) };
  const decision = decideWithdrawal(state, reason, stamp);
  await tx
    .update(imports)
    .set({ state: decision.changes.state, withdrawal: JSON.stringify(decision.changes.withdrawal) })
    .where(eq(imports.id, importId));
  await recordDecision(tx, stamp, { no: row.campaign, id: roll.campaign }, decision);
}

/** Contacts that an import names, in the order of their entries. */
export async function listNamed(
  ctx: Context,
  importId: string,
  after: Uint8Array | null,
  limit: number,
): Promise<readonly Uint8Array[]> {
  const { campaign, county, no } = await importRow(ctx.db, importId);
  return (await ctx.raw
    .prepare(
      `SELECT DISTINCT entry FROM roll_statements
       WHERE campaign = ? AND county = ? AND entry > ? AND source = ? ORDER BY entry LIMIT ?`,
    )
    .pluck()
    .all(campaign, county, after ?? Buffer.alloc(0), no, limit)) as Buffer[];
}

/** A part of a withdrawal. */
export async function withdrawListed(
  ctx: Context,
  stamp: Stamp,
  importId: string,
  entries: readonly Uint8Array[],
  isLast: boolean,
): Promise<void> {
  const tx = ctx.db;
  const row = await importRow(tx, importId);
  const roll = await toImport(tx, row);
  const { no: campaign, frameState } = await readCountyState(tx, roll.campaign, roll.county);
  const orders = new Map(
    await mapInOrder(await listSiblings(tx, row), async (i) => [await noOf(tx, i.id), i.appliedNo]),
  );
  const decision = decideWithdrawalPart({
    import: { ...roll, no: row.no },
    frameState,
    contacts: await mapInOrder(
      entries,
      async (entry) => await namedContact(ctx, campaign, roll.county, entry),
    ),
    isLast,
    orderOf: (source) => orders.get(source) ?? 0,
  });
  const { state, withdrawal, removed, affiliations } = decision.changes;
  const place = [campaign, roll.county] as const;
  await ctx.raw
    .prepare(
      'DELETE FROM roll_statements WHERE campaign = ? AND county = ? AND entry = ANY(?) AND source = ?',
    )
    .run(...place, entries, row.no);
  for (const table of ['contact_schools', 'contacts'] as const)
    await ctx.raw
      .prepare(`DELETE FROM ${table} WHERE campaign = ? AND county = ? AND entry = ANY(?)`)
      .run(...place, removed);
  for (const step of affiliations) await changeAffiliations(ctx, campaign, roll.county, step.source, [step]);
  if (entries.length > 0) await markChanged(tx, campaign, roll.county);
  await tx
    .update(imports)
    .set({ state, withdrawal: JSON.stringify(withdrawal) })
    .where(eq(imports.id, importId));
  await recordDecision(tx, stamp, { no: campaign, id: roll.campaign }, decision);
}

async function noOf(tx: Tx, id: string): Promise<number> {
  return (await importRow(tx, id)).no;
}

async function namedContact(
  { raw }: Context,
  campaign: number,
  county: CountyCode,
  entry: Uint8Array,
): Promise<WithdrawnContact> {
  const statements = (await raw
    .prepare(
      'SELECT source, school, grade FROM roll_statements WHERE campaign = ? AND county = ? AND entry = ?',
    )
    .all(campaign, county, entry)) as { source: number; school: string; grade: number }[];
  const affiliations = (await raw
    .prepare(
      'SELECT school, grade, source FROM contact_schools WHERE campaign = ? AND county = ? AND entry = ?',
    )
    .all(campaign, county, entry)) as WithdrawnContact['affiliations'][number][];
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
export async function eraseStatements(
  ctx: Context,
  id: CampaignId,
  county: CountyCode,
  limit: number,
): Promise<number> {
  const { no, frameState } = await readCountyState(ctx.db, id, county);
  if (frameState === 'preparing') return 0;
  return (
    await ctx.raw
      .prepare(
        // By where the rows stand: no join that the planner could take for a small one.
        `DELETE FROM roll_statements WHERE ctid = ANY (ARRAY(
           SELECT ctid FROM roll_statements WHERE campaign = @no AND county = @county LIMIT @limit))`,
      )
      .run({ no, county, limit })
  ).changes;
}

/** How many of these contacts each applied roll names: the roll that a file repeats names most. */
export async function countSources(
  ctx: Context,
  id: CampaignId,
  county: CountyCode,
  entries: readonly Uint8Array[],
): Promise<readonly { readonly import: string; readonly fileName: string; readonly contacts: number }[]> {
  const campaign = await campaignNo(ctx.db, id);
  const sources = (await ctx.raw
    .prepare(
      `SELECT source, count(DISTINCT entry) AS contacts FROM roll_statements
       WHERE campaign = ? AND county = ? AND entry = ANY(?) GROUP BY source`,
    )
    .all(campaign, county, entries)) as { source: number; contacts: number }[];
  const counts = new Map(sources.map((s) => [s.source, s.contacts]));
  const own = await ctx.db
    .select({ no: imports.no, id: imports.id, fileName: imports.fileName })
    .from(imports)
    .where(and(eq(imports.campaign, campaign), eq(imports.county, county)));
  return own
    .flatMap((i) => {
      const contacts = counts.get(i.no) ?? 0;
      return contacts > 0 ? [{ import: i.id, fileName: i.fileName, contacts }] : [];
    })
    .sort((a, b) => b.contacts - a.contacts);
}
