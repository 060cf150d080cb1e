/**
 * The hot path: a batch of answers in one transaction with two round trips, whatever its size. The first begins it, takes the
 * campaigns' locks, reads their versions, and looks up the place and the earlier answers of each code. Then everything is decided
 * here, and the second inserts and commits.
 *
 * The decision depends on two things. The campaigns' locks, shared with other batches, keep everything but answers unchanged. And
 * a revision's number is part of its key: if another process has added the same one since it was looked up, the insert fails, and
 * with it the transaction. The batch is then repeated under the exclusive locks of its campaigns, without concurrency. The intake
 * keeps answers of one code apart within a process, so this needs two processes and one code at the same moment.
 *
 * Why no two batches deadlock: every batch takes locks in the same order. (1) The campaigns' locks, in ascending order. A
 * closing, which takes one of them exclusively, waits for its holders, and holds nothing that they wait for. (2) Revisions in
 * ascending order of campaign, county, pseudonym and number. If another batch has inserted the same one and not yet committed,
 * this one waits for it. Texts and reports come after, and belong to codes of which (2) has inserted a revision. So a waiting
 * batch holds only locks that come before the one that it waits for. A cycle would need a holder of a later one.
 */
import type pg from 'pg';
import {
  decideAnswer,
  decideFirstAnswer,
  isFinal,
  refusalByState,
  refusalOf,
  type AnswerChanges,
} from '../../../domain/answer/decide-answer.ts';
import { toHex } from '../../../domain/hash.ts';
import { isSelfCompleted } from '../../../domain/answer/revision.ts';
import type { RecordResult, ResponseEntry } from '../../../domain/model/answer.ts';
import type { CampaignId } from '../../../domain/model/ids.ts';
import {
  inPipelinedTx,
  isConnectionTrouble,
  isRetryable,
  ownCampaigns,
  shareCampaigns,
  UnknownOutcome,
  waitForStandby,
  codeOf as errorCodeOf,
  withConnection,
  type Send,
} from '../connection.ts';
import { insertion, type Columns } from '../bulk.ts';
import { createContext, type Context, type HotCampaign, type Caches } from '../context.ts';
import { findVersion, findVersions, hotCampaignAt, type Revision, type Version } from './answers.ts';
import {
  compareCodes,
  deleteTexts,
  findPlaces,
  insertRevisions,
  reusePlans,
  readSelfCompleted,
  type Asked,
  type Placed,
  type Places,
  type Row,
} from './record-statements.ts';
import { again, countWatched, fast } from '../../shared/watch.ts';

const candidatesOf = (entry: ResponseEntry): readonly ResponseEntry[] =>
  entry.otherwise && entry.otherwise.length > 0 ? [entry, ...entry.otherwise] : [entry];

/** @throws UnknownOutcome, errors of the database that concern the whole batch */
export async function recordResponses(
  pool: pg.Pool,
  caches: Caches,
  batch: readonly ResponseEntry[],
): Promise<readonly RecordResult[]> {
  try {
    return await recordSurely(pool, caches, batch);
  } catch (error) {
    if (batch.length === 1 || isStorageTrouble(error)) {
      if (isStorageTrouble(error)) throw error;
      return batch.map(() => 'failed');
    }
    const results: RecordResult[] = [];
    for (const entry of batch) results.push(...(await recordResponses(pool, caches, [entry])));
    return results;
  }
}

/** Errors of the server or the connection concern the whole batch and are thrown; other errors concern one entry. */
function isStorageTrouble(error: unknown): boolean {
  if (error instanceof UnknownOutcome || isConnectionTrouble(error)) return true;
  // Insufficient resources, a timeout of a lock or response, a conflict with another transaction, I/O errors, damage, a read-only
  // standby.
  return /^(53|55P03|57|40|58|XX|25)/.test(errorCodeOf(error));
}

const attempts = 5;

/**
 * How a batch is tried. `beside`: concurrently with others. `alone`: under exclusive locks of its campaigns. `unsure`: alone, and
 * an earlier attempt may have stored it: its rows are looked up first, when that attempt has certainly ended.
 */
type Way = 'beside' | 'alone' | 'unsure';

/** Retries the batch after a conflict with another transaction, and after a commit of unknown outcome. */
async function recordSurely(
  pool: pg.Pool,
  caches: Caches,
  batch: readonly ResponseEntry[],
): Promise<readonly RecordResult[]> {
  let way: Way = 'beside';
  for (let attempt = 1; ; attempt++) {
    try {
      return await recordAll(pool, caches, batch, way);
    } catch (error) {
      const isUncertain: boolean =
        error instanceof UnknownOutcome || (way === 'unsure' && isConnectionTrouble(error));
      const isOvertaken = way === 'beside' && overtaken.has(errorCodeOf(error));
      if (attempt === attempts || !(isUncertain || isOvertaken || isRetryable(error))) throw error;
      if (isUncertain) way = 'unsure';
      else if (isOvertaken) way = 'alone';
      if (isUncertain) await new Promise((resolve) => setTimeout(resolve, 100 * 2 ** attempt));
    }
  }
}

/** Someone has added the revision since it was looked up, or dropped the tables of a campaign that was known as open. */
const overtaken = new Set(['23505', '42P01']);

async function recordAll(
  pool: pg.Pool,
  caches: Caches,
  batch: readonly ResponseEntry[],
  way: Way,
): Promise<readonly RecordResult[]> {
  const asked = group(batch);
  const numbers = await numbersOf(pool, caches, [...asked.keys()]);
  const lock = way === 'beside' ? shareCampaigns : ownCampaigns;
  const locks = numbers.length > 0 ? [lock(numbers)] : [];
  const places: Places = new Map();
  let watched: Context | null = null;
  const results = await inPipelinedTx(pool, {
    begin: ['BEGIN', ...locks, reusePlans].join('; '),
    async first({ raw }) {
      // Whether a campaign is open is only certain under its lock. One that was open at the last check probably still is.
      const likely = way === 'beside' ? [...asked].filter(([id]) => isOpen(caches.hot.get(id))) : [];
      const isLikely = new Set(likely.map(([id]) => caches.hot.get(id)!.no));
      const [others, ...versions] = await Promise.all([
        findVersions(
          raw,
          numbers.filter((no) => !isLikely.has(no)),
        ),
        ...likely.map(([id, entries]) => findPlaces(raw, caches.hot.get(id)!.no, entries, places)),
      ]);
      return { others, versions: versions.filter((version) => version !== undefined) };
    },
    async rest(connection, { others, versions }) {
      const ctx = createContext(connection, caches);
      watched = ctx;
      const hot = await findHot(ctx, [...versions, ...others]);
      for (const { id, no } of others)
        // Rows of unknown outcome may have been stored before their campaign was closed.
        if (way === 'unsure' || isOpen(hot.get(id))) await findPlaces(ctx.raw, no, asked.get(id)!, places);
      const stored = way === 'unsure' ? await findStored(ctx, hot, places, batch) : null;
      const decided = batch.map((entry, at) => decide(entry, at, hot, places, stored));
      const placed = decided.filter((d) => typeof d !== 'string');
      const sends = await store(ctx, placed);
      // Rows shown by a restarted server need not be on the standby yet, and a commit without changes would not wait for it.
      if (placed.length === 0 && decided.includes('stored'))
        sends.push(() => connection.raw.exec(waitForStandby));
      return { result: decided.map((d): RecordResult => (typeof d === 'string' ? d : 'stored')), sends };
    },
  });
  if (watched) countWatched(watched);
  return results;
}

const isOpen = (campaign: HotCampaign | undefined): boolean =>
  campaign !== undefined && refusalByState(campaign.state) === null;

/** By campaign, each with the entries that may belong to it. */
function group(batch: readonly ResponseEntry[]): ReadonlyMap<CampaignId, Asked> {
  const asked = new Map<CampaignId, Asked>();
  for (const entry of batch)
    for (const candidate of candidatesOf(entry)) {
      let own = asked.get(candidate.campaign);
      if (!own) asked.set(candidate.campaign, (own = { codes: [], links: [] }));
      (candidate.link === null ? own.codes : own.links).push(candidate);
    }
  return asked;
}

/** Numbers of the batch's campaigns that exist, ascending. They never change, so they can be read before the transaction. */
async function numbersOf(
  pool: pg.Pool,
  caches: Caches,
  ids: readonly CampaignId[],
): Promise<readonly number[]> {
  const unknown = ids.filter((id) => !caches.numbers.has(id));
  if (unknown.length > 0)
    await withConnection(pool, async (connection) => {
      for (const id of unknown) {
        const found = await findVersion(createContext(connection, caches), id);
        if (found) caches.numbers.set(id, found.no);
      }
    });
  return ids.flatMap((id) => caches.numbers.get(id) ?? []).sort((a, b) => a - b);
}

/** For those that exist, by what was read under the locks: it does not change before the commit. */
async function findHot(
  ctx: Context,
  versions: readonly Version[],
): Promise<ReadonlyMap<CampaignId, HotCampaign>> {
  const found = new Map<CampaignId, HotCampaign>();
  for (const version of versions) found.set(version.id, await hotCampaignAt(ctx, version));
  return found;
}

function listOf<K, T>(lists: Map<K, T[]>, key: K): T[] {
  let list = lists.get(key);
  if (!list) lists.set(key, (list = []));
  return list;
}

/** In the campaign that knows the code. */
function decide(
  entry: ResponseEntry,
  at: number,
  hot: ReadonlyMap<CampaignId, HotCampaign>,
  places: Places,
  stored: ReadonlySet<ResponseEntry> | null,
): Placed | RecordResult {
  let result: RecordResult | null = null;
  for (const candidate of candidatesOf(entry)) {
    const campaign = hot.get(candidate.campaign);
    if (stored?.has(candidate)) return 'stored';
    const found = decideOne(candidate, at, campaign, places);
    if (typeof found !== 'string') return found;
    if (result === null || found !== 'unknown') result = found;
    if (isFinal(result)) break;
  }
  return result ?? 'unknown';
}

function decideOne(
  entry: ResponseEntry,
  at: number,
  hot: HotCampaign | undefined,
  places: Places,
): Placed | RecordResult {
  if (!hot) return 'unknown';
  const refusedByState = refusalByState(hot.state);
  if (refusedByState !== null) return refusedByState;
  const place = places.get(entry);
  const refused = refusalOf(hot, place, entry);
  if (refused !== null || !place) return refused ?? 'unknown';
  return { at, entry, hot, place };
}

/** Rows that an attempt of unknown outcome has stored: the answer's own row, by its random number. */
async function findStored(
  ctx: Context,
  hot: ReadonlyMap<CampaignId, HotCampaign>,
  places: Places,
  batch: readonly ResponseEntry[],
): Promise<ReadonlySet<ResponseEntry>> {
  const found = new Set<ResponseEntry>();
  const find = ctx.raw
    .prepare(
      'SELECT 1 FROM responses WHERE campaign = ? AND county = ? AND pseudonym = ? AND nonce = ? LIMIT 1',
    )
    .pluck();
  for (const entry of batch)
    for (const candidate of candidatesOf(entry)) {
      const no = hot.get(candidate.campaign)?.no;
      const county = places.get(candidate)?.countyNo;
      if (no === undefined || county === undefined) continue;
      const { pseudonym, nonce } = candidate;
      if ((await find.get(no, county, pseudonym, nonce)) !== undefined) found.add(candidate);
    }
  return found;
}

/** @returns the queries to send, in this order; none has been sent */
async function store(ctx: Context, placed: readonly Placed[]): Promise<Send[]> {
  if (placed.length === 0) return [];
  const byCampaign = new Map<HotCampaign, Placed[]>();
  for (const one of placed) listOf(byCampaign, one.hot).push(one);
  const changes = new Map<Placed, AnswerChanges>();
  const sends: Send[] = [];
  for (const [hot, own] of [...byCampaign].sort(([a], [b]) => a.no - b.no))
    sends.push(insertRevisions(ctx.raw, hot.no, await decideRevisions(ctx, hot, own, changes)));
  return [...sends, ...tell(ctx, placed, changes)];
}

/** Of one campaign, in the order in which every batch inserts them. */
async function decideRevisions(
  { raw }: Context,
  { no, revisionRule: rule }: HotCampaign,
  placed: readonly Placed[],
  changes: Map<Placed, AnswerChanges>,
): Promise<readonly Row[]> {
  const inOrder = placed.toSorted((a, b) => compareCodes(a, b) || a.at - b.at);
  const isFirst = inOrder.map((one, i) => i === 0 || compareCodes(inOrder[i - 1]!, one) !== 0);
  const entered = inOrder.filter(
    (one, i) => isFirst[i] && one.place.newest !== null && !isSelfCompleted(one.place.newest.channel, rule),
  );
  const self = entered.length > 0 ? await readSelfCompleted(raw, no, rule, entered) : null;
  let newest: Revision | null = null;
  let effective: Revision | null = null;
  return inOrder.map((one, i): Row => {
    if (isFirst[i]) {
      newest = one.place.newest;
      effective = self?.get(one) ?? newest;
    }
    const decided: AnswerChanges =
      newest && effective
        ? decideAnswer(one.place, { newest, effective }, one.entry.channel, rule)
        : decideFirstAnswer(one.place);
    changes.set(one, decided);
    newest = { revision: decided.revision, channel: one.entry.channel };
    // For a first answer, or a self-completed one, the newest counts.
    if (decided.effective === null || decided.effective === decided.revision) effective = newest;
    return { placed: one, revision: decided.revision };
  });
}

/** Reports of pressure, comments, and in-memory counters, in the order of the batch. */
function tell(
  ctx: Context,
  placed: readonly Placed[],
  decided: ReadonlyMap<Placed, AnswerChanges>,
): readonly Send[] {
  const reports: Send[] = [];
  /** The last comments of each code: a later answer of the same batch replaces those of an earlier one. */
  const last = new Map<string, { readonly one: Placed; readonly replaces: boolean }>();
  for (const one of placed) {
    const changes = decided.get(one)!;
    if (!changes.tells) continue;
    const { hot, place, entry } = one;
    if (entry.pressure) reports.push(reportOf(ctx, one, entry.pressure));
    const isFirst = changes.revision === 1;
    ctx.watched.push(
      ...[hot.no, place.countyNo, place.reportingStratum],
      (isFirst ? 0 : again) | (entry.fast === true ? fast : 0),
    );
    if (changes.comments === 'leave') continue;
    const replaces = changes.comments === 'replace';
    if (replaces || entry.texts.length > 0)
      last.set(`${hot.no} ${place.county} ${toHex(entry.textId)}`, { one, replaces });
  }
  const replaced = new Map<number, Placed[]>();
  for (const { one, replaces } of last.values())
    if (replaces && one.place.hasTexts) listOf(replaced, one.hot.no).push(one);
  const texts = [...last.values()].flatMap(({ one: { hot, place, entry } }) =>
    entry.texts.map(({ item, body }) => [
      ...[hot.no, place.county, entry.textId, item],
      ...[place.questionnaire, place.reportingStratum, body],
    ]),
  );
  return [
    ...reports,
    ...[...replaced].map(([no, own]) => deleteTexts(ctx.raw, no, own)),
    ...(texts.length > 0 ? [insertion(ctx.raw, 'texts', textColumns, texts)] : []),
  ];
}

const textColumns: Columns = {
  ...{ campaign: 'integer', county: 'text', text_id: 'bytea', item: 'text' },
  ...{ questionnaire: 'integer', reporting_stratum: 'integer', body: 'text' },
};

function reportOf(
  { raw }: Context,
  { hot, place }: Placed,
  { id, source, body }: NonNullable<ResponseEntry['pressure']>,
): Send {
  return raw
    .prepare(
      `INSERT INTO pressure_reports AS p (campaign, county, report_id, source, reporting_stratum, body) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (campaign, county, report_id, source) DO UPDATE SET body = excluded.body WHERE excluded.body <> ''`,
    )
    .ready(hot.no, place.county, id, source, place.reportingStratum, body);
}
