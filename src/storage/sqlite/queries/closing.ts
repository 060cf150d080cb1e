import { eq } from 'drizzle-orm';
import { AppError } from '../../../domain/errors.ts';
import { contentHashOf, presentCells } from '../../../domain/evidence/leaf.ts';
import { stepAfter, type ClosingStep } from '../../../domain/fieldwork/campaign.ts';
import { effectiveRevision, firstRevision } from '../../../domain/fieldwork/revision.ts';
import { contentHash, toHex } from '../../../domain/hash.ts';
import {
  countRolls,
  createSheetCounter,
  findRecountableFlags,
  flagShares,
  type SheetCounter,
} from '../../../domain/scoring/find-flags.ts';
import { compareFlags } from '../../../domain/scoring/flags.ts';
import type { StratumFates } from '../../../domain/scoring/summary-types.ts';
import type { CampaignId, CountyCode } from '../../../domain/ids.ts';
import { createTally, encodeTally, foldAnswers, type Tally } from '../../../domain/scoring/tally.ts';
import { channels, countedSets, type Channel, type CountedSet } from '../../../domain/vocabulary.ts';
import type { ClosingCounts, Stamp } from '../../port.ts';
import type { Context, HotCampaign } from '../context.ts';
import { campaigns } from '../schema.ts';
import {
  countResponses,
  forgetCells,
  hotCampaign,
  listPressure,
  readCells,
  type CellKey,
} from './answers.ts';
import { campaignNo, getCampaign, setState } from './campaigns.ts';
import { readStrata } from './draw.ts';
import { appendState, appendStateEverywhere, logsOf, stampOf } from './evidence.ts';
import { countFrame, listSchools } from './frame.ts';
import { writeTrail } from './trail.ts';
import { endWatch, readFlags, saveFlags } from './watch.ts';

export function beginClosing(ctx: Context, stamp: Stamp, id: CampaignId): void {
  const tx = ctx.db;
  endWatch(ctx, id);
  // Looked up while it was open; from here on it takes no answer.
  ctx.hot.delete(id);
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
    fates: readFateCounts(ctx, campaign, county).map((f) => ({ ...f })),
    at: stamp.at,
  });
  for (const flag of [...readFlags(ctx, 'flags', campaign, county)].sort(compareFlags))
    appendState(ctx.db, campaign, county, 'signal', { ...flag, at: stamp.at });
  // Counted: nothing of one contact, and nothing of an hour, outlives it.
  for (const table of ['delivery_fates', 'slot_alarms'])
    ctx.raw.prepare(`DELETE FROM ${table} WHERE campaign = ? AND county = ?`).run(campaign, county);
}

function readReanswers(ctx: Context, campaign: number, county: CountyCode): ClosingCounts['reanswered'] {
  return ctx.raw
    .prepare(
      'SELECT reporting_stratum AS reportingStratum, respondents, reanswered FROM reanswers WHERE campaign = ? AND county = ? ORDER BY reporting_stratum',
    )
    .all(campaign, county) as ClosingCounts['reanswered'];
}

function readFateCounts(ctx: Context, campaign: number, county: CountyCode): readonly StratumFates[] {
  return ctx.raw
    .prepare(
      `SELECT reporting_stratum AS reportingStratum, counted_set AS "set", opted_out AS optedOut, wrong_number AS wrongNumber, undeliverable
       FROM fate_counts WHERE campaign = ? AND county = ? ORDER BY reporting_stratum, counted_set`,
    )
    .all(campaign, county) as StratumFates[];
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

export function countClosing(
  ctx: Context,
  id: CampaignId,
  county: CountyCode,
  fates: readonly StratumFates[],
): void {
  const hot = hotCampaign(ctx, id);
  if (!hot) throw new AppError('not-found', 'campaign.not-found');
  const { closingStep } = getCampaign(ctx.db, id);
  if (closingStep !== 'count')
    throw new AppError('conflict', 'campaign.closing-step', { params: { step: 'count' } });
  const cells = new Map<string, { key: CellKey; tally: Tally }>();
  const strata = new Map<number, { respondents: number; reanswered: number }>();
  const sheets = createSheetCounter();
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
    const last = effectiveRevision(revisions);
    const counted = last && hot.questionnaires.get(last.questionnaire);
    if (last?.answers && counted) sheets.add(last.reportingStratum, counted, last.answers);
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
  countFlags(ctx, hot, id, county, strata, sheets);
  ctx.raw.prepare('DELETE FROM fate_counts WHERE campaign = ? AND county = ?').run(hot.no, county);
  const putFates = ctx.raw.prepare('INSERT INTO fate_counts VALUES (?, ?, ?, ?, ?, ?, ?)');
  for (const f of fates)
    putFates.run(hot.no, county, f.reportingStratum, f.set, f.optedOut, f.wrongNumber, f.undeliverable);
}

/** What the signals say of the whole survey, beside what they said while it was open. */
function countFlags(
  ctx: Context,
  hot: HotCampaign,
  id: CampaignId,
  county: CountyCode,
  answered: ReadonlyMap<number, { readonly respondents: number; readonly reanswered: number }>,
  sheets: SheetCounter,
): void {
  const { reporting } = readStrata(ctx.db, id, county);
  const minimum = hot.profile.minimumCell;
  const contacts = new Map(
    countFrame(ctx, id, county).map((c) => [`${c.group} ${c.school}`, c.contacts - c.late]),
  );
  const pressed = new Map<number, Set<string>>();
  for (const { reportingStratum, id: report } of listPressure(ctx, id, county)) {
    const own = pressed.get(reportingStratum) ?? new Set<string>();
    pressed.set(reportingStratum, own.add(toHex(report)));
  }
  const found = [
    ...findRecountableFlags(
      reporting,
      {
        sheets,
        reanswers: [...answered].map(([stratum, n]) => ({ stratum, n: n.respondents, x: n.reanswered })),
        rolls: countRolls(
          reporting,
          listSchools(ctx.db, id, county),
          (group, school) => contacts.get(`${group} ${school}`) ?? 0,
        ),
      },
      minimum,
    ),
    ...flagShares(
      'pressure',
      [...answered].map(([stratum, n]) => ({
        stratum,
        n: n.respondents,
        x: Math.min(n.respondents, pressed.get(stratum)?.size ?? 0),
      })),
      minimum,
    ),
    ...readFlags(ctx, 'slot_alarms', hot.no, county),
  ];
  ctx.raw.prepare('DELETE FROM flags WHERE campaign = ? AND county = ?').run(hot.no, county);
  saveFlags(ctx, 'flags', hot.no, county, found);
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
    fates: readFateCounts(ctx, campaignNo(ctx.db, id), county),
    flags: readFlags(ctx, 'flags', campaignNo(ctx.db, id), county),
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
