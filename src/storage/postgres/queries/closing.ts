/**
 * Closing: counts each county from its rows, and erases superseded contents. Parts of at most some hundred rows, each of which
 * checks its own preconditions.
 */
import { AppError } from '../../../domain/errors.ts';
import { decodeStateLeaf, leafTypes } from '../../../domain/evidence/leaf.ts';
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
import type { StoredRevision } from '../../../domain/model/answer.ts';
import type { ClosingCounts } from '../../../domain/model/count.ts';
import type { Stamp } from '../../../domain/model/stamp.ts';
import { packCells, unpackCells, type PackedCells } from '../../shared/packed-cells.ts';
import type { AnswerKey, PackedCount, TallyTable } from '../../shared/part-calls.ts';
import type { Context } from '../context.ts';
import { eraseAnswers, findEffective, hotCampaign, listPressure } from './answers.ts';
import { readCommittedTexts, readHeads } from './audit.ts';
import { campaignNo } from './campaign-no.ts';
import { getCampaign, readRevisionRule, storeDecision } from './campaigns.ts';
import { readCells, respondents } from './count.ts';
import { readStrata } from './strata.ts';
import { recordDecision } from './decision.ts';
import { hasDispositions, logsOf } from './evidence-log.ts';
import { countFrame } from './frame.ts';
import { listSchools } from './schools.ts';
import { readTime } from './service-state.ts';
import { endWatch } from './slots.ts';
import { readFlags, saveFlags } from './flags.ts';

export async function beginClosing(
  ctx: Context,
  stamp: Stamp,
  id: CampaignId,
  mustBeDue = false,
): Promise<void> {
  const tx = ctx.db;
  const decision = decideClosing(await getCampaign(tx, id), await readTime(tx), stamp, mustBeDue);
  await endWatch(ctx, id);
  // Cached while it was open; from here on it takes no answers.
  ctx.hot.delete(id);
  await storeDecision(tx, stamp, id, decision);
}

export async function completeClosingStep(
  ctx: Context,
  stamp: Stamp,
  id: CampaignId,
  step: ClosingStep,
  details: Readonly<Record<string, unknown>>,
): Promise<void> {
  const tx = ctx.db;
  const no = await campaignNo(tx, id);
  const state = {
    campaign: await getCampaign(tx, id),
    isCounted: step !== 'count' || (await areAllCounted(ctx, no)),
  };
  const heads = step === 'finish' ? await readHeads(tx, no, stamp.at) : [];
  await storeDecision(tx, stamp, id, decideClosingStep(state, { step, details }, stamp, heads));
}

/** Counting is done county by county and in parts. */
async function areAllCounted(ctx: Context, campaign: number): Promise<boolean> {
  for (const county of await logsOf(ctx.db, campaign))
    if (!(await hasDispositions(ctx, campaign, county))) return false;
  for (const table of ['delivery_fates', 'outbox'])
    if (
      (await ctx.raw.prepare(`SELECT 1 FROM ${table} WHERE campaign = ? LIMIT 1`).get(campaign)) !== undefined
    )
      return false;
  return true;
}

async function assertStep(ctx: Context, id: CampaignId, step: ClosingStep): Promise<void> {
  assertClosingStep(await getCampaign(ctx.db, id), step);
}

async function readReanswers(
  ctx: Context,
  campaign: number,
  county: CountyCode,
): Promise<ClosingCounts['reanswered']> {
  return (await ctx.raw
    .prepare(
      'SELECT reporting_stratum AS "reportingStratum", respondents, reanswered FROM reanswers WHERE campaign = ? AND county = ? ORDER BY reporting_stratum',
    )
    .all(campaign, county)) as ClosingCounts['reanswered'];
}

async function readFateCounts(
  ctx: Context,
  campaign: number,
  county: CountyCode,
): Promise<readonly StratumFates[]> {
  return (await ctx.raw
    .prepare(
      `SELECT reporting_stratum AS "reportingStratum", counted_set AS "set", opted_out AS "optedOut", wrong_number AS "wrongNumber", undeliverable
       FROM fate_counts WHERE campaign = ? AND county = ? ORDER BY reporting_stratum, counted_set`,
    )
    .all(campaign, county)) as StratumFates[];
}

/**
 * Reads every answer of a closed county once; nothing that is read changes until the counts are stored. Undefined: they are
 * already in the log.
 */
export async function countClosed(
  ctx: Context,
  id: CampaignId,
  county: CountyCode,
  cellsPerPart: number,
): Promise<PackedCount | undefined> {
  const hot = await hotCampaign(ctx, id);
  if (!hot) throw new AppError('not-found', 'campaign.not-found');
  await assertStep(ctx, id, 'count');
  if (await hasDispositions(ctx, hot.no, county)) return undefined;
  const { reporting } = await readStrata(ctx.db, id, county);
  const contacts = new Map(
    (await countFrame(ctx, id, county)).map((c) => [`${c.group} ${c.school}`, c.contacts - c.late]),
  );
  const answered: (readonly StoredRevision[])[] = [];
  for await (const revisions of respondents(ctx, hot.no, county)) answered.push(revisions);
  const { cells, firstCells, ...rest } = countCounty(
    { ...hot, minimumCell: hot.profile.minimumCell },
    answered,
    {
      reporting,
      rolls: countRolls(
        reporting,
        await listSchools(ctx.db, id, county),
        (group, school) => contacts.get(`${group} ${school}`) ?? 0,
      ),
      pressure: await listPressure(ctx, id, county),
      alarms: await readFlags(ctx, 'slot_alarms', hot.no, county),
      comments: await readCommittedTexts(ctx.raw, hot.no, county, 'texts'),
      reports: await readCommittedTexts(ctx.raw, hot.no, county, 'pressure_reports'),
    },
  );
  return { ...rest, cells: packCells(cells, cellsPerPart), firstCells: packCells(firstCells, cellsPerPart) };
}

async function assertUncounted(ctx: Context, id: CampaignId, county: CountyCode): Promise<number> {
  const campaign = await campaignNo(ctx.db, id);
  assertMayCount(await getCampaign(ctx.db, id), await hasDispositions(ctx, campaign, county));
  return campaign;
}

const tallyPlace = 'questionnaire, sampling_stratum, reporting_stratum, channel, counted_set, valid';

/** Deletes cells left by an earlier attempt. Returns how many. */
export async function eraseCells(
  ctx: Context,
  id: CampaignId,
  county: CountyCode,
  table: TallyTable,
  limit: number,
): Promise<number> {
  const campaign = await assertUncounted(ctx, id, county);
  return (
    await ctx.raw
      .prepare(
        `DELETE FROM ${table} WHERE campaign = @campaign AND county = @county AND (${tallyPlace}) IN
           (SELECT ${tallyPlace} FROM ${table} WHERE campaign = @campaign AND county = @county LIMIT @limit)`,
      )
      .run({ campaign, county: Number(county), limit })
  ).changes;
}

/** Parts come in key order, so that the order of rows does not tell which kind of answer came first. */
export async function saveCells(
  ctx: Context,
  id: CampaignId,
  county: CountyCode,
  table: TallyTable,
  packed: PackedCells,
): Promise<void> {
  const campaign = await assertUncounted(ctx, id, county);
  const cells = unpackCells(packed);
  await ctx.raw
    .prepare(
      `INSERT INTO ${table} (campaign, county, questionnaire, sampling_stratum, reporting_stratum, channel, counted_set, valid, bytes)
       SELECT ?, ?, t.* FROM unnest(?::integer[], ?::integer[], ?::integer[], ?::integer[], ?::integer[], ?::integer[], ?::bytea[]) t`,
    )
    .run(
      campaign,
      Number(county),
      cells.map((c) => c.questionnaire),
      cells.map((c) => c.samplingStratum),
      cells.map((c) => c.reportingStratum),
      cells.map((c) => channels.indexOf(c.channel)),
      cells.map((c) => countedSets.indexOf(c.set)),
      cells.map((c) => (c.valid ? 1 : 0)),
      cells.map((c) => c.bytes),
    );
}

export async function saveCounts(
  ctx: Context,
  stamp: Stamp,
  id: CampaignId,
  county: CountyCode,
  {
    fates,
    ...counted
  }: Omit<CountyCount, 'cells' | 'firstCells'> & { readonly fates: readonly StratumFates[] },
): Promise<void> {
  const { raw, db: tx } = ctx;
  const no = await campaignNo(tx, id);
  const state = { campaign: await getCampaign(tx, id), isCounted: await hasDispositions(ctx, no, county) };
  const decision = decideCount(state, { county, counted, fates }, stamp.at);
  for (const table of ['reanswers', 'fate_counts', 'flags'])
    await raw.prepare(`DELETE FROM ${table} WHERE campaign = ? AND county = ?`).run(no, county);
  const putStratum = raw.prepare('INSERT INTO reanswers VALUES (?, ?, ?, ?, ?)');
  for (const s of decision.changes.reanswered)
    await putStratum.run(no, county, s.reportingStratum, s.respondents, s.reanswered);
  const putFates = raw.prepare('INSERT INTO fate_counts VALUES (?, ?, ?, ?, ?, ?, ?)');
  for (const f of decision.changes.fates)
    await putFates.run(no, county, f.reportingStratum, f.set, f.optedOut, f.wrongNumber, f.undeliverable);
  await saveFlags(ctx, 'flags', no, county, decision.changes.flags);
  await recordDecision(tx, stamp, { no, id }, decision);
  // Hourly data does not outlive the count.
  await raw.prepare('DELETE FROM slot_alarms WHERE campaign = ? AND county = ?').run(no, county);
}

/** Counted: delivery data of single contacts is deleted. Returns how many. */
export async function eraseFates(
  ctx: Context,
  id: CampaignId,
  county: CountyCode,
  limit: number,
): Promise<number> {
  const campaign = await campaignNo(ctx.db, id);
  assertMayEraseCounted(await getCampaign(ctx.db, id), await hasDispositions(ctx, campaign, county));
  return (
    await ctx.raw
      .prepare(
        `DELETE FROM delivery_fates WHERE ctid = ANY (ARRAY(
           SELECT ctid FROM delivery_fates WHERE campaign = @campaign AND county = @county LIMIT @limit))`,
      )
      .run({ campaign, county, limit })
  ).changes;
}

export async function readClosingCounts(
  ctx: Context,
  id: CampaignId,
  county: CountyCode,
): Promise<ClosingCounts | undefined> {
  if (countingOf(await getCampaign(ctx.db, id)) !== 'done') return undefined;
  return {
    tallies: await readCells(ctx, 'tallies', id, county),
    first: await readCells(ctx, 'first_tallies', id, county),
    reanswered: await readReanswers(ctx, await campaignNo(ctx.db, id), county),
    fates: await readFateCounts(ctx, await campaignNo(ctx.db, id), county),
    keepsVoidedFrame: await closedWithoutFates(ctx, await campaignNo(ctx.db, id), county),
    flags: await readFlags(ctx, 'flags', await campaignNo(ctx.db, id), county),
  };
}

/** From the dispositions in the log, so that page and verifier agree. */
async function closedWithoutFates(ctx: Context, campaign: number, county: CountyCode): Promise<boolean> {
  const data = (await ctx.raw
    .prepare(
      'SELECT data FROM evidence_leaves WHERE campaign = ? AND county = ? AND type = ? ORDER BY no LIMIT 1',
    )
    .pluck()
    .get(campaign, county, leafTypes.dispositions)) as Buffer | undefined;
  const leaf = data && decodeStateLeaf(new Uint8Array(data));
  return leaf?.type === 'dispositions' && leaf.body.fates === undefined;
}

/**
 * Superseded revisions that still have contents, respondent by respondent after `after`: at least `limit` of them, unless none
 * remain. Reads every answer on its way.
 */
export async function listSuperseded(
  ctx: Context,
  id: CampaignId,
  county: CountyCode,
  after: Uint8Array | null,
  limit: number,
): Promise<{ readonly keys: readonly AnswerKey[]; readonly next: Uint8Array | null }> {
  const rule = await readRevisionRule(ctx.db, await campaignNo(ctx.db, id));
  const rows = ctx.raw
    .prepare(
      `SELECT pseudonym, revision, channel, answers IS NOT NULL FROM responses
       WHERE campaign = ? AND county = ? AND pseudonym > ? ORDER BY campaign, county, pseudonym, revision`,
    )
    .raw()
    .iterate(await campaignNo(ctx.db, id), Number(county), after ?? Buffer.alloc(0)) as AsyncGenerator<
    [Buffer, number, number, boolean]
  >;
  const keys: AnswerKey[] = [];
  let current: Buffer | null = null;
  let own: { revision: number; channel: Channel; holds: boolean }[] = [];
  const take = (): void => {
    if (current === null || own.length < 2) return;
    const pseudonym = new Uint8Array(current);
    for (const { revision, holds } of supersededRevisions(own, rule))
      if (holds) keys.push([pseudonym, revision]);
  };
  for await (const [pseudonym, revision, channel, holds] of rows) {
    if (current === null || !current.equals(pseudonym)) {
      take();
      if (current !== null && keys.length >= limit) return { keys, next: new Uint8Array(current) };
      current = pseudonym;
      own = [];
    }
    own.push({ revision, channel: channels[channel] as Channel, holds });
  }
  take();
  return { keys, next: null };
}

/** Whatever was listed: the revision that counts keeps its contents. */
export async function eraseRevisions(
  ctx: Context,
  id: CampaignId,
  county: CountyCode,
  keys: readonly AnswerKey[],
): Promise<void> {
  await assertStep(ctx, id, 'erase');
  const campaign = await campaignNo(ctx.db, id);
  const rule = await readRevisionRule(ctx.db, campaign);
  const superseded: AnswerKey[] = [];
  let kept: { readonly pseudonym: Uint8Array; readonly revision: number | undefined } | null = null;
  for (const [pseudonym, revision] of keys) {
    if (kept === null || compareBytes(kept.pseudonym, pseudonym) !== 0)
      kept = {
        pseudonym,
        revision: (await findEffective(ctx, [campaign, Number(county), pseudonym], rule))?.revision,
      };
    if (revision !== kept.revision) superseded.push([pseudonym, revision]);
  }
  await eraseAnswers(ctx, campaign, county, superseded);
}
