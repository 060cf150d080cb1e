/** Applies staged rows to contacts, part by part. */
import { mapInOrder } from '../in-order.ts';
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
import { toHex } from '../../../domain/hash.ts';
import type { CountyCode } from '../../../domain/model/ids.ts';
import { type RollImport } from '../../../domain/model/import.ts';
import type { Stamp } from '../../../domain/model/stamp.ts';
import type { Tx } from '../connection.ts';
import { deleteRows, insertRows } from '../bulk.ts';
import { analyzePartitions } from '../partitions.ts';
import type { Context } from '../context.ts';
import { imports } from '../schema.ts';
import { readCountyState } from './county.ts';
import { recordDecision } from './decision.ts';
import { markChanged } from './frame.ts';
import { importRow, toImport } from './imports.ts';
import { toPartRow, type StoredRow } from '../../shared/import-rows.ts';

const ofSchool = { school: 'text', grade: 'integer' } as const;

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
export async function listSiblings(tx: Tx, row: typeof imports.$inferSelect): Promise<readonly RollImport[]> {
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

/** The part of the roll that these rows may affect, read at once. */
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

export async function changeAffiliations(
  { raw }: Context,
  campaign: number,
  county: CountyCode,
  source: number,
  steps: readonly AffiliationStep[],
): Promise<void> {
  // The last step of each row determines its result.
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
