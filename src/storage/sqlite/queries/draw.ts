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
import type { DrawnPart } from '../../shared/part-calls.ts';
import type { Context } from '../context.ts';
import { campaignCounties, reportingStrata } from '../schema.ts';
import { campaignNo } from './campaign-no.ts';
import { listCanaries, placeCanaries } from './canaries.ts';
import { ofCounty, readCountyState } from './county.ts';
import { recordDecision } from './decision.ts';
import { readStrata } from './strata.ts';

export function beginDraw(tx: Tx, stamp: Stamp, id: CampaignId, county: CountyCode, seeding: Seeding): void {
  const state = readCountyState(tx, id, county);
  const decision = decideSeed({ ...state, isSeeded: state.row.draw !== null }, seeding, stamp);
  const { frameState, draw } = decision.changes;
  tx.update(campaignCounties)
    .set({ frameState, draw: JSON.stringify({ ...draw, seed: toHex(draw.seed) }) })
    .where(ofCounty(state.no, county))
    .run();
  recordDecision(tx, stamp, { no: state.no, id }, decision);
}

/**
 * Rest of an interrupted draw, at most `limit` of each after those of `last`: pseudonyms of the county, contacts with a code
 * (slips are always such).
 */
export function listDrawn(
  ctx: Context,
  id: CampaignId,
  county: CountyCode,
  last: DrawnPart | null,
  limit: number,
): DrawnPart {
  const campaign = campaignNo(ctx.db, id);
  const list = (sql: string, after: Uint8Array | undefined): Uint8Array[] =>
    (
      ctx.raw
        .prepare(sql)
        .pluck()
        .all({ campaign, county, limit, after: after ?? Buffer.alloc(0) }) as Buffer[]
    ).map((b) => new Uint8Array(b));
  return {
    pseudonyms: list(
      `SELECT pseudonym FROM issued WHERE campaign = @campaign AND pseudonym > @after AND county = @county
       ORDER BY pseudonym LIMIT @limit`,
      last?.pseudonyms.at(-1),
    ),
    entries: list(
      `SELECT entry FROM contacts WHERE campaign = @campaign AND county = @county AND entry > @after
         AND (sealed_code IS NOT NULL OR slip_no IS NOT NULL) ORDER BY entry LIMIT @limit`,
      last?.entries.at(-1),
    ),
  };
}

export function forgetDrawn(
  ctx: Context,
  id: CampaignId,
  county: CountyCode,
  { pseudonyms, entries }: DrawnPart,
): void {
  const campaign = campaignNo(ctx.db, id);
  assertDrawing(readCountyState(ctx.db, id, county).frameState);
  const eraseCode = ctx.raw.prepare('DELETE FROM issued WHERE campaign = ? AND pseudonym = ? AND county = ?');
  for (const pseudonym of pseudonyms) eraseCode.run(campaign, pseudonym, county);
  const here = 'WHERE campaign = ? AND county = ? AND entry = ?';
  const eraseSlip = ctx.raw.prepare(`DELETE FROM contacts ${here} AND slip_no IS NOT NULL`);
  const reset = ctx.raw.prepare(
    `UPDATE contacts SET school = NULL, counted_set = NULL, reporting_stratum = NULL, sealed_code = NULL ${here}`,
  );
  for (const entry of entries)
    if (eraseSlip.run(campaign, county, entry).changes === 0) reset.run(campaign, county, entry);
}

function writeDrawn(
  ctx: Context,
  campaign: number,
  county: CountyCode,
  drawn: readonly DrawnContact[],
  codes: readonly IssuedCode[],
): void {
  const update = ctx.raw.prepare(
    `UPDATE contacts SET school = ?, counted_set = ?, reporting_stratum = ?, sealed_code = ?
     WHERE campaign = ? AND county = ? AND entry = ? AND sealed_code IS NULL`,
  );
  const insertSlip = ctx.raw.prepare(
    `INSERT INTO contacts (campaign, county, entry, grp, digest, has_phone, late, slip_no, school, counted_set, reporting_stratum, sealed_code)
     VALUES (?, ?, ?, ?, ?, 0, 0, ?, ?, ?, ?, ?)`,
  );
  for (const c of drawn) {
    if (c.slip) {
      insertSlip.run(
        campaign,
        county,
        c.entry,
        c.slip.group,
        c.entry,
        c.slip.no,
        c.school,
        c.set,
        c.reportingStratum,
        c.sealedCode,
      );
    } else {
      const { changes } = update.run(
        c.school,
        c.set,
        c.reportingStratum,
        c.sealedCode,
        campaign,
        county,
        c.entry,
      );
      if (changes !== 1) throw new AppError('conflict', 'draw.contact-has-code');
    }
  }
  const insertIssued = ctx.raw.prepare(
    `INSERT INTO issued (campaign, pseudonym, county, sampling_stratum, reporting_stratum, questionnaire, counted_set)
     VALUES (?, ?, ?, ?, ?, ?, ?)`,
  );
  for (const i of codes) {
    insertIssued.run(
      campaign,
      i.pseudonym,
      county,
      i.samplingStratum,
      i.reportingStratum,
      i.questionnaire,
      i.set,
    );
  }
}

export function saveDrawn(
  ctx: Context,
  id: CampaignId,
  county: CountyCode,
  drawn: readonly DrawnContact[],
  codes: readonly IssuedCode[],
): void {
  const campaign = campaignNo(ctx.db, id);
  assertDrawing(readCountyState(ctx.db, id, county).frameState);
  writeDrawn(ctx, campaign, county, drawn, codes);
}

/** Prepared once: a county has hundreds of strata. */
function putStrata(
  { raw }: Context,
  campaign: number,
  county: CountyCode,
  sampling: readonly SamplingStratum[],
  reporting: readonly ReportingStratum[],
): void {
  const putSampling = raw.prepare(
    `INSERT INTO sampling_strata (campaign, county, no, grp, location, grade, kind, frame_size, quota, drawn, replacements)
     VALUES (@campaign, @county, @no, @group, @location, @grade, @kind, @frameSize, @quota, @drawn, @replacements)`,
  );
  for (const s of sampling) putSampling.run({ campaign, county, ...s });
  const putReporting = raw.prepare(
    `INSERT INTO reporting_strata (campaign, county, no, grp, level, key, name, schools, location, issued)
     VALUES (@campaign, @county, @no, @group, @level, @key, @name, @schools, @location, @issued)`,
  );
  for (const r of reporting)
    putReporting.run({
      campaign,
      county,
      ...r,
      schools: JSON.stringify(r.schools),
      issued: JSON.stringify(r.issued),
    });
}

export function finishDraw(
  ctx: Context,
  stamp: Stamp,
  id: CampaignId,
  county: CountyCode,
  sampling: readonly SamplingStratum[],
  reporting: readonly ReportingStratum[],
  canaries: readonly PlacedCanary[],
  commitment: IssueCommitment,
): void {
  const tx = ctx.db;
  const state = readCountyState(tx, id, county);
  const { no } = state;
  const waiting = listCanaries(tx, id, county);
  const decision = decideDrawn({ ...state, waiting }, { sampling, reporting, canaries, commitment }, stamp);
  const { frameState, placements } = decision.changes;
  placeCanaries(tx, no, county, placements);
  putStrata(ctx, no, county, sampling, reporting);
  tx.update(campaignCounties).set({ frameState }).where(ofCounty(no, county)).run();
  recordDecision(tx, stamp, { no, id }, decision);
}

export function issueLate(
  ctx: Context,
  stamp: Stamp,
  id: CampaignId,
  county: CountyCode,
  drawn: readonly DrawnContact[],
  codes: readonly IssuedCode[],
): void {
  const tx = ctx.db;
  const state = readCountyState(tx, id, county);
  const { no } = state;
  const { reporting } = readStrata(tx, id, county);
  const decision = decideLateIssue({ ...state, reporting }, codes, stamp);
  writeDrawn(ctx, no, county, drawn, codes);
  for (const stratum of decision.changes.strata)
    tx.update(reportingStrata)
      .set({ issued: JSON.stringify(stratum.issued) })
      .where(
        and(
          eq(reportingStrata.campaign, no),
          eq(reportingStrata.county, county),
          eq(reportingStrata.no, stratum.no),
        ),
      )
      .run();
  recordDecision(tx, stamp, { no, id }, decision);
}

export function countDrawnCodes(
  ctx: Context,
  id: CampaignId,
  county: CountyCode,
): readonly { samplingStratum: number; reportingStratum: number; drawn: number }[] {
  return ctx.raw
    .prepare(
      `SELECT sampling_stratum AS samplingStratum, reporting_stratum AS reportingStratum, count(*) AS drawn FROM issued
       WHERE campaign = ? AND county = ? AND counted_set = 'drawn' AND sampling_stratum > 0 GROUP BY 1, 2 ORDER BY 1, 2`,
    )
    .all(campaignNo(ctx.db, id), county) as {
    samplingStratum: number;
    reportingStratum: number;
    drawn: number;
  }[];
}
