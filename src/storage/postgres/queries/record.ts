/**
 * The hot path: a batch of answers in one transaction and four messages to the server, six where some have answered before, whatever its size.
 *
 * Why no two batches wait for each other in a circle: every batch takes what it needs in the same order. (1) The campaigns' locks, shared, in ascending
 * order: a closing, which takes one of them alone, waits for whoever holds it and holds nothing that these wait for. (2) First revisions in ascending
 * order of campaign, county and pseudonym: each is inserted in its turn or, where there is one, locked, so that nobody else can add a revision to this
 * code. Where another batch has inserted the same one and not yet committed, this one waits for it. Later revisions are then inserted without meeting anybody, and
 * texts and reports belong to codes that (2) holds. So whoever waits holds only what comes before it in this order, and a circle would need
 * somebody who holds something that comes after. A part of a lot locks rows in the order of (2), too.
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
import { AppError } from '../../../domain/errors.ts';
import type { RecordResult, ResponseEntry } from '../../../domain/model/answer.ts';
import type { CampaignId } from '../../../domain/model/ids.ts';
import {
  inTx,
  isConnectionTrouble,
  isRetryable,
  ownCampaigns,
  shareCampaigns,
  UnknownOutcome,
  waitForStandby,
  codeOf as errorCodeOf,
  withConnection,
} from '../connection.ts';
import { insertRows as insertMany } from '../bulk.ts';
import { createContext, type Context, type HotCampaign, type Memory } from '../context.ts';
import { findVersion, hotCampaignAt, versionsOf, type Revision, type Version } from './answers.ts';
import {
  codeOf,
  deleteTexts,
  findCodes,
  findLinks,
  insertFirsts,
  insertLater,
  keepPlans,
  readKnown,
  type IssuedPlace,
  type Known,
  type Placed,
  type Row,
} from './record-statements.ts';
import { again, countWatched, fast } from '../../shared/watch.ts';

const candidatesOf = (entry: ResponseEntry): readonly ResponseEntry[] =>
  entry.otherwise && entry.otherwise.length > 0 ? [entry, ...entry.otherwise] : [entry];

/** @throws UnknownOutcome, errors of the database that concern the whole batch */
export async function recordResponses(
  pool: pg.Pool,
  memory: Memory,
  batch: readonly ResponseEntry[],
): Promise<readonly RecordResult[]> {
  try {
    return await recordSurely(pool, memory, batch);
  } catch (error) {
    if (batch.length === 1 || isStorageTrouble(error)) {
      if (isStorageTrouble(error)) throw error;
      return batch.map(() => 'failed');
    }
    const results: RecordResult[] = [];
    for (const entry of batch) results.push(...(await recordResponses(pool, memory, [entry])));
    return results;
  }
}

/** Errors of the server or the way to it concern the whole batch and are thrown; anything else concerns one entry. */
function isStorageTrouble(error: unknown): boolean {
  if (error instanceof UnknownOutcome || isConnectionTrouble(error)) return true;
  // Insufficient resources, a lock or an answer not in time, a conflict with another transaction, input and output, damage, a standby that only reads.
  return /^(53|55P03|57|40|58|XX|25)/.test(errorCodeOf(error));
}

const attempts = 5;

/** The same batch again where another transaction came between, and where nobody knows whether the commit was made. */
async function recordSurely(
  pool: pg.Pool,
  memory: Memory,
  batch: readonly ResponseEntry[],
): Promise<readonly RecordResult[]> {
  let isUnsure = false;
  for (let attempt = 1; ; attempt++) {
    try {
      return await recordAll(pool, memory, batch, isUnsure);
    } catch (error) {
      const isUncertain: boolean =
        error instanceof UnknownOutcome || (isUnsure && isConnectionTrouble(error));
      if (attempt === attempts || !(isUncertain || isRetryable(error))) throw error;
      isUnsure ||= isUncertain;
      if (isUncertain) await new Promise((resolve) => setTimeout(resolve, 100 * 2 ** attempt));
    }
  }
}

/** @param isUnsure whether an earlier attempt may have stored the batch: its rows are looked for first, when that attempt has ended for certain */
async function recordAll(
  pool: pg.Pool,
  memory: Memory,
  batch: readonly ResponseEntry[],
  isUnsure: boolean,
): Promise<readonly RecordResult[]> {
  const numbers = await numbersOf(pool, memory, batch);
  const locks = isUnsure ? ownCampaigns(numbers) : shareCampaigns(numbers);
  const begin = numbers.length === 0 ? 'BEGIN' : `BEGIN; ${locks}; ${versionsOf(numbers)}; ${keepPlans}`;
  let versions: readonly Version[] = [];
  let watched: Context | null = null;
  const results = await inTx(
    pool,
    begin,
    async (connection) => {
      const ctx = createContext(connection, memory);
      watched = ctx;
      const hot = await findHot(ctx, versions);
      const places = await findPlaces(ctx, hot, batch, isUnsure);
      const stored = isUnsure ? await findStored(ctx, hot, places, batch) : null;
      const decided = batch.map((entry, at) => decide(entry, at, hot, places, stored));
      const placed = decided.flatMap((d) => (typeof d === 'string' ? [] : [d]));
      await store(ctx, placed);
      // What a server that was restarted shows need not be on the standby yet, and nobody waits for a commit that changes nothing.
      if (placed.length === 0 && decided.includes('stored')) await connection.raw.exec(waitForStandby);
      return decided.map((d): RecordResult => (typeof d === 'string' ? d : 'stored'));
    },
    (begun) => {
      versions = begun.flatMap(({ rows }) => rows as Version[]).filter(({ id }) => id !== undefined);
    },
  );
  if (watched) countWatched(watched);
  return results;
}

/** Of the campaigns of a batch that there are, ascending. They never change, so they may be learnt before the transaction. */
async function numbersOf(
  pool: pg.Pool,
  memory: Memory,
  batch: readonly ResponseEntry[],
): Promise<readonly number[]> {
  const ids = new Set<CampaignId>();
  for (const entry of batch) for (const { campaign } of candidatesOf(entry)) ids.add(campaign);
  const unknown = [...ids].filter((id) => !memory.numbers.has(id));
  if (unknown.length > 0)
    await withConnection(pool, async (connection) => {
      for (const id of unknown) {
        const found = await findVersion(createContext(connection, memory), id);
        if (found) memory.numbers.set(id, found.no);
      }
    });
  return [...ids].flatMap((id) => memory.numbers.get(id) ?? []).sort((a, b) => a - b);
}

/** Of those that there are, by what was read under the locks: nothing of it changes before the commit. */
async function findHot(
  ctx: Context,
  versions: readonly Version[],
): Promise<ReadonlyMap<CampaignId, HotCampaign>> {
  const found = new Map<CampaignId, HotCampaign>();
  for (const version of versions) found.set(version.id, await hotCampaignAt(ctx, version));
  return found;
}

type Places = ReadonlyMap<ResponseEntry, IssuedPlace>;

/** @param inAll also in campaigns that take no answers */
async function findPlaces(
  ctx: Context,
  hot: ReadonlyMap<CampaignId, HotCampaign>,
  batch: readonly ResponseEntry[],
  inAll: boolean,
): Promise<Places> {
  const codes = new Map<number, ResponseEntry[]>();
  const links = new Map<number, ResponseEntry[]>();
  for (const entry of batch)
    for (const candidate of candidatesOf(entry)) {
      const campaign = hot.get(candidate.campaign);
      if (!campaign || (!inAll && refusalByState(campaign.state) !== null)) continue;
      listOf(candidate.link === null ? codes : links, campaign.no).push(candidate);
    }
  const places = new Map<ResponseEntry, IssuedPlace>();
  for (const [no, entries] of codes) await findCodes(ctx, no, entries, places);
  for (const [no, entries] of links) await findLinks(ctx, no, entries, places);
  return places;
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
  return { at, entry, hot, place, code: codeOf(place.county, entry.pseudonym) };
}

/** What an attempt of unknown outcome has stored: the answer's own row, by its random number. */
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
      const county = places.get(candidate)?.county;
      if (no === undefined || county === undefined) continue;
      const { pseudonym, nonce } = candidate;
      if ((await find.get(no, Number(county), pseudonym, nonce)) !== undefined) found.add(candidate);
    }
  return found;
}

async function store(ctx: Context, placed: readonly Placed[]): Promise<void> {
  if (placed.length === 0) return;
  const byCampaign = new Map<HotCampaign, Placed[]>();
  for (const one of placed) listOf(byCampaign, one.hot).push(one);
  const changes = new Map<number, AnswerChanges>();
  for (const [hot, own] of [...byCampaign].sort(([a], [b]) => a.no - b.no))
    await storeIn(ctx, hot, own, changes);
  await tell(ctx, placed, changes);
}

/** In one campaign. */
async function storeIn(
  { raw }: Context,
  hot: HotCampaign,
  placed: readonly Placed[],
  changes: Map<number, AnswerChanges>,
): Promise<void> {
  const byCode = new Map<string, Placed[]>();
  for (const one of placed) listOf(byCode, one.code).push(one);
  const codes = [...byCode.values()].sort(([a], [b]) => (a!.code < b!.code ? -1 : 1));
  const firsts = codes.map((own): Row => ({
    placed: own[0]!,
    revision: decideFirstAnswer(own[0]!.place).revision,
  }));
  // Rows are never taken away, so whoever has no first revision has none: nine in ten need no look at what they answered before.
  const inserted = await insertFirsts(raw, hot.no, firsts);
  const before = new Map<Placed, Known>();
  const known = codes.map((own) => own[0]!).filter((first) => !inserted.has(first.code));
  if (known.length > 0) await readKnown(raw, hot.no, hot.revisionRule, known, before);
  const rows: Row[] = [];
  for (const own of codes) {
    const first = own[0]!;
    const isNew = inserted.has(first.code);
    if (isNew) changes.set(first.at, decideFirstAnswer(first.place));
    let head = isNew ? { newest: headOf(first, 1), effective: headOf(first, 1) } : before.get(first);
    for (const one of isNew ? own.slice(1) : own) {
      if (!head)
        throw new AppError('corrupt', 'storage.corrupt', { params: { column: 'responses.revision' } });
      const decided = decideAnswer(one.place, head, one.entry.channel, hot.revisionRule);
      changes.set(one.at, decided);
      rows.push({ placed: one, revision: decided.revision });
      const newest = headOf(one, decided.revision);
      head = { newest, effective: effectiveAfter(decided, newest, head.effective) };
    }
  }
  if (rows.length > 0) await insertLater(raw, hot.no, rows);
}

const headOf = ({ entry }: Placed, revision: number): Revision => ({ revision, channel: entry.channel });

function effectiveAfter({ effective }: AnswerChanges, newest: Revision, before: Revision): Revision {
  return effective === null || effective === newest.revision ? newest : before;
}

/** Reports of pressure, comments, and what is counted in memory, in the order of the batch. */
async function tell(
  ctx: Context,
  placed: readonly Placed[],
  decided: ReadonlyMap<number, AnswerChanges>,
): Promise<void> {
  /** The last word of each code: a later one of the same batch replaces what an earlier one said. */
  const last = new Map<string, { readonly one: Placed; readonly replaces: boolean }>();
  for (const one of placed) {
    const changes = decided.get(one.at)!;
    if (!changes.tells) continue;
    const { hot, place, entry } = one;
    if (entry.pressure) await putPressure(ctx, one, entry.pressure);
    const isFirst = changes.revision === 1;
    ctx.watched.push(
      ...[hot.no, Number(place.county), place.reportingStratum],
      (isFirst ? 0 : again) | (entry.fast === true ? fast : 0),
    );
    if (changes.comments !== 'leave')
      last.set(`${hot.no} ${place.county} ${Buffer.from(entry.textId).toString('latin1')}`, {
        one,
        replaces: changes.comments === 'replace',
      });
  }
  const replaced = new Map<number, Placed[]>();
  for (const { one, replaces } of last.values()) if (replaces) listOf(replaced, one.hot.no).push(one);
  for (const [no, own] of replaced) await deleteTexts(ctx.raw, no, own);
  await insertMany(
    ctx.raw,
    'texts',
    {
      ...{ campaign: 'integer', county: 'text', text_id: 'bytea', item: 'text' },
      ...{ questionnaire: 'integer', reporting_stratum: 'integer', body: 'text' },
    },
    [...last.values()].flatMap(({ one: { hot, place, entry } }) =>
      entry.texts.map(({ item, body }) => [
        ...[hot.no, place.county, entry.textId, item],
        ...[place.questionnaire, place.reportingStratum, body],
      ]),
    ),
  );
}

async function putPressure(
  { raw }: Context,
  { hot, place }: Placed,
  { id, source, body }: NonNullable<ResponseEntry['pressure']>,
): Promise<void> {
  await raw
    .prepare(
      `INSERT INTO pressure_reports AS p (campaign, county, report_id, source, reporting_stratum, body) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (campaign, county, report_id, source) DO UPDATE SET body = excluded.body WHERE excluded.body <> ''`,
    )
    .run(hot.no, place.county, id, source, place.reportingStratum, body);
}
