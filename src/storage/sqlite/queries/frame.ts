import { and, asc, count, eq, gt, inArray, isNull, sql } from 'drizzle-orm';
import { parseProfile } from '../../../domain/campaign/document.ts';
import { AppError } from '../../../domain/errors.ts';
import { decideFreeze, type ComputedFrame } from '../../../domain/frame/decide-freeze.ts';
import type { FrameCount, FrameEntry } from '../../../domain/model/contact.ts';
import type { CampaignId, CountyCode, SchoolId } from '../../../domain/model/ids.ts';
import type { Stamp } from '../../../domain/model/stamp.ts';
import type { Group } from '../../../domain/model/vocabulary.ts';
import type { Tx } from '../connection.ts';
import type { Context } from '../context.ts';
import { toFrameEntries } from '../../shared/contact-rows.ts';
import { prepared } from '../prepared.ts';
import { campaignCounties, contacts, contactSchools, imports, lateness } from '../schema.ts';
import { campaignNo } from './campaign-no.ts';
import { findDocument, getCampaign } from './campaigns.ts';
import { countyRow, ofCounty } from './county.ts';
import { recordDecision } from './decision.ts';
import { readInspectionVersions } from './inspection.ts';
import { countWaitingFiles } from './roll-files.ts';
import { listSchools } from './schools.ts';

/**
 * Contacts with each of their schools, joined by the primary key: a common table expression would have no index and be scanned
 * for each contact. A contact is listed once per school, whatever grades the roll gives.
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

const countRolledSql = `
  SELECT grp, school, count(*)
  FROM (
    SELECT c.grp AS grp, s.school AS school
    FROM contacts c LEFT JOIN contact_schools s ON s.campaign = c.campaign AND s.county = c.county AND s.entry = c.entry
    WHERE c.campaign = @campaign AND c.county = @county AND c.entry >= @from AND c.entry < @upTo AND c.slip_no IS NULL AND c.late = ${lateness.frame}
    GROUP BY c.campaign, c.county, c.entry, s.school
  )
  GROUP BY grp, school`;
const pastAnyEntry = Buffer.alloc(17, 0xff);

/** Contacts of the frozen roll by group and school (a contact of two schools in both), read in small pieces. */
export function countRolled(
  ctx: Context,
  id: CampaignId,
  county: CountyCode,
): (group: Group, school: string) => number {
  const campaign = campaignNo(ctx.db, id);
  const read = ctx.raw.prepare(countRolledSql).raw();
  const counts = new Map<string, number>();
  for (let first = 0; first < 256; first++) {
    const from = first === 0 ? Buffer.alloc(0) : Buffer.of(first);
    const upTo = first === 255 ? pastAnyEntry : Buffer.of(first + 1);
    for (const [group, school, n] of read.all({ campaign, county, from, upTo }) as [
      string,
      string | null,
      number,
    ][]) {
      const name = `${group} ${school}`;
      counts.set(name, (counts.get(name) ?? 0) + n);
    }
    ctx.rest();
  }
  return (group, school) => counts.get(`${group} ${school}`) ?? 0;
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
  return toFrameEntries(rows, affiliations);
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

export function findFrameEntry(
  tx: Tx,
  id: CampaignId,
  county: CountyCode,
  entry: Uint8Array,
): FrameEntry | undefined {
  const campaign = campaignNo(tx, id);
  const rows = tx
    .select(frameColumns)
    .from(contacts)
    .where(
      and(
        eq(contacts.campaign, campaign),
        eq(contacts.county, county),
        eq(contacts.entry, Buffer.from(entry)),
        eq(contacts.late, 0),
        isNull(contacts.slipNo),
      ),
    )
    .all();
  return withAffiliations(tx, campaign, county, rows)[0];
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

/** In the transaction of each change of an entry. */
export function markChanged(tx: Tx, campaign: number, county: string): void {
  tx.$client
    .prepare(
      'UPDATE campaign_counties SET frame_version = frame_version + 1 WHERE campaign = ? AND county = ?',
    )
    .run(campaign, county);
}

/** The version restarts with the county's row; the random id of an entry does not. */
export function readFrameMark(ctx: Context, id: CampaignId, county: CountyCode): string {
  const row = prepared(
    ctx.raw,
    `SELECT frame_version AS version,
            (SELECT entry FROM contacts c WHERE c.campaign = o.campaign AND c.county = o.county ORDER BY entry LIMIT 1) AS first
     FROM campaign_counties o WHERE campaign = ? AND county = ?`,
  ).get(campaignNo(ctx.db, id), county) as { version: number; first: Buffer | null } | undefined;
  if (!row) throw new AppError('not-found', 'county.not-found', { params: { county } });
  return `${row.version} ${row.first?.toString('hex') ?? ''}`;
}

export function readFrameVersion(tx: Tx, id: CampaignId, county: CountyCode): number {
  return countyRow(tx, campaignNo(tx, id), county).frameVersion;
}

export function freezeFrame(
  tx: Tx,
  stamp: Stamp,
  id: CampaignId,
  county: CountyCode,
  frame: ComputedFrame,
): void {
  const campaign = getCampaign(tx, id);
  const no = campaignNo(tx, id);
  const pending = tx
    .select({ id: imports.id })
    .from(imports)
    .where(
      and(
        eq(imports.campaign, no),
        eq(imports.county, county),
        inArray(imports.state, ['staged', 'applying', 'withdrawing']),
      ),
    )
    .get();
  // Slips are created by the draw, so all of them are of the roll. Counted by the index of digests, which is a tenth of the
  // table's size.
  const size =
    tx
      .select({ n: count() })
      .from(contacts)
      .where(and(eq(contacts.campaign, no), eq(contacts.county, county)))
      .get()?.n ?? 0;
  const state = {
    campaign,
    county,
    sampling: parseProfile(campaign.profile, findDocument(tx, campaign.profile)).sampling,
    schools: listSchools(tx, id, county),
    importPending: pending !== undefined || countWaitingFiles(tx, no, county) > 0,
    size,
    version: countyRow(tx, no, county).frameVersion,
    inspection: readInspectionVersions(tx, no, county),
  };
  const decision = decideFreeze(state, frame, stamp);
  const { root, ...changes } = decision.changes;
  tx.update(campaignCounties)
    .set({ ...changes, frameRoot: Buffer.from(root) })
    .where(ofCounty(no, county))
    .run();
  recordDecision(tx, stamp, { no, id }, decision);
}
