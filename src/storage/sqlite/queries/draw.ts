import { and, asc, eq, inArray, isNotNull, isNull, gt } from 'drizzle-orm';
import { z } from 'zod';
import { AppError } from '../../../domain/errors.ts';
import type { ReportingStratum, SamplingStratum } from '../../../domain/frame/strata.ts';
import { toHex } from '../../../domain/hash.ts';
import { type CampaignId, type CountyCode, type SchoolId } from '../../../domain/model/ids.ts';
import { countedSetSchema, groupSchema, type CountedSet } from '../../../domain/model/vocabulary.ts';
import type { CodeExport, IssuedCode } from '../../../domain/model/code.ts';
import type { DrawnContact, MessageContact } from '../../../domain/model/contact.ts';
import { stampOf, type Stamp } from '../../../domain/model/stamp.ts';
import type { Storage } from '../../port/index.ts';
import type { PlacedCanary } from '../../../domain/model/canary.ts';
import type { Tx } from '../connection.ts';
import type { Context } from '../context.ts';
import { parseJson } from '../json.ts';
import { campaignCounties, codeExports, contacts, reportingStrata } from '../schema.ts';
import { placeCanaries } from './canaries.ts';
import { campaignNo } from './campaign-no.ts';
import { appendState, commitToCodes, lateCommitment, sortCells, type IssueCommitment } from './evidence.ts';
import { countyRow } from './frame.ts';
import { readStrata } from './strata.ts';
import { writeTrail } from './trail.ts';
import { noteReminder } from './watch.ts';

// Made once: a schema costs more to make than a row to read.
const exportKindSchema = z.enum(['invitation', 'reminder', 'replacement', 'late', 'slips']);
const exportFormatSchema = z.enum(['xlsx', 'csv', 'html']);

export function beginDraw(
  tx: Tx,
  stamp: Stamp,
  id: CampaignId,
  county: CountyCode,
  draw: Parameters<Storage['beginDraw']>[3],
): void {
  const campaign = campaignNo(tx, id);
  const row = countyRow(tx, campaign, county);
  if (row.draw !== null) throw new AppError('conflict', 'draw.done');
  if (row.frameState !== 'frozen') throw new AppError('conflict', 'draw.not-frozen');
  const seed = toHex(draw.seed);
  tx.update(campaignCounties)
    .set({
      frameState: 'drawing',
      draw: JSON.stringify({ ...draw, seed, by: stamp.actor.name, at: stamp.at }),
    })
    .where(and(eq(campaignCounties.campaign, campaign), eq(campaignCounties.county, county)))
    .run();
  const { dice, moves, quotas } = draw;
  appendState(tx, campaign, county, 'draw', {
    dice,
    seed,
    moves: moves.map((m) => ({ ...m })),
    quotas,
    ...stampOf(stamp),
  });
  writeTrail(tx, stamp, 'draw.seed', { campaign: id, county }, { dice, seed, moves, quotas });
}

function assertDrawing(tx: Tx, campaign: number, county: CountyCode): void {
  if (countyRow(tx, campaign, county).frameState !== 'drawing')
    throw new AppError('conflict', 'draw.not-drawing');
}

export interface DrawnPart {
  readonly pseudonyms: readonly Uint8Array[];
  readonly entries: readonly Uint8Array[];
}

/** What an interrupted draw left behind, at most `limit` of each after those of `last`: pseudonyms of the county, contacts with a code (slips are nothing else). */
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
  assertDrawing(ctx.db, campaign, county);
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
  assertDrawing(ctx.db, campaign, county);
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
  placed: readonly PlacedCanary[],
  commitment: IssueCommitment,
): void {
  const tx = ctx.db;
  const campaign = campaignNo(tx, id);
  assertDrawing(tx, campaign, county);
  const canaries = placeCanaries(ctx, campaign, county, placed);
  putStrata(ctx, campaign, county, sampling, reporting);
  tx.update(campaignCounties)
    .set({ frameState: 'drawn' })
    .where(and(eq(campaignCounties.campaign, campaign), eq(campaignCounties.county, county)))
    .run();
  appendState(tx, campaign, county, 'issue', {
    sampling: sampling.map((s) => ({ ...s })),
    reporting: reporting.map((r) => ({ ...r, schools: [...r.schools], issued: { ...r.issued } })),
    // Test contacts have cells of their own.
    codes: sortCells([...commitment.codes, ...commitToCodes(canaries)]),
    contacts: commitment.contacts,
    ...stampOf(stamp),
  });
  writeTrail(
    tx,
    stamp,
    'draw.done',
    { campaign: id, county },
    {
      strata: sampling.map(({ no, group, location, grade, frameSize, quota, drawn, replacements }) => ({
        no,
        group,
        location,
        grade,
        frameSize,
        quota,
        drawn,
        replacements,
      })),
      reportingStrata: reporting.length,
    },
  );
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
  const campaign = campaignNo(tx, id);
  if (countyRow(tx, campaign, county).frameState !== 'drawn')
    throw new AppError('conflict', 'draw.not-drawn');
  writeDrawn(ctx, campaign, county, drawn, codes);
  const { reporting } = readStrata(tx, id, county);
  for (const stratum of reporting) {
    const more = codes.filter((c) => c.reportingStratum === stratum.no).length;
    if (more === 0) continue;
    tx.update(reportingStrata)
      .set({ issued: JSON.stringify({ ...stratum.issued, other: stratum.issued.other + more }) })
      .where(
        and(
          eq(reportingStrata.campaign, campaign),
          eq(reportingStrata.county, county),
          eq(reportingStrata.no, stratum.no),
        ),
      )
      .run();
  }
  if (codes.length > 0)
    appendState(tx, campaign, county, 'late-issue', { codes: lateCommitment(codes), ...stampOf(stamp) });
  writeTrail(tx, stamp, 'codes.late', { campaign: id, county }, { codes: codes.length });
}

export function listMessageContacts(
  tx: Tx,
  id: CampaignId,
  county: CountyCode,
  filter: { readonly sets: readonly CountedSet[]; readonly slips: boolean },
  after: Uint8Array | null,
  limit: number,
): readonly MessageContact[] {
  return tx
    .select()
    .from(contacts)
    .where(
      and(
        eq(contacts.campaign, campaignNo(tx, id)),
        eq(contacts.county, county),
        isNotNull(contacts.sealedCode),
        inArray(contacts.set, [...filter.sets]),
        filter.slips ? isNotNull(contacts.slipNo) : isNull(contacts.slipNo),
        after === null ? undefined : gt(contacts.entry, Buffer.from(after)),
      ),
    )
    .orderBy(asc(contacts.entry))
    .limit(limit)
    .all()
    .map((c) => ({
      entry: new Uint8Array(c.entry),
      group: groupSchema.parse(c.group),
      sealedPhone: c.sealed === null ? null : new Uint8Array(c.sealed),
      hasPhone: c.hasPhone === 1,
      sealedCode: new Uint8Array(c.sealedCode ?? []),
      set: countedSetSchema.parse(c.set),
      school: c.school as SchoolId | null,
      slipNo: c.slipNo,
      reportingStratum: c.reportingStratum ?? 0,
    }));
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

export function recordExport(ctx: Context, stamp: Stamp, made: Omit<CodeExport, 'by' | 'at'>): void {
  const tx = ctx.db;
  if (made.kind === 'reminder') noteReminder(ctx, campaignNo(tx, made.campaign), made.county);
  tx.insert(codeExports)
    .values({
      ...made,
      campaign: campaignNo(tx, made.campaign),
      groups: JSON.stringify(made.groups),
      by: stamp.actor.name,
      at: stamp.at,
    })
    .run();
  const { id, campaign, county, ...details } = made;
  appendState(tx, campaignNo(tx, campaign), county, 'export', {
    id,
    kind: made.kind,
    format: made.format,
    groups: [...made.groups],
    count: made.count,
    file: made.fileHash,
    ...stampOf(stamp),
  });
  writeTrail(tx, stamp, 'codes.export', { campaign, county }, { export: id, ...details });
}

const groupsSchema = z.array(groupSchema);
export function listExports(tx: Tx, id: CampaignId, county: CountyCode): readonly CodeExport[] {
  return tx
    .select()
    .from(codeExports)
    .where(and(eq(codeExports.campaign, campaignNo(tx, id)), eq(codeExports.county, county)))
    .orderBy(asc(codeExports.at))
    .all()
    .map((e) => ({
      ...e,
      campaign: id,
      county,
      kind: exportKindSchema.parse(e.kind),
      format: exportFormatSchema.parse(e.format),
      groups: parseJson(groupsSchema, e.groups, 'code_exports.groups'),
    }));
}
