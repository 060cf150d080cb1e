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
import { campaignCounties, contacts, contactSchools, imports, lateness } from '../schema.ts';
import { campaignNo } from './campaign-no.ts';
import { findDocument, getCampaign } from './campaigns.ts';
import { countyRow, ofCounty } from './county.ts';
import { recordDecision } from './decision.ts';
import { readInspectionVersions } from './inspection.ts';
import { countWaitingFiles } from './roll-files.ts';
import { listSchools } from './schools.ts';

/** Contacts with each of their schools. A contact is listed once per school, whatever grades the roll gives. */
const countFrameSql = `
  SELECT grp, school, count(*) AS contacts, sum(has_phone) AS "withPhone", count(*) FILTER (WHERE schools > 1) AS shared, sum(late) AS late
  FROM (
    SELECT c.grp, s.school, c.has_phone, c.late, count(s.school) OVER (PARTITION BY c.entry) AS schools
    FROM contacts c LEFT JOIN (
      SELECT DISTINCT entry, school FROM contact_schools WHERE campaign = @campaign AND county = @county
    ) s ON s.entry = c.entry
    WHERE c.campaign = @campaign AND c.county = @county AND c.slip_no IS NULL AND c.late <> ${lateness.canary}
  ) AS each
  GROUP BY grp, school ORDER BY grp, school NULLS FIRST`;

export async function countFrame(
  ctx: Context,
  id: CampaignId,
  county: CountyCode,
): Promise<readonly FrameCount[]> {
  const campaign = await campaignNo(ctx.db, id);
  const rows = (await ctx.raw.prepare(countFrameSql).all({ campaign, county })) as {
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

async function withAffiliations(
  tx: Tx,
  campaign: number,
  county: CountyCode,
  rows: readonly { entry: Buffer; group: string; sealed: Buffer | null; commitment: Buffer | null }[],
): Promise<readonly FrameEntry[]> {
  const first = rows[0];
  const last = rows.at(-1);
  if (!first || !last) return [];
  const affiliations = await tx
    .select({ entry: contactSchools.entry, school: contactSchools.school, grade: contactSchools.grade })
    .from(contactSchools)
    .where(
      and(
        eq(contactSchools.campaign, campaign),
        eq(contactSchools.county, county),
        sql`${contactSchools.entry} BETWEEN ${first.entry} AND ${last.entry}`,
      ),
    );
  return toFrameEntries(rows, affiliations);
}

export async function listFrame(
  tx: Tx,
  id: CampaignId,
  county: CountyCode,
  after: Uint8Array | null,
  limit: number,
): Promise<readonly FrameEntry[]> {
  const campaign = await campaignNo(tx, id);
  const rows = await tx
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
    .limit(limit);
  return await withAffiliations(tx, campaign, county, rows);
}

export async function findFrameEntry(
  tx: Tx,
  id: CampaignId,
  county: CountyCode,
  entry: Uint8Array,
): Promise<FrameEntry | undefined> {
  const campaign = await campaignNo(tx, id);
  const rows = await tx
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
    );
  return (await withAffiliations(tx, campaign, county, rows))[0];
}

export async function listLateContacts(
  tx: Tx,
  id: CampaignId,
  county: CountyCode,
  limit: number,
): Promise<readonly FrameEntry[]> {
  const campaign = await campaignNo(tx, id);
  const rows = await tx
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
    .limit(limit);
  return await withAffiliations(tx, campaign, county, rows);
}

/** In the transaction of each change of an entry. */
export async function markChanged(tx: Tx, campaign: number, county: string): Promise<void> {
  await tx.$raw
    .prepare(
      'UPDATE campaign_counties SET frame_version = frame_version + 1 WHERE campaign = ? AND county = ?',
    )
    .run(campaign, county);
}

/** The version restarts with the county's row; the random id of an entry does not. */
export async function readFrameMark(ctx: Context, id: CampaignId, county: CountyCode): Promise<string> {
  const row = (await ctx.raw
    .prepare(
      `SELECT frame_version AS version,
              (SELECT entry FROM contacts c WHERE c.campaign = o.campaign AND c.county = o.county ORDER BY entry LIMIT 1) AS first
       FROM campaign_counties o WHERE campaign = ? AND county = ?`,
    )
    .get(await campaignNo(ctx.db, id), county)) as { version: number; first: Buffer | null } | undefined;
  if (!row) throw new AppError('not-found', 'county.not-found', { params: { county } });
  return `${row.version} ${row.first?.toString('hex') ?? ''}`;
}

export async function readFrameVersion(tx: Tx, id: CampaignId, county: CountyCode): Promise<number> {
  return (await countyRow(tx, await campaignNo(tx, id), county)).frameVersion;
}

export async function freezeFrame(
  tx: Tx,
  stamp: Stamp,
  id: CampaignId,
  county: CountyCode,
  frame: ComputedFrame,
): Promise<void> {
  const campaign = await getCampaign(tx, id);
  const no = await campaignNo(tx, id);
  const pending = (
    await tx
      .select({ id: imports.id })
      .from(imports)
      .where(
        and(
          eq(imports.campaign, no),
          eq(imports.county, county),
          inArray(imports.state, ['staged', 'applying', 'withdrawing']),
        ),
      )
  )[0];
  // Slips are created by the draw, so all of them are of the roll. Counted by the index of digests, which is a tenth of the
  // table's size.
  const size =
    (
      await tx
        .select({ n: count() })
        .from(contacts)
        .where(and(eq(contacts.campaign, no), eq(contacts.county, county)))
    )[0]?.n ?? 0;
  const state = {
    campaign,
    county,
    sampling: parseProfile(campaign.profile, await findDocument(tx, campaign.profile)).sampling,
    schools: await listSchools(tx, id, county),
    importPending: pending !== undefined || (await countWaitingFiles(tx, no, county)) > 0,
    size,
    version: (await countyRow(tx, no, county)).frameVersion,
    inspection: await readInspectionVersions(tx, no, county),
  };
  const decision = decideFreeze(state, frame, stamp);
  const { root, ...changes } = decision.changes;
  await tx
    .update(campaignCounties)
    .set({ ...changes, frameRoot: Buffer.from(root) })
    .where(ofCounty(no, county));
  await recordDecision(tx, stamp, { no, id }, decision);
}
