/**
 * The statements of a batch of answers (record.ts). Each names the campaign's own partition, so that its plan can be reused:
 * planning for every batch would cost as much as running it. Long results are concatenated into one value, because returning a
 * row costs more than finding it.
 */
import type { ResponseEntry } from '../../../domain/model/answer.ts';
import type { Issued } from '../../../domain/model/code.ts';
import type { CountyCode } from '../../../domain/model/ids.ts';
import { channels, issuedSets, type Channel } from '../../../domain/model/vocabulary.ts';
import type { RevisionRule } from '../../../domain/answer/revision.ts';
import type { Raw, Send } from '../connection.ts';
import type { HotCampaign } from '../context.ts';
import { nameOf } from '../partitions.ts';
import { selfCompleted, versionSql, type Revision, type Version } from './answers.ts';

/** The place of a code or link, and its earlier answers. */
export interface Place extends Omit<Issued, 'pseudonym' | 'samplingStratum'> {
  /** In the form of the answer tables. */
  readonly countyNo: number;
  readonly newest: Revision | null;
  readonly hasTexts: boolean;
}

/** An entry to be stored: its place, and its index in the batch. */
export interface Placed {
  readonly at: number;
  readonly entry: ResponseEntry;
  readonly hot: HotCampaign;
  readonly place: Place;
}

export interface Row {
  readonly placed: Placed;
  readonly revision: number;
}

/**
 * Sent at the begin of the transaction. A reused plan must seek by the keys: it may have been made when the survey had just
 * opened with empty tables, and the server replaces it only after it has analysed them by itself, a minute later or two.
 */
export const reusePlans = [
  'plan_cache_mode = force_generic_plan',
  // Forbidden plan types get a high cost, and high costs trigger JIT compilation.
  'jit = off',
  ...['seqscan', 'hashjoin', 'mergejoin'].map((way) => `enable_${way} = off`),
]
  .map((setting) => `SET LOCAL ${setting}`)
  .join('; ');

/**
 * By county and pseudonym: the order in which every batch takes its rows of a campaign.
 * @returns 0: of one code
 */
export function compareCodes(a: Placed, b: Placed): number {
  const [one, other] = [a.entry.pseudonym, b.entry.pseudonym];
  let difference = a.place.countyNo - b.place.countyNo;
  for (let i = 0; difference === 0 && i < Math.max(one.length, other.length); i++)
    difference = (one[i] ?? -1) - (other[i] ?? -1);
  return difference;
}

const channelIndex = new Map<Channel, number>(channels.map((c, i) => [c, i]));

const issuedSetSql = `CASE i.counted_set ${issuedSets.map((set, n) => `WHEN '${set}' THEN ${n}`).join(' ')} END`;

/** The newest revision of a code. It is not locked: if someone adds one in the meantime, this batch's insert fails. */
const newestSql = (no: number, county: string, condition = '') =>
  `SELECT revision, channel FROM ${nameOf('responses', no)} r
   WHERE r.campaign = ${no} AND r.county = ${county} AND r.pseudonym = k.pseudonym ${condition}
   ORDER BY r.campaign, r.county, r.pseudonym, r.revision DESC LIMIT 1`;

/**
 * With the campaign's version, because an additional statement costs as much as several answers. Places are packed, two numbers
 * of four bytes in each part, because concatenating costs more than shifting.
 * @param source gives `k`, the keys, and `i`, their place
 */
function placesSql(no: number, set: string, source: string): string {
  const hasTexts = `EXISTS (SELECT FROM ${nameOf('texts', no)} t WHERE t.campaign = ${no} AND t.county = i.county AND t.text_id = k.text_id)`;
  const parts = [
    ['k.at', 'i.questionnaire'],
    ['i.county::integer', 'i.reporting_stratum'],
    ['coalesce(r.revision, 0)', set],
    // Few have answered before, and only for those it is looked up.
    ['coalesce(r.channel, 0)', `CASE WHEN r.revision IS NULL THEN 0 ELSE ${hasTexts}::integer END`],
  ].map(([high, low]) => `int8send((${high})::bigint << 32 | ${low})`);
  return `${versionSql(`(SELECT string_agg(${parts.join(' || ')}, ''::bytea) FROM ${source} LEFT JOIN LATERAL (${newestSql(no, 'i.county::integer')}) r ON true) AS places`)} WHERE no = ${no}`;
}
const placeSize = 32;

const codesSql = (no: number) =>
  placesSql(
    no,
    issuedSetSql,
    // One seek each, whatever the server knows about the table's size so far.
    `unnest(?::bytea[], ?::bytea[]) WITH ORDINALITY AS k (pseudonym, text_id, at)
     JOIN LATERAL (SELECT * FROM ${nameOf('issued', no)} WHERE campaign = ${no} AND pseudonym = k.pseudonym LIMIT 1) i ON true`,
  );

const linksSql = (no: number) =>
  placesSql(
    no,
    String(issuedSets.indexOf('other')),
    `unnest(?::bytea[], ?::bytea[], ?::text[]) WITH ORDINALITY AS k (pseudonym, text_id, link, at)
     JOIN links i ON i.campaign = ${no} AND i.id = k.link`,
  );

/** Entries of one campaign. */
export interface Asked {
  readonly codes: ResponseEntry[];
  readonly links: ResponseEntry[];
}

export type Places = Map<ResponseEntry, Place>;

/**
 * Looks up the places of the codes and links of these entries, and adds them to `places`. Its queries are sent before it waits.
 * @returns undefined: the campaign no longer exists
 */
export async function findPlaces(
  raw: Raw,
  no: number,
  { codes, links }: Asked,
  places: Places,
): Promise<Version | undefined> {
  const find = async (sql: string, entries: readonly ResponseEntry[], ...more: readonly unknown[]) => {
    if (entries.length === 0) return undefined;
    const [pseudonyms, texts] = [entries.map((one) => one.pseudonym), entries.map((one) => one.textId)];
    const found = (await raw.prepare(sql).get(pseudonyms, texts, ...more)) as
      (Version & { readonly places: Buffer | null }) | undefined;
    if (found?.places) readPlaces(found.places, entries, places);
    return found;
  };
  const ids = links.map((entry) => entry.link);
  const found = await Promise.all([find(codesSql(no), codes), find(linksSql(no), links, ids)]);
  return found.find((one) => one !== undefined);
}

function readPlaces(glued: Buffer, entries: readonly ResponseEntry[], places: Places): void {
  for (let at = 0; at < glued.length; at += placeSize) {
    const countyNo = glued.readInt32BE(at + 8);
    const revision = glued.readInt32BE(at + 16);
    places.set(entries[glued.readInt32BE(at) - 1]!, {
      county: String(countyNo) as CountyCode,
      countyNo,
      reportingStratum: glued.readInt32BE(at + 12),
      questionnaire: glued.readInt32BE(at + 4),
      set: issuedSets[glued.readInt32BE(at + 20)]!,
      newest: revision === 0 ? null : { revision, channel: channels[glued.readInt32BE(at + 24)]! },
      hasTexts: glued.readInt32BE(at + 28) !== 0,
    });
  }
}

/** For codes whose newest revision was entered by staff: the newest self-completed one, if there is one. */
export async function readSelfCompleted(
  raw: Raw,
  no: number,
  rule: RevisionRule,
  firsts: readonly Placed[],
): Promise<ReadonlyMap<Placed, Revision>> {
  const rows = (await raw
    .prepare(
      `SELECT k.at::integer, r.revision, r.channel
       FROM unnest(@counties::integer[], @pseudonyms::bytea[]) WITH ORDINALITY AS k (county, pseudonym, at)
       JOIN LATERAL (${newestSql(no, 'k.county', 'AND r.channel = ANY (@self::integer[])')}) r ON true`,
    )
    .raw()
    .all({
      counties: firsts.map(({ place }) => place.countyNo),
      pseudonyms: firsts.map(({ entry }) => entry.pseudonym),
      self: selfCompleted(rule),
    })) as [number, number, number][];
  return new Map(
    rows.map(([at, revision, channel]) => [firsts[at - 1]!, { revision, channel: channels[channel]! }]),
  );
}

const columns =
  'campaign, county, pseudonym, revision, questionnaire, reporting_stratum, channel, nonce, answers, lot';

/** Revisions of one campaign, in the given order. One that exists already fails. */
export function insertRevisions(raw: Raw, no: number, rows: readonly Row[]): Send {
  return raw
    .prepare(
      `INSERT INTO ${nameOf('responses', no)} (${columns})
       SELECT ${no}, county, pseudonym, revision, questionnaire, stratum, channel, nonce, answers, 0
       FROM unnest(?::integer[], ?::bytea[], ?::integer[], ?::integer[], ?::integer[], ?::integer[], ?::bytea[], ?::bytea[])
         AS t (county, pseudonym, revision, questionnaire, stratum, channel, nonce, answers)`,
    )
    .ready(
      rows.map(({ placed }) => placed.place.countyNo),
      rows.map(({ placed }) => placed.entry.pseudonym),
      rows.map(({ revision }) => revision),
      rows.map(({ placed }) => placed.place.questionnaire),
      rows.map(({ placed }) => placed.place.reportingStratum),
      rows.map(({ placed }) => channelIndex.get(placed.entry.channel)),
      rows.map(({ placed }) => placed.entry.nonce),
      rows.map(({ placed }) => placed.entry.answers),
    );
}

/** Comments of these codes. */
export function deleteTexts(raw: Raw, no: number, codes: readonly Placed[]): Send {
  return raw
    .prepare(
      `DELETE FROM ${nameOf('texts', no)} t USING unnest(?::text[], ?::bytea[]) AS k (county, text_id)
       WHERE t.campaign = ${no} AND t.county = k.county AND t.text_id = k.text_id`,
    )
    .ready(
      codes.map(({ place }) => place.county),
      codes.map(({ entry }) => entry.textId),
    );
}
