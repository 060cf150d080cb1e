/**
 * The hot path: a batch of answers in one transaction and some five messages to the server, whatever its size.
 *
 * Why no two batches wait for each other in a circle: every batch takes what it needs in the same order. (1) The campaigns' locks, shared, in ascending
 * order: a closing, which takes one of them alone, waits for whoever holds it and holds nothing that these wait for. (2) First revisions, inserted in
 * ascending order of campaign, county and pseudonym: where another batch has inserted the same one and not yet committed, this one waits for it.
 * (3) The first revisions that were there already, locked in the same order, so that nobody else can add a revision to these codes. Later revisions are then
 * inserted without meeting anybody, and texts and reports belong to codes that (2) or (3) holds. So whoever waits in one step holds only what
 * comes before it in this order, and a circle would need somebody who holds something that comes after. A part of a lot locks rows in the order of (3) too.
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
import { compareBytes } from '../../../domain/frame/sample.ts';
import type { RecordResult, ResponseEntry } from '../../../domain/model/answer.ts';
import type { Issued } from '../../../domain/model/code.ts';
import type { CampaignId, CountyCode } from '../../../domain/model/ids.ts';
import { channels, type Channel, type IssuedSet } from '../../../domain/model/vocabulary.ts';
import {
  inTx,
  isConnectionTrouble,
  isRetryable,
  ownCampaigns,
  shareCampaigns,
  UnknownOutcome,
  waitForStandby,
  codeOf,
  withConnection,
} from '../connection.ts';
import { insertRows as insertMany } from '../bulk.ts';
import { createContext, type Context, type HotCampaign, type Memory } from '../context.ts';
import { findVersion, hotCampaign, selfCompleted, type Revision } from './answers.ts';
import { again, countWatched, fast } from '../../shared/watch.ts';

type IssuedPlace = Omit<Issued, 'pseudonym'>;

/** An entry that is stored: where, and for which of the batch. */
interface Placed {
  readonly at: number;
  readonly entry: ResponseEntry;
  readonly hot: HotCampaign;
  readonly place: IssuedPlace;
  readonly county: number;
}

const candidatesOf = (entry: ResponseEntry): readonly ResponseEntry[] =>
  entry.otherwise && entry.otherwise.length > 0 ? [entry, ...entry.otherwise] : [entry];

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

const channelIndex = new Map<Channel, number>(channels.map((c, i) => [c, i]));

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
  return /^(53|55P03|57|40|58|XX|25)/.test(codeOf(error));
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
  let watched: Context | null = null;
  const results = await inTx(pool, locks === '' ? 'BEGIN' : `BEGIN; ${locks}`, async (connection) => {
    const ctx = createContext(connection, memory);
    watched = ctx;
    const hot = await findHot(ctx, batch);
    const places = await findPlaces(ctx, hot, batch, isUnsure);
    const stored = isUnsure ? await findStored(ctx, hot, places, batch) : null;
    const decided = batch.map((entry, at) => decide(entry, at, hot, places, stored));
    const placed = decided.flatMap((d) => (typeof d === 'string' ? [] : [d]));
    await store(ctx, placed);
    // What a server that was restarted shows need not be on the standby yet, and nobody waits for a commit that changes nothing.
    if (placed.length === 0 && decided.includes('stored')) await connection.raw.exec(waitForStandby);
    return decided.map((d): RecordResult => (typeof d === 'string' ? d : 'stored'));
  });
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

/** Under the locks: nothing of it changes before the commit. */
async function findHot(
  ctx: Context,
  batch: readonly ResponseEntry[],
): Promise<ReadonlyMap<CampaignId, HotCampaign>> {
  const found = new Map<CampaignId, HotCampaign>();
  const asked = new Set<CampaignId>();
  for (const entry of batch)
    for (const { campaign } of candidatesOf(entry)) {
      // One that was created since the locks were taken is unknown to this batch.
      if (asked.has(campaign) || !ctx.numbers.has(campaign)) continue;
      asked.add(campaign);
      const hot = await hotCampaign(ctx, campaign);
      if (hot) found.set(campaign, hot);
    }
  return found;
}

/** Places by the name of a code, or of a link, in its campaign. */
type Places = ReadonlyMap<string, IssuedPlace>;

const nameOf = (no: number, { link, pseudonym }: ResponseEntry): string =>
  link === null ? `${no} ${hex(pseudonym)}` : `${no} link ${link}`;

/** @param inAll also in campaigns that take no answers */
async function findPlaces(
  ctx: Context,
  hot: ReadonlyMap<CampaignId, HotCampaign>,
  batch: readonly ResponseEntry[],
  inAll: boolean,
): Promise<Places> {
  const codes = new Map<number, Uint8Array[]>();
  const links = new Map<number, string[]>();
  for (const entry of batch)
    for (const candidate of candidatesOf(entry)) {
      const campaign = hot.get(candidate.campaign);
      if (!campaign || (!inAll && refusalByState(campaign.state) !== null)) continue;
      if (candidate.link === null) listOf(codes, campaign.no).push(candidate.pseudonym);
      else listOf(links, campaign.no).push(candidate.link);
    }
  const places = new Map<string, IssuedPlace>();
  for (const [no, pseudonyms] of codes) {
    const rows = (await ctx.raw
      .prepare(
        // A seek for each, whatever the server knows of the table's size so far.
        `SELECT k.pseudonym, i.county, i.sampling_stratum, i.reporting_stratum, i.questionnaire, i.counted_set
         FROM unnest(@pseudonyms::bytea[]) AS k (pseudonym)
         JOIN LATERAL (SELECT * FROM issued WHERE campaign = @no AND pseudonym = k.pseudonym LIMIT 1) i ON true`,
      )
      .raw()
      .all({ no, pseudonyms })) as [Buffer, CountyCode, number, number, number, IssuedSet][];
    for (const [pseudonym, county, samplingStratum, reportingStratum, questionnaire, set] of rows)
      places.set(`${no} ${hex(pseudonym)}`, {
        county,
        samplingStratum,
        reportingStratum,
        questionnaire,
        set,
      });
  }
  for (const [no, ids] of links) {
    const rows = (await ctx.raw
      .prepare(
        'SELECT id, county, reporting_stratum, questionnaire FROM links WHERE campaign = ? AND id = ANY (?::text[])',
      )
      .raw()
      .all(no, ids)) as [string, CountyCode, number, number][];
    for (const [id, county, reportingStratum, questionnaire] of rows)
      places.set(`${no} link ${id}`, {
        county,
        samplingStratum: 0,
        reportingStratum,
        questionnaire,
        set: 'other',
      });
  }
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
  stored: ReadonlySet<string> | null,
): Placed | RecordResult {
  let result: RecordResult | null = null;
  for (const candidate of candidatesOf(entry)) {
    const campaign = hot.get(candidate.campaign);
    if (campaign && stored?.has(`${campaign.no} ${hex(candidate.pseudonym)} ${hex(candidate.nonce)}`))
      return 'stored';
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
  const place = places.get(nameOf(hot.no, entry));
  const refused = refusalOf(hot, place, entry);
  if (refused !== null || !place) return refused ?? 'unknown';
  return { at, entry, hot, place, county: Number(place.county) };
}

/** What an attempt of unknown outcome has stored: the answer's own row, by its random number. */
async function findStored(
  ctx: Context,
  hot: ReadonlyMap<CampaignId, HotCampaign>,
  places: Places,
  batch: readonly ResponseEntry[],
): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  const find = ctx.raw
    .prepare(
      'SELECT 1 FROM responses WHERE campaign = ? AND county = ? AND pseudonym = ? AND nonce = ? LIMIT 1',
    )
    .pluck();
  for (const entry of batch)
    for (const candidate of candidatesOf(entry)) {
      const no = hot.get(candidate.campaign)?.no;
      const county = no === undefined ? undefined : places.get(nameOf(no, candidate))?.county;
      if (no === undefined || county === undefined) continue;
      const { pseudonym, nonce } = candidate;
      if ((await find.get(no, Number(county), pseudonym, nonce)) !== undefined)
        found.add(`${no} ${hex(pseudonym)} ${hex(nonce)}`);
    }
  return found;
}

const codeOfPlaced = ({ hot, county, entry }: Placed): string =>
  `${hot.no} ${county} ${hex(entry.pseudonym)}`;

/** The order in which every batch takes its rows. */
function compareKeys(a: Placed, b: Placed): number {
  return a.hot.no - b.hot.no || a.county - b.county || compareBytes(a.entry.pseudonym, b.entry.pseudonym);
}

interface Row {
  readonly placed: Placed;
  readonly revision: number;
}

async function store(ctx: Context, placed: readonly Placed[]): Promise<void> {
  if (placed.length === 0) return;
  const byCode = new Map<string, Placed[]>();
  for (const one of placed) listOf(byCode, codeOfPlaced(one)).push(one);
  const codes = [...byCode.values()].sort((a, b) => compareKeys(a[0]!, b[0]!));
  const firsts = codes.map((own): Row => ({
    placed: own[0]!,
    revision: decideFirstAnswer(own[0]!.place).revision,
  }));
  // Rows are never taken away, so whoever has no first revision has none: nine in ten need no look at what they answered before.
  const inserted = await insertRows(ctx, firsts);
  const later = codes.filter((own) => own.length > 1 || !inserted.has(codeOfPlaced(own[0]!)));
  const before = await lockAndRead(
    ctx,
    later.map((own) => own[0]!).filter((first) => !inserted.has(codeOfPlaced(first))),
  );
  const rows: Row[] = [];
  const changes = new Map<number, AnswerChanges>();
  for (const own of codes) {
    const [first] = own;
    const isNew = inserted.has(codeOfPlaced(first!));
    let known = isNew
      ? { newest: headOf(first!, 1), effective: headOf(first!, 1) }
      : before.get(codeOfPlaced(first!));
    if (isNew) changes.set(first!.at, decideFirstAnswer(first!.place));
    for (const one of isNew ? own.slice(1) : own) {
      if (!known)
        throw new AppError('corrupt', 'storage.corrupt', { params: { column: 'responses.revision' } });
      const decided = decideAnswer(one.place, known, one.entry.channel, one.hot.revisionRule);
      changes.set(one.at, decided);
      rows.push({ placed: one, revision: decided.revision });
      const newest = headOf(one, decided.revision);
      known = { newest, effective: effectiveAfter(decided, newest, known.effective) };
    }
  }
  if (rows.length > 0 && (await insertRows(ctx, rows)).size === 0)
    throw new AppError('corrupt', 'storage.corrupt', { params: { column: 'responses.revision' } });
  await tell(ctx, placed, changes);
}

const headOf = ({ entry }: Placed, revision: number): Revision => ({ revision, channel: entry.channel });

function effectiveAfter({ effective }: AnswerChanges, newest: Revision, before: Revision): Revision {
  return effective === null || effective === newest.revision ? newest : before;
}

/** In the order given. @returns the codes of which a row was inserted */
async function insertRows({ raw }: Context, rows: readonly Row[]): Promise<ReadonlySet<string>> {
  const done = (await raw
    .prepare(
      `INSERT INTO responses (campaign, county, pseudonym, revision, questionnaire, reporting_stratum, channel, nonce, answers, lot)
       SELECT campaign, county, pseudonym, revision, questionnaire, stratum, channel, nonce, answers, 0
       FROM unnest(?::integer[], ?::integer[], ?::bytea[], ?::integer[], ?::integer[], ?::integer[], ?::integer[], ?::bytea[], ?::bytea[])
         AS t (campaign, county, pseudonym, revision, questionnaire, stratum, channel, nonce, answers)
       ORDER BY campaign, county, pseudonym, revision
       ON CONFLICT DO NOTHING RETURNING campaign, county, pseudonym`,
    )
    .raw()
    .all(
      rows.map((r) => r.placed.hot.no),
      rows.map((r) => r.placed.county),
      rows.map((r) => r.placed.entry.pseudonym),
      rows.map((r) => r.revision),
      rows.map((r) => r.placed.place.questionnaire),
      rows.map((r) => r.placed.place.reportingStratum),
      rows.map((r) => channelIndex.get(r.placed.entry.channel)),
      rows.map((r) => r.placed.entry.nonce),
      rows.map((r) => r.placed.entry.answers),
    )) as [number, number, Buffer][];
  return new Set(done.map(([no, county, pseudonym]) => `${no} ${county} ${hex(pseudonym)}`));
}

/** The codes that had answered before, in the order given: from here on nobody else adds to them. */
async function lockAndRead(
  { raw }: Context,
  firsts: readonly Placed[],
): Promise<ReadonlyMap<string, { readonly newest: Revision; readonly effective: Revision }>> {
  const found = new Map<string, { newest: Revision; effective: Revision }>();
  // A campaign after the other, so that each is looked for in its own partitions alone.
  const byCampaign = new Map<HotCampaign, Placed[]>();
  for (const first of firsts) listOf(byCampaign, first.hot).push(first);
  for (const [hot, own] of byCampaign) {
    const keys = [hot.no, own.map((p) => p.county), own.map((p) => p.entry.pseudonym)] as const;
    // One after the other in the order of the array.
    await raw
      .prepare(
        `SELECT FROM unnest(@counties::integer[], @pseudonyms::bytea[]) AS k (county, pseudonym)
         JOIN LATERAL (SELECT FROM responses r WHERE r.campaign = @no AND r.county = k.county AND r.pseudonym = k.pseudonym AND r.revision = 1
           FOR NO KEY UPDATE) l ON true`,
      )
      .all({ no: keys[0], counties: keys[1], pseudonyms: keys[2] });
    // Read by a statement of its own: what others committed while this one waited is in it.
    const newestOf = (condition: string) =>
      `SELECT revision, channel FROM responses r WHERE r.campaign = @no AND r.county = k.county AND r.pseudonym = k.pseudonym ${condition}
       ORDER BY r.campaign, r.county, r.pseudonym, r.revision DESC LIMIT 1`;
    const rows = (await raw
      .prepare(
        `SELECT k.county, k.pseudonym, n.revision, n.channel, s.revision, s.channel
         FROM unnest(@counties::integer[], @pseudonyms::bytea[]) AS k (county, pseudonym)
         JOIN LATERAL (${newestOf('')}) n ON true
         LEFT JOIN LATERAL (${newestOf('AND r.channel = ANY (@self::integer[])')}) s ON true`,
      )
      .raw()
      .all({
        no: keys[0],
        counties: keys[1],
        pseudonyms: keys[2],
        self: selfCompleted(hot.revisionRule),
      })) as [number, Buffer, number, number, number | null, number | null][];
    for (const [county, pseudonym, revision, channel, self, selfChannel] of rows) {
      const newest = { revision, channel: channels[channel] as Channel };
      const effective =
        self === null ? newest : { revision: self, channel: channels[selfChannel ?? 0] as Channel };
      found.set(`${hot.no} ${county} ${hex(pseudonym)}`, { newest, effective });
    }
  }
  return found;
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
    const { hot, county, place, entry } = one;
    if (entry.pressure) await putPressure(ctx, one, entry.pressure);
    const isFirst = changes.revision === 1;
    ctx.watched.push(
      ...[hot.no, county, place.reportingStratum],
      (isFirst ? 0 : again) | (entry.fast === true ? fast : 0),
    );
    if (changes.comments !== 'leave')
      last.set(`${hot.no} ${place.county} ${hex(entry.textId)}`, {
        one,
        replaces: changes.comments === 'replace',
      });
  }
  const words = [...last.values()];
  const replaced = words.filter(({ replaces }) => replaces);
  if (replaced.length > 0)
    await ctx.raw
      .prepare(
        `DELETE FROM texts WHERE campaign = ANY (?::integer[])
           AND (campaign, county, text_id) IN (SELECT * FROM unnest(?::integer[], ?::text[], ?::bytea[]))`,
      )
      .run(
        replaced.map(({ one }) => one.hot.no),
        replaced.map(({ one }) => one.hot.no),
        replaced.map(({ one }) => one.place.county),
        replaced.map(({ one }) => one.entry.textId),
      );
  await insertMany(
    ctx.raw,
    'texts',
    {
      ...{ campaign: 'integer', county: 'text', text_id: 'bytea', item: 'text' },
      ...{ questionnaire: 'integer', reporting_stratum: 'integer', body: 'text' },
    },
    words.flatMap(({ one: { hot, place, entry } }) =>
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
