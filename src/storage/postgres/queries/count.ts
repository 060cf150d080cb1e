/**
 * Counts a county from its rows (design 8): nothing is counted when an answer is stored. The tables `tallies` and `first_tallies`
 * are written once, by the count at close. Before that, counts of a county are derived in one pass over its rows, on a reader.
 */
import { AppError } from '../../../domain/errors.ts';
import { effectiveRevision } from '../../../domain/answer/revision.ts';
import { countingOf } from '../../../domain/campaign/decide-count.ts';
import type { CountableAnswer, StoredRevision } from '../../../domain/model/answer.ts';
import type { Campaign } from '../../../domain/model/campaign.ts';
import type { StratumCount } from '../../../domain/model/count.ts';
import type { CampaignId, CountyCode } from '../../../domain/model/ids.ts';
import { channels, countedSets, type Channel, type CountedSet } from '../../../domain/model/vocabulary.ts';
import { countByStratum, createCellCounter } from '../../../domain/scoring/tally/cells.ts';
import type { TallyCell } from '../../../domain/scoring/tally/tally.ts';
import type { TallyTable } from '../../shared/part-calls.ts';
import type { Context, HotCampaign } from '../context.ts';
import { hotCampaign } from './answers.ts';
import { campaignNo } from './campaign-no.ts';
import { hasDispositions } from './evidence-log.ts';

/** All responses of a county except those of test contacts, respondent by respondent, in constant memory. */
export async function* respondents(
  ctx: Context,
  campaign: number,
  county: CountyCode,
): AsyncGenerator<readonly StoredRevision[]> {
  const rows = ctx.raw
    .prepare(
      `SELECT r.pseudonym, r.revision, r.channel, r.questionnaire, r.reporting_stratum, r.answers, i.sampling_stratum, i.counted_set
       FROM responses r LEFT JOIN issued i ON i.campaign = @campaign AND i.county = @county AND i.pseudonym = r.pseudonym
       WHERE r.campaign = @campaign AND r.county = @number AND i.counted_set IS DISTINCT FROM 'canary'
       ORDER BY r.campaign, r.county, r.pseudonym, r.revision`,
    )
    .raw()
    .iterate({ campaign, county, number: Number(county) }) as AsyncGenerator<
    [Buffer, number, number, number, number, Buffer | null, number | null, CountedSet | null]
  >;
  let current: Buffer | null = null;
  let revisions: StoredRevision[] = [];
  for await (const [
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

/** After close one revision of each respondent has contents. */
export async function listCountable(
  ctx: Context,
  id: CampaignId,
  county: CountyCode,
  after: Uint8Array | null,
  limit: number,
): Promise<readonly CountableAnswer[]> {
  const rows = (await ctx.raw
    .prepare(
      `SELECT r.pseudonym, r.channel, r.questionnaire, r.reporting_stratum AS "reportingStratum", r.answers,
         i.sampling_stratum AS "samplingStratum", i.counted_set AS "set"
       FROM responses r LEFT JOIN issued i ON i.campaign = @campaign AND i.county = @county AND i.pseudonym = r.pseudonym
       WHERE r.campaign = @campaign AND r.county = @number AND r.pseudonym > @after AND r.answers IS NOT NULL
         AND i.counted_set IS DISTINCT FROM 'canary'
       ORDER BY r.campaign, r.county, r.pseudonym LIMIT @limit`,
    )
    .all({
      campaign: await campaignNo(ctx.db, id),
      county,
      number: Number(county),
      after: after ?? Buffer.alloc(0),
      limit,
    })) as {
    pseudonym: Buffer;
    channel: number;
    questionnaire: number;
    reportingStratum: number;
    answers: Buffer;
    samplingStratum: number | null;
    set: CountedSet | null;
  }[];
  return rows.map((row) => ({
    ...row,
    channel: channels[row.channel] as Channel,
    samplingStratum: row.samplingStratum ?? 0,
    set: row.set ?? 'other',
  }));
}

/** In the order of their keys. */
export async function readCells(
  ctx: Context,
  table: TallyTable,
  id: CampaignId,
  county: CountyCode,
): Promise<readonly TallyCell[]> {
  const rows = (await ctx.raw
    .prepare(
      `SELECT questionnaire, sampling_stratum AS "samplingStratum", reporting_stratum AS "reportingStratum", channel, counted_set AS "set", valid, bytes
       FROM ${table} WHERE campaign = ? AND county = ? ORDER BY questionnaire, sampling_stratum, reporting_stratum, channel, counted_set, valid`,
    )
    .all(await campaignNo(ctx.db, id), Number(county))) as {
    questionnaire: number;
    samplingStratum: number;
    reportingStratum: number;
    channel: number;
    set: number;
    valid: number;
    bytes: Buffer;
  }[];
  return rows.map((r) => ({
    ...r,
    channel: channels[r.channel] as Channel,
    set: countedSets[r.set] as CountedSet,
    valid: r.valid === 1,
    bytes: new Uint8Array(r.bytes),
  }));
}

/**
 * Whether the county's tallies are in their tables: its count at close is done. Before that, the content of the tables must not
 * be used.
 */
export async function isCounted(ctx: Context, id: CampaignId, county: CountyCode): Promise<boolean> {
  // Runs for each county, so the campaign is not read with the rows of all of them.
  const campaign = (await ctx.raw
    .prepare('SELECT no, state, closing_step AS "closingStep" FROM campaigns WHERE id = ?')
    .get(id)) as ({ readonly no: number } & Pick<Campaign, 'state' | 'closingStep'>) | undefined;
  if (!campaign) throw new AppError('not-found', 'campaign.not-found');
  const counting = countingOf(campaign);
  return counting === 'under-way' ? await hasDispositions(ctx, campaign.no, county) : counting === 'done';
}

/**
 * The tallies of the answers that count so far. `skipCorrupt`: leaves out answers that cannot be counted, for a caller that
 * reports them.
 * @throws AppError corrupt, unless `skipCorrupt`
 */
export async function deriveCells(
  ctx: Context,
  hot: HotCampaign,
  county: CountyCode,
  skipCorrupt = false,
): Promise<readonly TallyCell[]> {
  const counter = createCellCounter(hot);
  for await (const revisions of respondents(ctx, hot.no, county)) {
    const last = effectiveRevision(revisions, hot.revisionRule);
    try {
      if (!last?.answers)
        throw new AppError('corrupt', 'storage.corrupt', { params: { column: 'responses.answers' } });
      counter.add(last, last.answers);
    } catch (error) {
      if (!skipCorrupt || !(error instanceof AppError)) throw error;
    }
  }
  return counter.cells();
}

async function getHot(ctx: Context, id: CampaignId): Promise<HotCampaign> {
  const hot = await hotCampaign(ctx, id);
  if (!hot) throw new AppError('not-found', 'campaign.not-found');
  return hot;
}

/** From one snapshot, whatever is stored meanwhile. */
export async function readTallies(
  ctx: Context,
  id: CampaignId,
  county: CountyCode,
): Promise<readonly TallyCell[]> {
  const hot = await getHot(ctx, id);
  return (await isCounted(ctx, id, county))
    ? await readCells(ctx, 'tallies', id, county)
    : await deriveCells(ctx, hot, county);
}

export async function countResponses(
  ctx: Context,
  id: CampaignId,
  county: CountyCode,
): Promise<readonly StratumCount[]> {
  return countByStratum((await getHot(ctx, id)).questionnaires, await readTallies(ctx, id, county));
}
