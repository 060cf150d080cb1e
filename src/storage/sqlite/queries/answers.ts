/**
 * The hot path: raw prepared statements, because the query builder costs 8–14 times as much there. Nothing is counted here
 * (queries/count.ts).
 */
import { AppError } from '../../../domain/errors.ts';
import { parseProfile, parseQuestionnaire } from '../../../domain/campaign/document.ts';
import {
  decideAnswer,
  decideFirstAnswer,
  isFinal,
  refusalByState,
  refusalOf,
} from '../../../domain/answer/decide-answer.ts';
import { isSelfCompleted, type RevisionRule } from '../../../domain/answer/revision.ts';
import type { CampaignId, ContentHash, CountyCode } from '../../../domain/model/ids.ts';
import { compileQuestionnaire } from '../../../domain/questionnaire/compile.ts';
import { createValidityTest } from '../../../domain/scoring/rules/valid.ts';
import {
  channels,
  pressureSourceSchema,
  type Channel,
  type Group,
  type IssuedSet,
} from '../../../domain/model/vocabulary.ts';
import type { Issued } from '../../../domain/model/code.ts';
import type {
  PressureReport,
  RecordResult,
  ResponseEntry,
  StoredText,
} from '../../../domain/model/answer.ts';
import type { RateSnapshot } from '../../../domain/model/count.ts';
import { inTx, type Tx } from '../connection.ts';
import type { Context, HotCampaign } from '../context.ts';
import { prepared } from '../prepared.ts';
import { prepareAnswers, type AnswerStatements } from './answer-statements.ts';
import { campaignNo, knownCampaignNo } from './campaign-no.ts';
import { findDocument, getCampaign, readRevisionRule } from './campaigns.ts';
import { readStrata } from './strata.ts';
import { again, countWatched, fast } from '../../shared/watch.ts';

/** Maximum number of codes whose effective revision is cached; the oldest entry is evicted. */
const maximumEffective = 10_000;

function statements(ctx: Context): AnswerStatements {
  return (ctx.answers ??= prepareAnswers(ctx.raw));
}

type IssuedPlace = Omit<Issued, 'pseudonym'>;

function readIssued(ctx: Context, campaign: number, pseudonym: Uint8Array): IssuedPlace | undefined {
  const row = statements(ctx).issued.get(campaign, pseudonym) as
    [CountyCode, number, number, number, IssuedSet] | undefined;
  return (
    row && {
      county: row[0],
      samplingStratum: row[1],
      reportingStratum: row[2],
      questionnaire: row[3],
      set: row[4],
    }
  );
}

function numberOf(ctx: Context, id: CampaignId): number | undefined {
  let no = ctx.numbers.get(id);
  if (no === undefined) {
    no = ctx.raw.prepare('SELECT no FROM campaigns WHERE id = ?').pluck().get(id) as number | undefined;
    if (no !== undefined) ctx.numbers.set(id, no);
  }
  return no;
}

/** Runs for every answer: reads only the one row. */
export function findIssued(ctx: Context, id: CampaignId, pseudonym: Uint8Array): Issued | undefined {
  const no = numberOf(ctx, id);
  if (no === undefined) return undefined;
  const place = readIssued(ctx, no, pseudonym);
  return place && { pseudonym, ...place };
}

const profileOf = (ctx: Context, hash: ContentHash) =>
  checkedOnce(ctx.profiles, hash, () => parseProfile(hash, findDocument(ctx.db, hash)));
const questionnaireOf = (ctx: Context, hash: ContentHash) =>
  checkedOnce(ctx.questionnaires, hash, () =>
    compileQuestionnaire(parseQuestionnaire(hash, findDocument(ctx.db, hash))),
  );

/** Documents of more campaigns than are ever open at once. */
const maximumDocuments = 200;

/** A document checked under its hash never changes, and reading it again blocks the writer for milliseconds. */
function checkedOnce<T>(known: Map<ContentHash, T>, hash: ContentHash, read: () => T): T {
  let found = known.get(hash);
  if (found === undefined) {
    if (known.size >= maximumDocuments) known.clear();
    known.set(hash, (found = read()));
  }
  return found;
}

/** A campaign's rules, questionnaires and voids, compiled once. Operations that change a campaign remove it from `ctx.hot`. */
export function hotCampaign(ctx: Context, id: CampaignId): HotCampaign | undefined {
  const known = ctx.hot.get(id);
  if (known) return known;
  const tx: Tx = ctx.db;
  const no = numberOf(ctx, id);
  if (no === undefined) return undefined;
  const campaign = getCampaign(tx, id);
  const groups = new Map<CountyCode, ReadonlyMap<number, Group>>();
  const hot: HotCampaign = {
    no,
    state: campaign.state,
    profile: profileOf(ctx, campaign.profile),
    revisionRule: readRevisionRule(tx, no),
    questionnaires: new Map(campaign.questionnaires.map((q) => [q.no, questionnaireOf(ctx, q.hash)])),
    voids: campaign.voids,
    validity: new Map(),
    groupOf(county, reportingStratum) {
      let strata = groups.get(county);
      if (!strata) {
        strata = new Map(readStrata(tx, id, county).reporting.map((r) => [r.no, r.group]));
        groups.set(county, strata);
      }
      const group = strata.get(reportingStratum);
      if (group === undefined)
        throw new AppError('corrupt', 'storage.corrupt', { params: { column: 'reporting_strata' } });
      return group;
    },
  };
  for (const [number, q] of hot.questionnaires)
    hot.validity.set(number, createValidityTest(hot.profile.valid, q));
  ctx.hot.set(id, hot);
  return hot;
}

const channelIndex = new Map<Channel, number>(channels.map((c, i) => [c, i]));

interface Revision {
  readonly revision: number;
  readonly channel: Channel;
}

type RevisionKey = readonly [campaign: number, county: number, pseudonym: Uint8Array];

const toRevision = (row: unknown): Revision | undefined => {
  const found = row as [number, number] | undefined;
  return found && { revision: found[0], channel: channels[found[1]] as Channel };
};

/** The highest revision; one seek. */
function findNewest(ctx: Context, key: RevisionKey): Revision | undefined {
  return toRevision(statements(ctx).newest.get(...key));
}

const nameOfKey = ([campaign, county, pseudonym]: RevisionKey): string =>
  `${campaign} ${county} ${Buffer.from(pseudonym).toString('latin1')}`;

/**
 * The revision that counts: two seeks by the primary key, whatever the number of revisions. Only staff entries (assisted, paper)
 * after a self-completed answer must be skipped. That result is cached, so that the same code does not cause repeated reads.
 */
export function findEffective(
  ctx: Context,
  key: RevisionKey,
  rule: RevisionRule,
  newest = findNewest(ctx, key),
): Revision | undefined {
  if (newest === undefined || isSelfCompleted(newest.channel, rule)) return newest;
  const known = ctx.effective.get(nameOfKey(key));
  if (known !== undefined)
    return known === newest.revision ? newest : toRevision(statements(ctx).revision.get(...key, known));
  return toRevision(statements(ctx).newestSelf[rule].get(...key)) ?? newest;
}

/** After a staff entry was stored; any other revision is effective because it is the newest. */
function rememberEffective(ctx: Context, key: RevisionKey, revision: number): void {
  const { effective } = ctx;
  const name = nameOfKey(key);
  effective.delete(name);
  if (effective.size >= maximumEffective) effective.delete(effective.keys().next().value as string);
  effective.set(name, revision);
}

function findPlace(
  ctx: Context,
  campaign: number,
  { link, pseudonym }: ResponseEntry,
): IssuedPlace | undefined {
  if (link === null) return readIssued(ctx, campaign, pseudonym);
  const found = statements(ctx).link.get(link, campaign) as
    Omit<IssuedPlace, 'samplingStratum' | 'set'> | undefined;
  return found && { ...found, samplingStratum: 0, set: 'other' };
}

function recordOne(ctx: Context, entry: ResponseEntry): RecordResult {
  const hot = hotCampaign(ctx, entry.campaign);
  if (!hot) return 'unknown';
  const refusedByState = refusalByState(hot.state);
  if (refusedByState !== null) return refusedByState;
  const place = findPlace(ctx, hot.no, entry);
  const refused = refusalOf(hot, place, entry);
  if (refused !== null || !place) return refused ?? 'unknown';

  const s = statements(ctx);
  const county = Number(place.county);
  const channel = channelIndex.get(entry.channel) as number;
  const { pseudonym, nonce, answers, pressure, textId } = entry;
  const { questionnaire, reportingStratum } = place;
  const insert = (revision: number): boolean =>
    s.insert.run(
      hot.no,
      county,
      pseudonym,
      revision,
      questionnaire,
      reportingStratum,
      channel,
      nonce,
      answers,
    ).changes === 1;
  // Rows are never deleted, so a respondent without a first revision has none: nine in ten need no look-up of earlier answers.
  let changes = decideFirstAnswer(place);
  const isFirst = insert(changes.revision);
  if (!isFirst) {
    const key: RevisionKey = [hot.no, county, pseudonym];
    const newest = findNewest(ctx, key);
    const effective = findEffective(ctx, key, hot.revisionRule, newest);
    if (!newest || !effective)
      throw new AppError('corrupt', 'storage.corrupt', { params: { column: 'responses.revision' } });
    changes = decideAnswer(place, { newest, effective }, entry.channel, hot.revisionRule);
    insert(changes.revision);
    if (changes.effective !== null) rememberEffective(ctx, key, changes.effective);
  }
  if (!changes.tells) return 'stored';
  if (pressure)
    s.putPressure.run(hot.no, place.county, pressure.id, pressure.source, reportingStratum, pressure.body);
  ctx.watched.push(
    hot.no,
    county,
    reportingStratum,
    (isFirst ? 0 : again) | (entry.fast === true ? fast : 0),
  );
  if (changes.comments === 'leave') return 'stored';
  if (changes.comments === 'replace') s.deleteTexts.run(hot.no, place.county, textId);
  for (const { item, body } of entry.texts)
    s.insertText.run(hot.no, place.county, textId, item, questionnaire, reportingStratum, body);
  return 'stored';
}

/** In the campaign that knows the code. */
function recordFirstKnown(ctx: Context, entry: ResponseEntry): RecordResult {
  let result = recordOne(ctx, entry);
  for (const other of entry.otherwise ?? []) {
    if (isFinal(result)) break;
    const next = recordOne(ctx, other);
    if (next !== 'unknown') result = next;
  }
  return result;
}

function recordAll(ctx: Context, batch: readonly ResponseEntry[]): readonly RecordResult[] {
  try {
    const results = inTx(ctx, () => batch.map((entry) => recordFirstKnown(ctx, entry)));
    countWatched(ctx);
    return results;
  } catch (error) {
    ctx.watched.length = 0;
    // Rolled back: the cache no longer matches the stored rows.
    ctx.effective.clear();
    throw error;
  }
}

/** Disk errors concern the whole batch and are thrown; other errors concern one entry. */
function isStorageTrouble(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    String(error.code).startsWith('SQLITE_') &&
    !String(error.code).startsWith('SQLITE_CONSTRAINT')
  );
}

export function recordResponses(ctx: Context, batch: readonly ResponseEntry[]): readonly RecordResult[] {
  try {
    return recordAll(ctx, batch);
  } catch (error) {
    if (isStorageTrouble(error)) throw error;
    return batch.map((entry): RecordResult => {
      try {
        return recordAll(ctx, [entry])[0] ?? 'failed';
      } catch (inner) {
        if (isStorageTrouble(inner)) throw inner;
        return 'failed';
      }
    });
  }
}

export function listPressure(ctx: Context, id: CampaignId, county: CountyCode): readonly PressureReport[] {
  const rows = ctx.raw
    .prepare(
      'SELECT report_id AS id, source, reporting_stratum AS reportingStratum, body FROM pressure_reports WHERE campaign = ? AND county = ? ORDER BY report_id, source',
    )
    .all(campaignNo(ctx.db, id), county) as {
    id: Buffer;
    source: string;
    reportingStratum: number;
    body: string;
  }[];
  return rows.map((r) => ({ ...r, id: new Uint8Array(r.id), source: pressureSourceSchema.parse(r.source) }));
}

const hasResponse = 'SELECT 1 FROM responses WHERE campaign = ? AND county = ? AND pseudonym = ? LIMIT 1';

export function hasAnswered(
  ctx: Context,
  id: CampaignId,
  county: CountyCode,
  pseudonym: Uint8Array,
): boolean {
  return (
    prepared(ctx.raw, hasResponse).get(knownCampaignNo(ctx, id), Number(county), pseudonym) !== undefined
  );
}

export function haveAnswered(
  ctx: Context,
  id: CampaignId,
  county: CountyCode,
  pseudonyms: readonly Uint8Array[],
): readonly boolean[] {
  const campaign = campaignNo(ctx.db, id);
  const statement = prepared(ctx.raw, hasResponse);
  return pseudonyms.map((p) => statement.get(campaign, Number(county), p) !== undefined);
}

export function saveSnapshot(ctx: Context, id: CampaignId, county: CountyCode, snapshot: RateSnapshot): void {
  ctx.raw
    .prepare('INSERT OR IGNORE INTO rate_snapshots (campaign, county, day, at, body) VALUES (?, ?, ?, ?, ?)')
    .run(campaignNo(ctx.db, id), county, snapshot.day, snapshot.at, snapshot.body);
}

export function listSnapshots(ctx: Context, id: CampaignId, county: CountyCode): readonly RateSnapshot[] {
  return ctx.raw
    .prepare('SELECT day, at, body FROM rate_snapshots WHERE campaign = ? AND county = ? ORDER BY day')
    .all(campaignNo(ctx.db, id), county) as RateSnapshot[];
}

export function findLatestSnapshot(
  ctx: Context,
  id: CampaignId,
  county: CountyCode,
): RateSnapshot | undefined {
  return ctx.raw
    .prepare(
      'SELECT day, at, body FROM rate_snapshots WHERE campaign = ? AND county = ? ORDER BY day DESC LIMIT 1',
    )
    .get(campaignNo(ctx.db, id), county) as RateSnapshot | undefined;
}

export function listTexts(ctx: Context, id: CampaignId, county: CountyCode): readonly StoredText[] {
  return ctx.raw
    .prepare(
      'SELECT text_id AS textId, questionnaire, item, reporting_stratum AS reportingStratum, body FROM texts WHERE campaign = ? AND county = ? ORDER BY text_id, item',
    )
    .all(campaignNo(ctx.db, id), county) as StoredText[];
}
