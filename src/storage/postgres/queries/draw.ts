import { and, eq } from 'drizzle-orm';
import type { IssueCommitment } from '../../../domain/code/commitment.ts';
import { AppError } from '../../../domain/errors.ts';
import {
  assertDrawing,
  decideDrawn,
  decideLateIssue,
  decideSeed,
  type Seeding,
} from '../../../domain/frame/decide-draw.ts';
import type { ReportingStratum, SamplingStratum } from '../../../domain/frame/strata.ts';
import { toHex } from '../../../domain/hash.ts';
import type { PlacedCanary } from '../../../domain/model/canary.ts';
import type { IssuedCode } from '../../../domain/model/code.ts';
import type { DrawnContact } from '../../../domain/model/contact.ts';
import type { CampaignId, CountyCode } from '../../../domain/model/ids.ts';
import type { Stamp } from '../../../domain/model/stamp.ts';
import type { Tx } from '../connection.ts';
import { insertRows } from '../bulk.ts';
import type { DrawnPart } from '../../shared/part-calls.ts';
import { analyzePartitions } from '../partitions.ts';
import type { Context } from '../context.ts';
import { campaignCounties, reportingStrata } from '../schema.ts';
import { campaignNo } from './campaign-no.ts';
import { listCanaries, placeCanaries } from './canaries.ts';
import { ofCounty, readCountyState } from './county.ts';
import { recordDecision } from './decision.ts';
import { readStrata } from './strata.ts';

export async function beginDraw(
  tx: Tx,
  stamp: Stamp,
  id: CampaignId,
  county: CountyCode,
  seeding: Seeding,
): Promise<void> {
  const state = await readCountyState(tx, id, county);
  const decision = decideSeed({ ...state, isSeeded: state.row.draw !== null }, seeding, stamp);
  const { frameState, draw } = decision.changes;
  await tx
    .update(campaignCounties)
    .set({ frameState, draw: JSON.stringify({ ...draw, seed: toHex(draw.seed) }) })
    .where(ofCounty(state.no, county));
  await recordDecision(tx, stamp, { no: state.no, id }, decision);
}

/**
 * Rest of an interrupted draw, at most `limit` of each after those of `last`: pseudonyms of the county, contacts with a code
 * (slips are always such).
 */
export async function listDrawn(
  ctx: Context,
  id: CampaignId,
  county: CountyCode,
  last: DrawnPart | null,
  limit: number,
): Promise<DrawnPart> {
  const campaign = await campaignNo(ctx.db, id);
  const list = async (sql: string, after: Uint8Array | undefined): Promise<Uint8Array[]> =>
    (
      (await ctx.raw
        .prepare(sql)
        .pluck()
        .all({ campaign, county, limit, after: after ?? Buffer.alloc(0) })) as Buffer[]
    ).map((b) => new Uint8Array(b));
  return {
    pseudonyms: await list(
      `SELECT pseudonym FROM issued WHERE campaign = @campaign AND pseudonym > @after AND county = @county
       ORDER BY pseudonym LIMIT @limit`,
      last?.pseudonyms.at(-1),
    ),
    entries: await list(
      `SELECT entry FROM contacts WHERE campaign = @campaign AND county = @county AND entry > @after
         AND (sealed_code IS NOT NULL OR slip_no IS NOT NULL) ORDER BY entry LIMIT @limit`,
      last?.entries.at(-1),
    ),
  };
}

export async function forgetDrawn(
  ctx: Context,
  id: CampaignId,
  county: CountyCode,
  { pseudonyms, entries }: DrawnPart,
): Promise<void> {
  const campaign = await campaignNo(ctx.db, id);
  assertDrawing((await readCountyState(ctx.db, id, county)).frameState);
  const { raw } = ctx;
  const here = 'campaign = ? AND county = ?';
  await raw
    .prepare(`DELETE FROM issued WHERE ${here} AND pseudonym = ANY (?::bytea[])`)
    .run(campaign, county, pseudonyms);
  await raw
    .prepare(`DELETE FROM contacts WHERE ${here} AND entry = ANY (?::bytea[]) AND slip_no IS NOT NULL`)
    .run(campaign, county, entries);
  await raw
    .prepare(
      `UPDATE contacts SET school = NULL, counted_set = NULL, reporting_stratum = NULL, sealed_code = NULL
       WHERE ${here} AND entry = ANY (?::bytea[])`,
    )
    .run(campaign, county, entries);
}

async function writeDrawn(
  ctx: Context,
  campaign: number,
  county: CountyCode,
  drawn: readonly DrawnContact[],
  codes: readonly IssuedCode[],
): Promise<void> {
  const { raw } = ctx;
  const slips = drawn.flatMap((c) => (c.slip ? [{ ...c, slip: c.slip }] : []));
  await insertRows(
    raw,
    'contacts',
    {
      ...{ campaign: 'integer', county: 'text', entry: 'bytea', grp: 'text', digest: 'bytea' },
      ...{ has_phone: 'integer', late: 'integer', slip_no: 'integer', school: 'text', counted_set: 'text' },
      ...{ reporting_stratum: 'integer', sealed_code: 'bytea' },
    },
    slips.map((c) => [
      ...[campaign, county, c.entry, c.slip.group, c.entry],
      ...[0, 0, c.slip.no, c.school, c.set],
      ...[c.reportingStratum, c.sealedCode],
    ]),
  );
  const others = drawn.filter((c) => !c.slip);
  const { changes } = await raw
    .prepare(
      `UPDATE contacts c SET school = d.school, counted_set = d.counted_set, reporting_stratum = d.stratum, sealed_code = d.code
       FROM unnest(?::bytea[], ?::text[], ?::text[], ?::integer[], ?::bytea[]) AS d (entry, school, counted_set, stratum, code)
       WHERE c.campaign = ? AND c.county = ? AND c.entry = d.entry AND c.sealed_code IS NULL`,
    )
    .run(
      others.map((c) => c.entry),
      others.map((c) => c.school),
      others.map((c) => c.set),
      others.map((c) => c.reportingStratum),
      others.map((c) => c.sealedCode),
      campaign,
      county,
    );
  if (changes !== others.length) throw new AppError('conflict', 'draw.contact-has-code');
  await insertRows(
    raw,
    'issued',
    {
      ...{ campaign: 'integer', pseudonym: 'bytea', county: 'text', sampling_stratum: 'integer' },
      ...{ reporting_stratum: 'integer', questionnaire: 'integer', counted_set: 'text' },
    },
    codes.map((i) => [
      ...[campaign, i.pseudonym, county, i.samplingStratum],
      ...[i.reportingStratum, i.questionnaire, i.set],
    ]),
  );
}

export async function saveDrawn(
  ctx: Context,
  id: CampaignId,
  county: CountyCode,
  drawn: readonly DrawnContact[],
  codes: readonly IssuedCode[],
): Promise<void> {
  const campaign = await campaignNo(ctx.db, id);
  assertDrawing((await readCountyState(ctx.db, id, county)).frameState);
  await writeDrawn(ctx, campaign, county, drawn, codes);
}

async function putStrata(
  { raw }: Context,
  campaign: number,
  county: CountyCode,
  sampling: readonly SamplingStratum[],
  reporting: readonly ReportingStratum[],
): Promise<void> {
  await insertRows(
    raw,
    'sampling_strata',
    {
      ...{
        campaign: 'integer',
        county: 'text',
        no: 'integer',
        grp: 'text',
        location: 'text',
        grade: 'integer',
      },
      ...{ kind: 'text', frame_size: 'integer', quota: 'integer', drawn: 'integer', replacements: 'integer' },
    },
    sampling.map((s) => [
      ...[campaign, county, s.no, s.group, s.location, s.grade],
      ...[s.kind, s.frameSize, s.quota, s.drawn, s.replacements],
    ]),
  );
  await insertRows(
    raw,
    'reporting_strata',
    {
      ...{ campaign: 'integer', county: 'text', no: 'integer', grp: 'text', level: 'text', key: 'text' },
      ...{ name: 'text', schools: 'text', location: 'text', issued: 'text' },
    },
    reporting.map((r) => [
      ...[campaign, county, r.no, r.group, r.level, r.key],
      ...[r.name, JSON.stringify(r.schools), r.location, JSON.stringify(r.issued)],
    ]),
  );
}

export async function finishDraw(
  ctx: Context,
  stamp: Stamp,
  id: CampaignId,
  county: CountyCode,
  sampling: readonly SamplingStratum[],
  reporting: readonly ReportingStratum[],
  canaries: readonly PlacedCanary[],
  commitment: IssueCommitment,
): Promise<void> {
  const tx = ctx.db;
  const state = await readCountyState(tx, id, county);
  const { no } = state;
  const waiting = await listCanaries(tx, id, county);
  const decision = decideDrawn({ ...state, waiting }, { sampling, reporting, canaries, commitment }, stamp);
  const { frameState, placements } = decision.changes;
  await placeCanaries(tx, no, county, placements);
  await putStrata(ctx, no, county, sampling, reporting);
  await tx.update(campaignCounties).set({ frameState }).where(ofCounty(no, county));
  await recordDecision(tx, stamp, { no, id }, decision);
  await analyzePartitions(tx, ['contacts', 'issued'], no);
}

export async function issueLate(
  ctx: Context,
  stamp: Stamp,
  id: CampaignId,
  county: CountyCode,
  drawn: readonly DrawnContact[],
  codes: readonly IssuedCode[],
): Promise<void> {
  const tx = ctx.db;
  const state = await readCountyState(tx, id, county);
  const { no } = state;
  const { reporting } = await readStrata(tx, id, county);
  const decision = decideLateIssue({ ...state, reporting }, codes, stamp);
  await writeDrawn(ctx, no, county, drawn, codes);
  for (const stratum of decision.changes.strata)
    await tx
      .update(reportingStrata)
      .set({ issued: JSON.stringify(stratum.issued) })
      .where(
        and(
          eq(reportingStrata.campaign, no),
          eq(reportingStrata.county, county),
          eq(reportingStrata.no, stratum.no),
        ),
      );
  await recordDecision(tx, stamp, { no, id }, decision);
}

export async function countDrawnCodes(
  ctx: Context,
  id: CampaignId,
  county: CountyCode,
): Promise<readonly { samplingStratum: number; reportingStratum: number; drawn: number }[]> {
  return (await ctx.raw
    .prepare(
      `SELECT sampling_stratum AS "samplingStratum", reporting_stratum AS "reportingStratum", count(*) AS drawn FROM issued
       WHERE campaign = ? AND county = ? AND counted_set = 'drawn' AND sampling_stratum > 0 GROUP BY 1, 2 ORDER BY 1, 2`,
    )
    .all(await campaignNo(ctx.db, id), county)) as {
    samplingStratum: number;
    reportingStratum: number;
    drawn: number;
  }[];
}
