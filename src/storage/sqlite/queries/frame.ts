import { and, asc, count, desc, eq, gt, inArray, isNull, max, sql } from 'drizzle-orm';
import { z } from 'zod';
import { AppError } from '../../../domain/errors.ts';
import { sortedListHash } from '../../../domain/evidence/leaf.ts';
import { decideAffiliation, type KnownGrade } from '../../../domain/frame/roll/affiliation.ts';
import {
  committedSchools,
  planSchools,
  whyKept,
  type PlacedSchool,
  type SchoolPlan,
} from '../../../domain/frame/roll/school-plan.ts';
import { compareBytes } from '../../../domain/frame/sample.ts';
import { contentHash, toHex } from '../../../domain/hash.ts';
import type { CampaignId, CountyCode, SchoolId } from '../../../domain/model/ids.ts';
import {
  groupSchema,
  locationSchema,
  ownershipSchema,
  schoolCategorySchema,
  schoolLevelSchema,
  type Group,
} from '../../../domain/model/vocabulary.ts';
import type { FrameCount, FrameEntry } from '../../../domain/model/contact.ts';
import type { ImportSummary, RollImport, RowFault, StagedRow } from '../../../domain/model/import.ts';
import type { School } from '../../../domain/model/school.ts';
import { stampOf, type Stamp } from '../../../domain/model/stamp.ts';
import type { Tx } from '../connection.ts';
import type { Context } from '../context.ts';
import { parseJson } from '../json.ts';
import {
  campaignCounties,
  campaigns,
  contacts,
  contactSchools,
  importFaults,
  imports,
  schools,
  lateness,
} from '../schema.ts';
import { campaignNo } from './campaign-no.ts';
import { getCampaign } from './campaigns.ts';
import { appendState } from './evidence.ts';
import { writeTrail } from './trail.ts';

// Made once: a schema costs more to make than a row to read.
const importStateSchema = z.enum(['reading', 'staged', 'applying', 'applied', 'discarded']);

const aliasesSchema = z.array(z.string());
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

/** @throws AppError not-found `county.not-found` */
export function countyRow(
  tx: Tx,
  campaign: number,
  county: CountyCode,
): typeof campaignCounties.$inferSelect {
  const row = tx
    .select()
    .from(campaignCounties)
    .where(and(eq(campaignCounties.campaign, campaign), eq(campaignCounties.county, county)))
    .get();
  if (!row) throw new AppError('not-found', 'county.not-found', { params: { county } });
  return row;
}

export function putSchools(
  tx: Tx,
  stamp: Stamp,
  id: CampaignId,
  county: CountyCode,
  list: readonly PlacedSchool[],
): SchoolPlan {
  const campaign = campaignNo(tx, id);
  if (countyRow(tx, campaign, county).frameState !== 'preparing')
    throw new AppError('conflict', 'frame.frozen');
  const plan = planSchools(listSchools(tx, id, county), list);
  // Prepared once: with thousands of schools the query builder would hold up the writer.
  const put = tx.$client.prepare(
    `INSERT INTO schools (campaign, county, id, name, category, location, level, ownership, pupils, staff, township, parent, code, aliases)
     VALUES (@campaign, @county, @id, @name, @category, @location, @level, @ownership, @pupils, @staff, @township, @parent, @code, @aliases)
     ON CONFLICT (campaign, county, id) DO UPDATE SET name = excluded.name, category = excluded.category, location = excluded.location,
       level = excluded.level, ownership = excluded.ownership, pupils = excluded.pupils, staff = excluded.staff,
       township = excluded.township, parent = excluded.parent, code = excluded.code, aliases = excluded.aliases`,
  );
  for (const school of plan.schools)
    put.run({ campaign, county, ...school, aliases: JSON.stringify(school.aliases) });
  if (plan.schools.length > 0)
    writeTrail(tx, stamp, 'schools.put', { campaign: id, county }, { schools: plan.schools.length });
  return plan;
}

export function removeSchool(
  ctx: Context,
  stamp: Stamp,
  id: CampaignId,
  county: CountyCode,
  school: SchoolId,
): void {
  const tx = ctx.db;
  const campaign = campaignNo(tx, id);
  const known = listSchools(tx, id, county);
  const found = known.find((s) => s.id === school);
  if (!found) throw new AppError('not-found', 'school.not-found');
  const exists = (sqlText: string, ...values: readonly unknown[]) =>
    ctx.raw.prepare(sqlText).get(...values) !== undefined;
  const why = whyKept({
    preparing: countyRow(tx, campaign, county).frameState === 'preparing',
    contacts:
      exists(
        'SELECT 1 FROM contact_schools WHERE campaign = ? AND county = ? AND school = ? LIMIT 1',
        campaign,
        county,
        school,
      ) ||
      exists(
        `SELECT 1 FROM import_rows WHERE school = ? AND import IN (SELECT id FROM imports WHERE campaign = ? AND county = ?) LIMIT 1`,
        school,
        campaign,
        county,
      ),
    children: known.some((s) => s.parent === school),
  });
  if (why !== undefined) throw new AppError('conflict', why, { params: { school: found.name } });
  tx.delete(schools)
    .where(and(eq(schools.campaign, campaign), eq(schools.county, county), eq(schools.id, school)))
    .run();
  writeTrail(tx, stamp, 'schools.remove', { campaign: id, county }, { school });
}

export function listSchools(tx: Tx, id: CampaignId, county: CountyCode): readonly School[] {
  return tx
    .select()
    .from(schools)
    .where(and(eq(schools.campaign, campaignNo(tx, id)), eq(schools.county, county)))
    .orderBy(asc(schools.id))
    .all()
    .map((s) => ({
      id: s.id as SchoolId,
      name: s.name,
      code: s.code,
      aliases: parseJson(aliasesSchema, s.aliases, 'schools.aliases'),
      category: schoolCategorySchema.parse(s.category),
      location: s.location === null ? null : locationSchema.parse(s.location),
      level: s.level === null ? null : schoolLevelSchema.parse(s.level),
      ownership: ownershipSchema.parse(s.ownership),
      pupils: s.pupils,
      staff: s.staff,
      township: s.township,
      parent: s.parent as SchoolId | null,
    }));
}

export function createImport(
  tx: Tx,
  stamp: Stamp,
  created: Pick<RollImport, 'id' | 'campaign' | 'county' | 'group' | 'fileName' | 'lateReason'>,
): void {
  const campaign = campaignNo(tx, created.campaign);
  assertImportable(countyRow(tx, campaign, created.county).frameState, created.lateReason);
  const no =
    (tx
      .select({ last: max(imports.no) })
      .from(imports)
      .get()?.last ?? 0) + 1;
  tx.insert(imports)
    .values({ ...created, campaign, no, state: 'reading', by: stamp.actor.name, at: stamp.at })
    .run();
}

function assertImportable(frameState: string, lateReason: string | null): void {
  if (frameState === 'preparing') return;
  if (frameState !== 'drawn') throw new AppError('conflict', 'frame.between');
  if (lateReason === null) throw new AppError('conflict', 'frame.frozen');
}

export function stageRows(
  ctx: Context,
  importId: string,
  rows: readonly StagedRow[],
  faults: readonly RowFault[],
): void {
  const { state } = importRow(ctx.db, importId);
  if (state !== 'reading') throw new AppError('conflict', 'import.state', { params: { state } });
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
  if (row.state !== 'reading')
    throw new AppError('conflict', 'import.state', { params: { state: row.state } });
  tx.update(imports)
    .set({ state: 'staged', fileHash, summary: JSON.stringify(summary) })
    .where(eq(imports.id, importId))
    .run();
  writeTrail(
    tx,
    stamp,
    'import.read',
    { campaign: campaignIdOf(tx, row.campaign), county: row.county },
    { import: importId, group: row.group, fileHash, good: summary.good, bad: summary.bad },
  );
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

export function applyImport(
  ctx: Context,
  tx: Tx,
  stamp: Stamp,
  importId: string,
  limit: number,
): { done: boolean; added: number; duplicates: number; joined: number; corrected: number } {
  const row = importRow(tx, importId);
  let { added, duplicates, joined, corrected } = row;
  if (row.state === 'applied') return { done: true, added, duplicates, joined, corrected };
  if (row.state !== 'staged' && row.state !== 'applying')
    throw new AppError('conflict', 'import.state', { params: { state: row.state } });
  const frameState = countyRow(tx, row.campaign, row.county as CountyCode).frameState;
  assertImportable(frameState, row.lateReason);
  const late = frameState === 'preparing' ? 0 : 1;
  const where = { campaign: campaignIdOf(tx, row.campaign), county: row.county };

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

  const staged = ctx.raw
    .prepare('SELECT * FROM import_rows WHERE import = ? ORDER BY no LIMIT ?')
    .all(importId, limit) as {
    no: number;
    grp: string;
    school: string | null;
    grade: number | null;
    digest: Buffer;
    entry: Buffer;
    sealed: Buffer;
    has_phone: number;
    household: Buffer | null;
  }[];
  const insertContact = ctx.raw.prepare(
    `INSERT INTO contacts (campaign, county, entry, grp, digest, sealed, has_phone, late, household) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT DO NOTHING`,
  );
  const findByDigest = ctx.raw.prepare(
    'SELECT entry, late FROM contacts WHERE campaign = ? AND county = ? AND digest = ?',
  );
  const findByHousehold = ctx.raw.prepare(
    'SELECT entry, late FROM contacts WHERE campaign = ? AND county = ? AND household = ?',
  );
  const findGrades = ctx.raw.prepare(
    'SELECT grade, source FROM contact_schools WHERE campaign = ? AND county = ? AND entry = ? AND school = ?',
  );
  const writeSchool = ctx.raw.prepare(
    'INSERT OR REPLACE INTO contact_schools (campaign, county, entry, school, grade, source) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const removeGrade = ctx.raw.prepare(
    'DELETE FROM contact_schools WHERE campaign = ? AND county = ? AND entry = ? AND school = ? AND grade = ?',
  );
  const fresh: Uint8Array[] = [];
  for (const s of staged) {
    let entry: Buffer = s.entry;
    let isNew = false;
    if (same === undefined) {
      isNew =
        insertContact.run(
          row.campaign,
          row.county,
          s.entry,
          s.grp,
          s.digest,
          s.sealed,
          s.has_phone,
          late,
          s.household,
        ).changes === 1;
    }
    if (isNew) {
      added++;
      fresh.push(s.entry);
    } else {
      duplicates++;
      const existing = (findByDigest.get(row.campaign, row.county, s.digest) ??
        (s.household && findByHousehold.get(row.campaign, row.county, s.household))) as
        { entry: Buffer; late: number } | null | undefined;
      // After the freeze a contact of the frozen frame keeps the schools that it was frozen with.
      if (!existing || existing.late !== late) continue;
      entry = existing.entry;
    }
    if (s.school === null) continue;
    const at = [row.campaign, row.county, entry, s.school] as const;
    const said = { grade: s.grade ?? 0, source: row.no };
    const change = decideAffiliation(isNew ? [] : (findGrades.all(...at) as KnownGrade[]), said);
    for (const grade of change.removed) removeGrade.run(...at, grade);
    if (change.written) writeSchool.run(...at, said.grade, said.source);
    if (!isNew && change.outcome === 'joined') joined++;
    if (change.outcome === 'corrected') corrected++;
  }
  const last = staged.at(-1);
  if (last) ctx.raw.prepare('DELETE FROM import_rows WHERE import = ? AND no <= ?').run(importId, last.no);
  const done = staged.length < limit;
  tx.update(imports)
    .set({ state: done ? 'applied' : 'applying', added, duplicates, joined, corrected })
    .where(eq(imports.id, importId))
    .run();
  if (row.state === 'staged') {
    const details = { import: importId, group: row.group, late: late === 1, reason: row.lateReason };
    writeTrail(tx, stamp, 'import.apply', where, details);
  }
  if (late === 1 && fresh.length > 0) {
    appendState(tx, row.campaign, row.county, 'late-edit', {
      import: importId,
      group: groupSchema.parse(row.group),
      reason: row.lateReason,
      file: row.fileHash,
      added: fresh.length,
      entries: sortedListHash(fresh.sort(compareBytes)),
      ...stampOf(stamp),
    });
  }
  if (done)
    writeTrail(tx, stamp, 'import.applied', where, {
      import: importId,
      added,
      duplicates,
      joined,
      corrected,
    });
  return { done, added, duplicates, joined, corrected };
}

/** Its rows go afterwards, see `eraseStaged`: they cannot be applied any more. */
export function discardImport(tx: Tx, stamp: Stamp, importId: string): void {
  const row = importRow(tx, importId);
  if (row.state === 'discarded') return;
  if (row.state !== 'staged' && row.state !== 'reading')
    throw new AppError('conflict', 'import.state', { params: { state: row.state } });
  tx.update(imports).set({ state: 'discarded', summary: null }).where(eq(imports.id, importId)).run();
  writeTrail(
    tx,
    stamp,
    'import.discard',
    { campaign: campaignIdOf(tx, row.campaign), county: row.county },
    { import: importId },
  );
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

/**
 * Contacts with each of their schools, joined by the primary key: an expression of its own would have no index and be read anew for each contact. A contact
 * stands in a school once, whatever grades the roll gives.
 */
const countFrameSql = `
  SELECT grp, school, count(*) AS contacts, sum(has_phone) AS withPhone, sum(schools > 1) AS shared, sum(late) AS late
  FROM (
    SELECT c.grp AS grp, s.school AS school, c.has_phone AS has_phone, c.late AS late,
           (SELECT count(DISTINCT x.school) FROM contact_schools x
            WHERE x.campaign = c.campaign AND x.county = c.county AND x.entry = c.entry) AS schools
    FROM contacts c LEFT JOIN contact_schools s ON s.campaign = c.campaign AND s.county = c.county AND s.entry = c.entry
    WHERE c.campaign = @campaign AND c.county = @county AND c.slip_no IS NULL AND c.late <> ${lateness.canary}
    GROUP BY c.campaign, c.county, c.entry, s.school
  )
  GROUP BY grp, school ORDER BY grp, school`;

export function countFrame(ctx: Context, id: CampaignId, county: CountyCode): readonly FrameCount[] {
  const campaign = campaignNo(ctx.db, id);
  const rows = ctx.raw.prepare(countFrameSql).all({ campaign, county }) as {
    grp: string;
    school: string | null;
    contacts: number;
    withPhone: number;
    shared: number;
    late: number;
  }[];
  return rows.map(({ grp, school, ...n }) => ({
    group: grp as Group,
    school: school as SchoolId | null,
    ...n,
  }));
}

const frameColumns = {
  entry: contacts.entry,
  group: contacts.group,
  sealed: contacts.sealed,
  commitment: contacts.commitment,
};

function withAffiliations(
  tx: Tx,
  campaign: number,
  county: CountyCode,
  rows: readonly { entry: Buffer; group: string; sealed: Buffer | null; commitment: Buffer | null }[],
): readonly FrameEntry[] {
  const first = rows[0];
  const last = rows.at(-1);
  if (!first || !last) return [];
  const byEntry = new Map<string, { school: SchoolId; grade: number | null }[]>();
  const affiliations = tx
    .select({ entry: contactSchools.entry, school: contactSchools.school, grade: contactSchools.grade })
    .from(contactSchools)
    .where(
      and(
        eq(contactSchools.campaign, campaign),
        eq(contactSchools.county, county),
        sql`${contactSchools.entry} BETWEEN ${first.entry} AND ${last.entry}`,
      ),
    )
    .all();
  for (const a of affiliations) {
    const key = a.entry.toString('latin1');
    const list = byEntry.get(key) ?? [];
    list.push({ school: a.school as SchoolId, grade: a.grade === 0 ? null : a.grade });
    byEntry.set(key, list);
  }
  return rows.map((r) => ({
    entry: new Uint8Array(r.entry),
    group: groupSchema.parse(r.group),
    sealed: r.sealed && new Uint8Array(r.sealed),
    commitment: r.commitment && new Uint8Array(r.commitment),
    affiliations: byEntry.get(r.entry.toString('latin1')) ?? [],
  }));
}

export function listFrame(
  tx: Tx,
  id: CampaignId,
  county: CountyCode,
  after: Uint8Array | null,
  limit: number,
): readonly FrameEntry[] {
  const campaign = campaignNo(tx, id);
  const rows = tx
    .select(frameColumns)
    .from(contacts)
    .where(
      and(
        eq(contacts.campaign, campaign),
        eq(contacts.county, county),
        eq(contacts.late, 0),
        isNull(contacts.slipNo),
        after === null ? undefined : gt(contacts.entry, Buffer.from(after)),
      ),
    )
    .orderBy(asc(contacts.entry))
    .limit(limit)
    .all();
  return withAffiliations(tx, campaign, county, rows);
}

export function listLateContacts(
  tx: Tx,
  id: CampaignId,
  county: CountyCode,
  limit: number,
): readonly FrameEntry[] {
  const campaign = campaignNo(tx, id);
  const rows = tx
    .select(frameColumns)
    .from(contacts)
    .where(
      and(
        eq(contacts.campaign, campaign),
        eq(contacts.county, county),
        eq(contacts.late, 1),
        isNull(contacts.sealedCode),
      ),
    )
    .orderBy(asc(contacts.entry))
    .limit(limit)
    .all();
  return withAffiliations(tx, campaign, county, rows);
}

export function freezeFrame(
  tx: Tx,
  stamp: Stamp,
  id: CampaignId,
  county: CountyCode,
  frame: { readonly root: Uint8Array; readonly size: number },
): void {
  const campaign = campaignNo(tx, id);
  if (countyRow(tx, campaign, county).frameState !== 'preparing')
    throw new AppError('conflict', 'frame.frozen');
  const pending = tx
    .select({ id: imports.id })
    .from(imports)
    .where(
      and(
        eq(imports.campaign, campaign),
        eq(imports.county, county),
        inArray(imports.state, ['staged', 'applying']),
      ),
    )
    .get();
  if (pending) throw new AppError('conflict', 'frame.import-pending');
  // Slips come with the draw, so all there are are of the roll; counted by the index of digests alone, which is a tenth of the table.
  const size =
    tx
      .select({ n: count() })
      .from(contacts)
      .where(and(eq(contacts.campaign, campaign), eq(contacts.county, county)))
      .get()?.n ?? 0;
  if (size !== frame.size) throw new AppError('conflict', 'frame.changed');
  tx.update(campaignCounties)
    .set({
      frameState: 'frozen',
      frameRoot: Buffer.from(frame.root),
      frameSize: frame.size,
      frozenAt: stamp.at,
    })
    .where(and(eq(campaignCounties.campaign, campaign), eq(campaignCounties.county, county)))
    .run();
  writeTrail(
    tx,
    stamp,
    'frame.freeze',
    { campaign: id, county },
    { root: toHex(frame.root), size: frame.size },
  );
  const { profile, questionnaires, counties } = getCampaign(tx, id);
  const own = counties.find((c) => c.code === county)!;
  appendState(tx, campaign, county, 'frame', {
    campaign: id,
    county,
    name: own.name,
    residents: own.residents,
    slips: own.slips.map(({ group, count: n }) => ({ group, count: n })),
    profile,
    questionnaires: questionnaires.map(({ no, hash, groups: asked }) => ({ no, hash, groups: [...asked] })),
    schools: contentHash(committedSchools(listSchools(tx, id, county))),
    root: toHex(frame.root),
    size: frame.size,
    ...stampOf(stamp),
  });
}
