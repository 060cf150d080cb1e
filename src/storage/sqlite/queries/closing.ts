/**
 * Closing: counts each county from its rows, and erases superseded contents. Parts of at most some hundred rows, each of which
 * checks its own preconditions.
 */
import { AppError } from '../../../domain/errors.ts';
import { contentHashOf, decodeStateLeaf, leafTypes } from '../../../domain/evidence/leaf.ts';
import {
  assertClosingStep,
  decideClosing,
  decideClosingStep,
} from '../../../domain/campaign/decide-closing.ts';
import {
  assertMayCount,
  assertMayEraseCounted,
  countCounty,
  countingOf,
  decideCount,
  type CountyCount,
} from '../../../domain/campaign/decide-count.ts';
import type { ClosingStep } from '../../../domain/campaign/life-cycle.ts';
import { supersededRevisions } from '../../../domain/answer/revision.ts';
import { countRolls } from '../../../domain/scoring/signals/find-flags.ts';
import { compareBytes } from '../../../domain/frame/sample.ts';
import type { StratumFates } from '../../../domain/scoring/summary/summary-types.ts';
import type { CampaignId, CountyCode } from '../../../domain/model/ids.ts';
import { channels, countedSets, type Channel } from '../../../domain/model/vocabulary.ts';
import type { ClosingCounts } from '../../../domain/model/count.ts';
import type { Stamp } from '../../../domain/model/stamp.ts';
import { packCells, unpackCells, type PackedCells } from '../../shared/packed-cells.ts';
import type { PackedCount, TallyTable } from '../../shared/part-calls.ts';
import type { Context } from '../context.ts';
import { findEffective, hotCampaign, listPressure } from './answers.ts';
import { readCommittedTexts, readHeads } from './audit.ts';
import { campaignNo } from './campaign-no.ts';
import { getCampaign, readRevisionRule, storeDecision } from './campaigns.ts';
import { readCells, respondents } from './count.ts';
import { readStrata } from './strata.ts';
import { recordDecision } from './decision.ts';
import { hasDispositions, logsOf } from './evidence-log.ts';
import { countRolled } from './frame.ts';
import { listSchools } from './schools.ts';
import { readTime } from './service-state.ts';
import { endWatch } from './slots.ts';
import { readFlags, saveFlags } from './flags.ts';

export function beginClosing(ctx: Context, stamp: Stamp, id: CampaignId, mustBeDue = false): void {
  const tx = ctx.db;
  const decision = decideClosing(getCampaign(tx, id), readTime(tx), stamp, mustBeDue);
  endWatch(ctx, id);
  // Cached while it was open; from here on it takes no answers.
  ctx.hot.delete(id);
  storeDecision(tx, stamp, id, decision);
}

export function completeClosingStep(
  ctx: Context,
  stamp: Stamp,
  id: CampaignId,
  step: ClosingStep,
  details: Readonly<Record<string, unknown>>,
): void {
  const tx = ctx.db;
  const no = campaignNo(tx, id);
  const state = { campaign: getCampaign(tx, id), isCounted: step !== 'count' || areAllCounted(ctx, no) };
  const heads = step === 'finish' ? readHeads(tx, no, stamp.at) : [];
  storeDecision(tx, stamp, id, decideClosingStep(state, { step, details }, stamp, heads));
}

/** Counting is done county by county and in parts. */
function areAllCounted(ctx: Context, campaign: number): boolean {
  return (
    logsOf(ctx.db, campaign).every((county) => hasDispositions(ctx, campaign, county)) &&
    ['delivery_fates', 'outbox'].every(
      (table) =>
        ctx.raw.prepare(`SELECT 1 FROM ${table} WHERE campaign = ? LIMIT 1`).get(campaign) === undefined,
    )
  );
}

function assertStep(ctx: Context, id: CampaignId, step: ClosingStep): void {
  assertClosingStep(getCampaign(ctx.db, id), step);
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

/**
 * Reads every answer of a closed county once; nothing that is read changes until the counts are stored. Undefined: they are
 * already in the log.
 */
export function countClosed(
  ctx: Context,
  id: CampaignId,
  county: CountyCode,
  cellsPerPart: number,
): PackedCount | undefined {
  const hot = hotCampaign(ctx, id);
  if (!hot) throw new AppError('not-found', 'campaign.not-found');
  assertStep(ctx, id, 'count');
  if (hasDispositions(ctx, hot.no, county)) return undefined;
  const { reporting } = readStrata(ctx.db, id, county);
  const { cells, firstCells, ...rest } = countCounty(
    { ...hot, minimumCell: hot.profile.minimumCell },
    resting(ctx, respondents(ctx, hot.no, county)),
    {
      reporting,
      rolls: countRolls(reporting, listSchools(ctx.db, id, county), countRolled(ctx, id, county)),
      pressure: listPressure(ctx, id, county),
      alarms: readFlags(ctx, 'slot_alarms', hot.no, county),
      comments: readCommittedTexts(ctx.raw, hot.no, county, 'texts'),
      reports: readCommittedTexts(ctx.raw, hot.no, county, 'pressure_reports'),
    },
  );
  return { ...rest, cells: packCells(cells, cellsPerPart), firstCells: packCells(firstCells, cellsPerPart) };
}

function* resting<T>(ctx: Context, all: Iterable<T>): Generator<T> {
  for (const one of all) {
    yield one;
    ctx.rest();
  }
}

function assertUncounted(ctx: Context, id: CampaignId, county: CountyCode): number {
  const campaign = campaignNo(ctx.db, id);
  assertMayCount(getCampaign(ctx.db, id), hasDispositions(ctx, campaign, county));
  return campaign;
}

/** Deletes cells left by an earlier attempt. Returns how many. */
export function eraseCells(
  ctx: Context,
  id: CampaignId,
  county: CountyCode,
  table: TallyTable,
  limit: number,
): number {
  const campaign = assertUncounted(ctx, id, county);
  return ctx.raw
    .prepare(
      `DELETE FROM ${table} WHERE rowid IN (SELECT rowid FROM ${table} WHERE campaign = ? AND county = ? LIMIT ?)`,
    )
    .run(campaign, Number(county), limit).changes;
}

/** Parts come in key order, so that the order of rows does not tell which kind of answer came first. */
export function saveCells(
  ctx: Context,
  id: CampaignId,
  county: CountyCode,
  table: TallyTable,
  packed: PackedCells,
): void {
  const campaign = assertUncounted(ctx, id, county);
  const put = ctx.raw.prepare(
    `INSERT INTO ${table} (campaign, county, questionnaire, sampling_stratum, reporting_stratum, channel, counted_set, valid, bytes)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  for (const { questionnaire, samplingStratum, reportingStratum, channel, set, valid, bytes } of unpackCells(
    packed,
  ))
    put.run(
      campaign,
      Number(county),
      questionnaire,
      samplingStratum,
      reportingStratum,
      channels.indexOf(channel),
      countedSets.indexOf(set),
      valid ? 1 : 0,
      bytes,
    );
}

export function saveCounts(
  ctx: Context,
  stamp: Stamp,
  id: CampaignId,
  county: CountyCode,
  {
    fates,
    ...counted
  }: Omit<CountyCount, 'cells' | 'firstCells'> & { readonly fates: readonly StratumFates[] },
): void {
  const { raw, db: tx } = ctx;
  const no = campaignNo(tx, id);
  const state = { campaign: getCampaign(tx, id), isCounted: hasDispositions(ctx, no, county) };
  const decision = decideCount(state, { county, counted, fates }, stamp.at);
  for (const table of ['reanswers', 'fate_counts', 'flags'])
    raw.prepare(`DELETE FROM ${table} WHERE campaign = ? AND county = ?`).run(no, county);
  const putStratum = raw.prepare('INSERT INTO reanswers VALUES (?, ?, ?, ?, ?)');
  for (const s of decision.changes.reanswered)
    putStratum.run(no, county, s.reportingStratum, s.respondents, s.reanswered);
  const putFates = raw.prepare('INSERT INTO fate_counts VALUES (?, ?, ?, ?, ?, ?, ?)');
  for (const f of decision.changes.fates)
    putFates.run(no, county, f.reportingStratum, f.set, f.optedOut, f.wrongNumber, f.undeliverable);
  saveFlags(ctx, 'flags', no, county, decision.changes.flags);
  recordDecision(tx, stamp, { no, id }, decision);
  // Hourly data does not outlive the count.
  raw.prepare('DELETE FROM slot_alarms WHERE campaign = ? AND county = ?').run(no, county);
}

/** Counted: delivery data of single contacts is deleted. Returns how many. */
export function eraseFates(ctx: Context, id: CampaignId, county: CountyCode, limit: number): number {
  const campaign = campaignNo(ctx.db, id);
  assertMayEraseCounted(getCampaign(ctx.db, id), hasDispositions(ctx, campaign, county));
  return ctx.raw
    .prepare(
      `DELETE FROM delivery_fates WHERE campaign = @campaign AND county = @county AND entry IN
         (SELECT entry FROM delivery_fates WHERE campaign = @campaign AND county = @county LIMIT @limit)`,
    )
    .run({ campaign, county, limit }).changes;
}

export function readClosingCounts(
  ctx: Context,
  id: CampaignId,
  county: CountyCode,
): ClosingCounts | undefined {
  if (countingOf(getCampaign(ctx.db, id)) !== 'done') return undefined;
  return {
    tallies: readCells(ctx, 'tallies', id, county),
    first: readCells(ctx, 'first_tallies', id, county),
    reanswered: readReanswers(ctx, campaignNo(ctx.db, id), county),
    fates: readFateCounts(ctx, campaignNo(ctx.db, id), county),
    keepsVoidedFrame: closedWithoutFates(ctx, campaignNo(ctx.db, id), county),
    flags: readFlags(ctx, 'flags', campaignNo(ctx.db, id), county),
  };
}

/** From the dispositions in the log, so that page and verifier agree. */
function closedWithoutFates(ctx: Context, campaign: number, county: CountyCode): boolean {
  const data = ctx.raw
    .prepare('SELECT data FROM evidence_leaves WHERE campaign = ? AND county = ? AND type = ?')
    .pluck()
    .get(campaign, county, leafTypes.dispositions) as Buffer | undefined;
  const leaf = data && decodeStateLeaf(new Uint8Array(data));
  return leaf?.type === 'dispositions' && leaf.body.fates === undefined;
}

type RevisionKey = readonly [pseudonym: Uint8Array, revision: number];

/**
 * Superseded revisions that still have contents, respondent by respondent after `after`: at least `limit` of them, unless none
 * remain. Reads every answer on its way.
 */
export function listSuperseded(
  ctx: Context,
  id: CampaignId,
  county: CountyCode,
  after: Uint8Array | null,
  limit: number,
): { readonly keys: readonly RevisionKey[]; readonly next: Uint8Array | null } {
  const rule = readRevisionRule(ctx.db, campaignNo(ctx.db, id));
  const rows = ctx.raw
    .prepare(
      `SELECT pseudonym, revision, channel, answers IS NOT NULL FROM responses
       WHERE campaign = ? AND county = ? AND pseudonym > ? ORDER BY pseudonym, revision`,
    )
    .raw()
    .iterate(campaignNo(ctx.db, id), Number(county), after ?? Buffer.alloc(0)) as IterableIterator<
    [Buffer, number, number, number]
  >;
  const keys: RevisionKey[] = [];
  let current: Buffer | null = null;
  let own: { revision: number; channel: Channel; holds: boolean }[] = [];
  const take = (): void => {
    if (current === null || own.length < 2) return;
    const pseudonym = new Uint8Array(current);
    for (const { revision, holds } of supersededRevisions(own, rule))
      if (holds) keys.push([pseudonym, revision]);
  };
  for (const [pseudonym, revision, channel, holds] of rows) {
    ctx.rest();
    if (current === null || !current.equals(pseudonym)) {
      take();
      if (current !== null && keys.length >= limit) return { keys, next: new Uint8Array(current) };
      current = pseudonym;
      own = [];
    }
    own.push({ revision, channel: channels[channel] as Channel, holds: holds === 1 });
  }
  take();
  return { keys, next: null };
}

/** Whatever was listed: the revision that counts keeps its contents. */
export function eraseRevisions(
  ctx: Context,
  id: CampaignId,
  county: CountyCode,
  keys: readonly RevisionKey[],
): void {
  assertStep(ctx, id, 'erase');
  const campaign = campaignNo(ctx.db, id);
  const read = ctx.raw.prepare(
    'SELECT nonce, answers FROM responses WHERE campaign = ? AND county = ? AND pseudonym = ? AND revision = ?',
  );
  const erase = ctx.raw.prepare(
    'UPDATE responses SET nonce = NULL, answers = NULL, content_hash = ? WHERE campaign = ? AND county = ? AND pseudonym = ? AND revision = ?',
  );
  const rule = readRevisionRule(ctx.db, campaign);
  let kept: { readonly pseudonym: Uint8Array; readonly revision: number | undefined } | null = null;
  for (const [pseudonym, revision] of keys) {
    if (kept === null || compareBytes(kept.pseudonym, pseudonym) !== 0)
      kept = {
        pseudonym,
        revision: findEffective(ctx, [campaign, Number(county), pseudonym], rule)?.revision,
      };
    if (revision === kept.revision) continue;
    const key = [campaign, Number(county), pseudonym, revision];
    const row = read.get(...key) as { nonce: Buffer | null; answers: Buffer | null } | undefined;
    if (row?.nonce && row.answers) erase.run(contentHashOf(row.nonce, row.answers), ...key);
  }
}
