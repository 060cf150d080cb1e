/**
 * The statements of a batch of answers (record.ts). Each names the campaign's own partition, so that its plan may be kept: to plan it anew for every batch would cost as much as
 * to run it. What comes back by the hundred is glued into one value, because a row costs more to hand over than to find.
 */
import type { ResponseEntry } from '../../../domain/model/answer.ts';
import type { Issued } from '../../../domain/model/code.ts';
import type { CountyCode } from '../../../domain/model/ids.ts';
import { channels, issuedSets, type Channel } from '../../../domain/model/vocabulary.ts';
import type { RevisionRule } from '../../../domain/answer/revision.ts';
import type { Raw } from '../connection.ts';
import type { Context, HotCampaign } from '../context.ts';
import { pseudonymSize } from '../../shared/places.ts';
import { nameOf } from '../partitions.ts';
import { selfCompleted, type Revision } from './answers.ts';

export type IssuedPlace = Omit<Issued, 'pseudonym'>;

/** An entry that is stored: where, and for which of the batch. */
export interface Placed {
  readonly at: number;
  readonly entry: ResponseEntry;
  readonly hot: HotCampaign;
  readonly place: IssuedPlace;
  /** County and pseudonym in hexadecimal: the code, and the order in which every batch takes its rows of a campaign. */
  readonly code: string;
}

export interface Row {
  readonly placed: Placed;
  readonly revision: number;
}

/**
 * At the begin of the transaction. A plan that is kept must seek by the keys: it may have been made when the survey had opened and its tables were empty, and
 * the server does not make it anew before it has looked at their size by itself, a minute later or two.
 */
export const keepPlans = [
  'plan_cache_mode = force_generic_plan',
  // To forbid a way makes it look dear, and what looks dear is compiled.
  'jit = off',
  ...['seqscan', 'hashjoin', 'mergejoin'].map((way) => `enable_${way} = off`),
]
  .map((setting) => `SET LOCAL ${setting}`)
  .join('; ');

const hexOf = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');

/** As `insertFirsts` reads it. */
export function codeOf(county: CountyCode, pseudonym: Uint8Array): string {
  if (pseudonym.length !== pseudonymSize) throw new RangeError(`a pseudonym of ${pseudonym.length} bytes`);
  return Number(county).toString(16).padStart(8, '0') + hexOf(pseudonym);
}

const channelIndex = new Map<Channel, number>(channels.map((c, i) => [c, i]));

const setSql = `CASE i.counted_set ${issuedSets.map((set, n) => `WHEN '${set}' THEN ${n}`).join(' ')} END`;
const placeColumns = ['k.at::integer', 'i.county::integer', 'i.sampling_stratum', 'i.reporting_stratum'];
const placeSql = [...placeColumns, 'i.questionnaire', setSql]
  .map((column) => `int4send(${column})`)
  .join(' || ');
const placeSize = 24;

/** Where the codes of these entries belong, added to `places`. */
export async function findCodes(
  { raw }: Context,
  no: number,
  entries: readonly ResponseEntry[],
  places: Map<ResponseEntry, IssuedPlace>,
): Promise<void> {
  const glued = (await raw
    .prepare(
      // A seek for each, whatever the server knows of the table's size so far.
      `SELECT string_agg(${placeSql}, ''::bytea) FROM unnest(?::bytea[]) WITH ORDINALITY AS k (pseudonym, at)
       JOIN LATERAL (SELECT * FROM ${nameOf('issued', no)} WHERE campaign = ${no} AND pseudonym = k.pseudonym LIMIT 1) i ON true`,
    )
    .pluck()
    .get(entries.map((entry) => entry.pseudonym))) as Buffer | null;
  if (glued === null) return;
  for (let at = 0; at < glued.length; at += placeSize)
    places.set(entries[glued.readInt32BE(at) - 1]!, {
      county: String(glued.readInt32BE(at + 4)) as CountyCode,
      samplingStratum: glued.readInt32BE(at + 8),
      reportingStratum: glued.readInt32BE(at + 12),
      questionnaire: glued.readInt32BE(at + 16),
      set: issuedSets[glued.readInt32BE(at + 20)]!,
    });
}

/** The same of entries that came by an open link. */
export async function findLinks(
  { raw }: Context,
  no: number,
  entries: readonly ResponseEntry[],
  places: Map<ResponseEntry, IssuedPlace>,
): Promise<void> {
  const rows = (await raw
    .prepare(
      'SELECT id, county, reporting_stratum, questionnaire FROM links WHERE campaign = ? AND id = ANY (?::text[])',
    )
    .raw()
    .all(
      no,
      entries.map((entry) => entry.link),
    )) as [string, CountyCode, number, number][];
  const byId = new Map(
    rows.map(([id, county, reportingStratum, questionnaire]): [string, IssuedPlace] => [
      id,
      { county, samplingStratum: 0, reportingStratum, questionnaire, set: 'other' },
    ]),
  );
  for (const entry of entries) {
    const place = byId.get(entry.link!);
    if (place) places.set(entry, place);
  }
}

const columns =
  'campaign, county, pseudonym, revision, questionnaire, reporting_stratum, channel, nonce, answers, lot';
const listsSql = `unnest(?::integer[], ?::bytea[], ?::integer[], ?::integer[], ?::integer[], ?::integer[], ?::bytea[], ?::bytea[])
  AS t (county, pseudonym, revision, questionnaire, stratum, channel, nonce, answers)`;

/** One after the other in the order of the lists. */
const insertSql = (no: number) => `INSERT INTO ${nameOf('responses', no)} AS r (${columns})
  SELECT ${no}, county, pseudonym, revision, questionnaire, stratum, channel, nonce, answers, 0 FROM ${listsSql}`;

const listsOf = (rows: readonly Row[]) => [
  rows.map(({ placed }) => Number(placed.place.county)),
  rows.map(({ placed }) => placed.entry.pseudonym),
  rows.map(({ revision }) => revision),
  rows.map(({ placed }) => placed.place.questionnaire),
  rows.map(({ placed }) => placed.place.reportingStratum),
  rows.map(({ placed }) => channelIndex.get(placed.entry.channel)),
  rows.map(({ placed }) => placed.entry.nonce),
  rows.map(({ placed }) => placed.entry.answers),
];

const codeLength = 2 * (4 + pseudonymSize);

/**
 * First revisions of one campaign, in the order given. One that is there already is locked in its turn, and left as it is.
 * @returns the codes of which a row was inserted
 */
export async function insertFirsts(raw: Raw, no: number, rows: readonly Row[]): Promise<ReadonlySet<string>> {
  const glued = (await raw
    .prepare(
      `WITH done AS (${insertSql(no)}
         ON CONFLICT (campaign, county, pseudonym, revision) DO UPDATE SET lot = r.lot WHERE false RETURNING county, pseudonym)
       SELECT encode(string_agg(int4send(county) || pseudonym, ''::bytea), 'hex') FROM done`,
    )
    .pluck()
    .get(...listsOf(rows))) as string | null;
  const codes = new Set<string>();
  for (let at = 0; glued !== null && at < glued.length; at += codeLength)
    codes.add(glued.slice(at, at + codeLength));
  return codes;
}

/** Revisions of codes that the transaction holds: nobody else can have added them. */
export async function insertLater(raw: Raw, no: number, rows: readonly Row[]): Promise<void> {
  await raw.prepare(insertSql(no)).run(...listsOf(rows));
}

export interface Known {
  readonly newest: Revision;
  readonly effective: Revision;
}

/** What these codes had answered before, in a statement after the one that locked them: what others committed while it waited is in it. */
export async function readKnown(
  raw: Raw,
  no: number,
  rule: RevisionRule,
  firsts: readonly Placed[],
  known: Map<Placed, Known>,
): Promise<void> {
  const newestOf = (condition: string) =>
    `SELECT revision, channel FROM ${nameOf('responses', no)} r WHERE r.campaign = ${no} AND r.county = k.county AND r.pseudonym = k.pseudonym ${condition}
     ORDER BY r.campaign, r.county, r.pseudonym, r.revision DESC LIMIT 1`;
  const rows = (await raw
    .prepare(
      `SELECT k.at::integer, n.revision, n.channel, s.revision, s.channel
       FROM unnest(@counties::integer[], @pseudonyms::bytea[]) WITH ORDINALITY AS k (county, pseudonym, at)
       JOIN LATERAL (${newestOf('')}) n ON true
       LEFT JOIN LATERAL (${newestOf('AND r.channel = ANY (@self::integer[])')}) s ON true`,
    )
    .raw()
    .all({
      counties: firsts.map(({ place }) => Number(place.county)),
      pseudonyms: firsts.map(({ entry }) => entry.pseudonym),
      self: selfCompleted(rule),
    })) as [number, number, number, number | null, number | null][];
  for (const [at, revision, channel, self, selfChannel] of rows) {
    const newest = { revision, channel: channels[channel] as Channel };
    const effective =
      self === null ? newest : { revision: self, channel: channels[selfChannel ?? 0] as Channel };
    known.set(firsts[at - 1]!, { newest, effective });
  }
}

/** Comments of these codes. Few have any, and those are found by a seek for each: a deletion of all at once may read the survey's whole table, if the server thinks it small. */
export async function deleteTexts(raw: Raw, no: number, codes: readonly Placed[]): Promise<void> {
  const own = nameOf('texts', no);
  const found = (await raw
    .prepare(
      `SELECT k.at::integer FROM unnest(?::text[], ?::bytea[]) WITH ORDINALITY AS k (county, text_id, at)
       JOIN LATERAL (SELECT item FROM ${own} WHERE campaign = ${no} AND county = k.county AND text_id = k.text_id LIMIT 1) t ON true`,
    )
    .pluck()
    .all(
      codes.map(({ place }) => place.county),
      codes.map(({ entry }) => entry.textId),
    )) as number[];
  const deletion = raw.prepare(`DELETE FROM ${own} WHERE campaign = ${no} AND county = ? AND text_id = ?`);
  for (const at of found) {
    const { place, entry } = codes[at - 1]!;
    await deletion.run(place.county, entry.textId);
  }
}
