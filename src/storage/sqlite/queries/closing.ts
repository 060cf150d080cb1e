import { eq } from 'drizzle-orm';
import { AppError } from '../../../domain/errors.ts';
import { contentHashOf, presentCells } from '../../../domain/evidence/leaf.ts';
import { stepAfter, type ClosingStep } from '../../../domain/fieldwork/campaign.ts';
import { effectiveRevision, firstRevision } from '../../../domain/fieldwork/revision.ts';
import { contentHash } from '../../../domain/hash.ts';
import type { CampaignId, CountyCode } from '../../../domain/ids.ts';
import { createTally, encodeTally, foldAnswers, type Tally } from '../../../domain/scoring/tally.ts';
import { channels, countedSets, type Channel, type CountedSet } from '../../../domain/vocabulary.ts';
import type { ClosingCounts, Stamp } from '../../port.ts';
import type { Tx } from '../connection.ts';
import type { Context, HotCampaign } from '../context.ts';
import { campaigns } from '../schema.ts';
import { countResponses, forgetCells, hotCampaign, readCells, type CellKey } from './answers.ts';
import { campaignNo, getCampaign, setState } from './campaigns.ts';
import { appendState, appendStateEverywhere, logsOf, stampOf } from './evidence.ts';
import { writeTrail } from './trail.ts';

export function beginClosing(tx: Tx, stamp: Stamp, id: CampaignId): void {
  setState(tx, stamp, id, 'closing', { closingStep: 'drain' });
  appendStateEverywhere(tx, campaignNo(tx, id), 'closing', stampOf(stamp));
}

export function completeClosingStep(
  ctx: Context,
  stamp: Stamp,
  id: CampaignId,
  step: ClosingStep,
  details: Readonly<Record<string, unknown>>,
): void {
  const tx = ctx.db;
  const campaign = getCampaign(tx, id);
  if (campaign.closingStep !== step)
    throw new AppError('conflict', 'campaign.closing-step', { params: { step } });
  const next = stepAfter(step);
  if (next === null) {
    const closed = { closingStep: null, closedAt: stamp.at };
    if (campaign.state === 'voided') {
      tx.update(campaigns).set(closed).where(eq(campaigns.id, id)).run();
      writeTrail(tx, stamp, 'closing.finish', { campaign: id }, details);
    } else setState(tx, stamp, id, 'closed', closed, details);
    appendStateEverywhere(tx, campaignNo(tx, id), 'closed', { at: stamp.at });
    return;
  }
  if (step === 'count') {
    reorderTallies(ctx, campaignNo(tx, id));
    for (const county of logsOf(tx, campaignNo(tx, id))) appendDispositions(ctx, stamp, id, county);
  }
  if (step === 'destroy-keys')
    appendStateEverywhere(tx, campaignNo(tx, id), 'keys-destroyed', {
      keys: ['pseudonym', 'text'],
      at: stamp.at,
    });
  tx.update(campaigns).set({ closingStep: next }).where(eq(campaigns.id, id)).run();
  writeTrail(tx, stamp, `closing.${step}`, { campaign: id }, details);
}

/** Rows of the tallies were made by the first answer of each cell, one after the other: their order would tell of what kind that was. */
function reorderTallies(ctx: Context, campaign: number): void {
  const { raw } = ctx;
  forgetCells(ctx);
  const rows = raw
    .prepare(
      `SELECT * FROM tallies WHERE campaign = ?
       ORDER BY county, questionnaire, sampling_stratum, reporting_stratum, channel, counted_set, valid`,
    )
    .raw()
    .all(campaign) as unknown[][];
  raw.prepare('DELETE FROM tallies WHERE campaign = ?').run(campaign);
  const put = raw.prepare('INSERT INTO tallies VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)');
  for (const row of rows) put.run(...row);
}

/** What the last lot is then held against: who answered how often, by stratum, and the first answers, whose contents are erased next. */
function appendDispositions(ctx: Context, stamp: Stamp, id: CampaignId, county: CountyCode): void {
  const campaign = campaignNo(ctx.db, id);
  appendState(ctx.db, campaign, county, 'dispositions', {
    strata: countResponses(ctx, id, county).map((s) => ({ ...s })),
    reanswers: readReanswers(ctx, campaign, county).map((r) => ({ ...r })),
    first: contentHash(presentCells(readCells(ctx, 'first_tallies', id, county))),
    at: stamp.at,
  });
}

function readReanswers(ctx: Context, campaign: number, county: CountyCode): ClosingCounts['reanswered'] {
  return ctx.raw
    .prepare(
      'SELECT reporting_stratum AS reportingStratum, respondents, reanswered FROM reanswers WHERE campaign = ? AND county = ? ORDER BY reporting_stratum',
    )
    .all(campaign, county) as ClosingCounts['reanswered'];
}

/** One stored revision as read back. */
export interface StoredRevision {
  readonly revision: number;
  readonly channel: Channel;
  readonly questionnaire: number;
  readonly reportingStratum: number;
  readonly samplingStratum: number;
  readonly set: CountedSet;
  readonly answers: Uint8Array | null;
}

/** All responses of a county but those of test contacts, respondent by respondent, in flat memory. */
export function* respondents(
  ctx: Context,
  campaign: number,
  county: CountyCode,
): Generator<readonly StoredRevision[]> {
  const rows = ctx.raw
    .prepare(
      `SELECT r.pseudonym, r.revision, r.channel, r.questionnaire, r.reporting_stratum, r.answers, i.sampling_stratum, i.counted_set
       FROM responses r LEFT JOIN issued i ON i.campaign = r.campaign AND i.pseudonym = r.pseudonym
       WHERE r.campaign = ? AND r.county = ? AND i.counted_set IS NOT 'canary' ORDER BY r.campaign, r.county, r.pseudonym, r.revision`,
    )
    .raw()
    .iterate(campaign, Number(county)) as IterableIterator<
    [Buffer, number, number, number, number, Buffer | null, number | null, CountedSet | null]
  >;
  let current: Buffer | null = null;
  let revisions: StoredRevision[] = [];
  for (const [
    pseudonym,
    revision,
    channel,
    questionnaire,
    reportingStratum,
    answers,
    sampling,
    set,
  ] of rows) {
    if (current === null || !current.equals(pseudonym)) {
      if (revisions.length > 0) yield revisions;
      revisions = [];
      current = pseudonym;
    }
    revisions.push({
      revision,
      channel: channels[channel] as Channel,
      questionnaire,
      reportingStratum,
      samplingStratum: sampling ?? 0,
      set: set ?? 'other',
      answers,
    });
  }
  if (revisions.length > 0) yield revisions;
}

export function cellKeyOf(
  hot: HotCampaign,
  campaign: number,
  county: CountyCode,
  r: StoredRevision,
  answers: Uint8Array,
): CellKey {
  return {
    campaign,
    county: Number(county),
    questionnaire: r.questionnaire,
    samplingStratum: r.samplingStratum,
    reportingStratum: r.reportingStratum,
    channel: channels.indexOf(r.channel),
    set: countedSets.indexOf(r.set),
    valid: hot.validity.get(r.questionnaire)?.(answers) === true ? 1 : 0,
  };
}

export function countClosing(ctx: Context, id: CampaignId, county: CountyCode): void {
  const hot = hotCampaign(ctx, id);
  if (!hot) throw new AppError('not-found', 'campaign.not-found');
  const { closingStep } = getCampaign(ctx.db, id);
  if (closingStep !== 'count')
    throw new AppError('conflict', 'campaign.closing-step', { params: { step: 'count' } });
  const cells = new Map<string, { key: CellKey; tally: Tally }>();
  const strata = new Map<number, { respondents: number; reanswered: number }>();
  for (const revisions of respondents(ctx, hot.no, county)) {
    const first = firstRevision(revisions);
    if (!first?.answers) continue;
    const q = hot.questionnaires.get(first.questionnaire);
    if (!q)
      throw new AppError('corrupt', 'storage.corrupt', { params: { column: 'responses.questionnaire' } });
    const key = cellKeyOf(hot, hot.no, county, first, first.answers);
    const name = Object.values(key).join(' ');
    let cell = cells.get(name);
    if (!cell) cells.set(name, (cell = { key, tally: createTally(q) }));
    foldAnswers(cell.tally, q, first.answers, 1);
    const stratum = strata.get(first.reportingStratum) ?? { respondents: 0, reanswered: 0 };
    stratum.respondents++;
    if (revisions.length > 1) stratum.reanswered++;
    strata.set(first.reportingStratum, stratum);
  }
  ctx.raw.prepare('DELETE FROM first_tallies WHERE campaign = ? AND county = ?').run(hot.no, Number(county));
  ctx.raw.prepare('DELETE FROM reanswers WHERE campaign = ? AND county = ?').run(hot.no, county);
  const put = ctx.raw.prepare('INSERT INTO first_tallies VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)');
  for (const { key, tally } of cells.values()) {
    put.run(
      key.campaign,
      key.county,
      key.questionnaire,
      key.samplingStratum,
      key.reportingStratum,
      key.channel,
      key.set,
      key.valid,
      encodeTally(tally),
    );
  }
  const putStratum = ctx.raw.prepare('INSERT INTO reanswers VALUES (?, ?, ?, ?, ?)');
  for (const [stratum, n] of strata) putStratum.run(hot.no, county, stratum, n.respondents, n.reanswered);
}

export function readClosingCounts(
  ctx: Context,
  id: CampaignId,
  county: CountyCode,
): ClosingCounts | undefined {
  const campaign = getCampaign(ctx.db, id);
  if (campaign.state === 'draft' || campaign.state === 'open') return undefined;
  if (campaign.closingStep === 'drain' || campaign.closingStep === 'count') return undefined;
  return {
    first: readCells(ctx, 'first_tallies', id, county),
    reanswered: readReanswers(ctx, campaignNo(ctx.db, id), county),
  };
}

export function eraseSuperseded(ctx: Context, id: CampaignId, county: CountyCode, limit: number): number {
  const { closingStep } = getCampaign(ctx.db, id);
  if (closingStep !== 'erase')
    throw new AppError('conflict', 'campaign.closing-step', { params: { step: 'erase' } });
  const campaign = campaignNo(ctx.db, id);
  const several = ctx.raw
    .prepare(
      `SELECT pseudonym FROM responses WHERE campaign = ? AND county = ? AND answers IS NOT NULL
       GROUP BY pseudonym HAVING count(*) > 1 LIMIT ?`,
    )
    .pluck()
    .all(campaign, Number(county), limit) as Buffer[];
  const read = ctx.raw.prepare(
    'SELECT revision, channel, nonce, answers FROM responses WHERE campaign = ? AND county = ? AND pseudonym = ?',
  );
  const erase = ctx.raw.prepare(
    'UPDATE responses SET nonce = NULL, answers = NULL, content_hash = ? WHERE campaign = ? AND county = ? AND pseudonym = ? AND revision = ?',
  );
  for (const pseudonym of several) {
    const revisions = (
      read.all(campaign, Number(county), pseudonym) as {
        revision: number;
        channel: number;
        nonce: Buffer | null;
        answers: Buffer | null;
      }[]
    ).map((r) => ({ ...r, channel: channels[r.channel] as Channel }));
    const kept = effectiveRevision(revisions);
    for (const { revision, nonce, answers } of revisions) {
      if (revision === kept?.revision || nonce === null || answers === null) continue;
      erase.run(contentHashOf(nonce, answers), campaign, Number(county), pseudonym, revision);
    }
  }
  return several.length;
}
