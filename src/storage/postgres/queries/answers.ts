/** Answers as rows, and related data (design 8): nothing is counted here (count.ts). record.ts stores batches. */
import { AppError } from '../../../domain/errors.ts';
import { parseProfile, parseQuestionnaire } from '../../../domain/campaign/document.ts';
import { isSelfCompleted, type RevisionRule } from '../../../domain/answer/revision.ts';
import { contentHashOf } from '../../../domain/evidence/leaf.ts';
import type { CampaignId, CountyCode } from '../../../domain/model/ids.ts';
import { compileQuestionnaire } from '../../../domain/questionnaire/compile.ts';
import { createValidityTest } from '../../../domain/scoring/rules/valid.ts';
import {
  channels,
  groupSchema,
  pressureSourceSchema,
  type Channel,
  type Group,
  type IssuedSet,
} from '../../../domain/model/vocabulary.ts';
import type { Issued } from '../../../domain/model/code.ts';
import type { PressureReport, StoredText } from '../../../domain/model/answer.ts';
import type { RateSnapshot } from '../../../domain/model/count.ts';
import type { Raw } from '../connection.ts';
import type { AnswerKey } from '../../shared/part-calls.ts';
import type { Context, HotCampaign } from '../context.ts';
import { parseColumn } from '../../shared/json.ts';
import { mapInOrder } from '../in-order.ts';
import { campaignNo } from './campaign-no.ts';
import { findDocument, getCampaign, readRevisionRule } from './campaigns.ts';

async function numberOf(ctx: Context, id: CampaignId): Promise<number | undefined> {
  let no = ctx.numbers.get(id);
  if (no === undefined) {
    no = (await ctx.raw.prepare('SELECT no FROM campaigns WHERE id = ?').pluck().get(id)) as
      number | undefined;
    if (no !== undefined) ctx.numbers.set(id, no);
  }
  return no;
}

/** Runs for every answer: reads only the one row. */
export async function findIssued(
  ctx: Context,
  id: CampaignId,
  pseudonym: Uint8Array,
): Promise<Issued | undefined> {
  const no = await numberOf(ctx, id);
  if (no === undefined) return undefined;
  const row = (await ctx.raw
    .prepare(
      'SELECT county, sampling_stratum, reporting_stratum, questionnaire, counted_set FROM issued WHERE campaign = ? AND pseudonym = ?',
    )
    .raw()
    .get(no, pseudonym)) as [CountyCode, number, number, number, IssuedSet] | undefined;
  if (!row) return undefined;
  const [county, samplingStratum, reportingStratum, questionnaire, set] = row;
  return { pseudonym, county, samplingStratum, reportingStratum, questionnaire, set };
}

export interface Version {
  readonly id: CampaignId;
  readonly no: number;
  readonly version: string;
}

/**
 * Columns of the campaign's row and its voids, which are only ever added: everything that a `HotCampaign` is made of.
 * @param more columns
 */
export const versionSql = (...more: readonly string[]): string =>
  `SELECT ${["id, no, xmin::text || '/' || (SELECT count(*) FROM voids WHERE voids.campaign = campaigns.no) AS version", ...more].join(', ')} FROM campaigns`;

export async function findVersion(ctx: Context, id: CampaignId): Promise<Version | undefined> {
  return (await ctx.raw.prepare(`${versionSql()} WHERE id = ?`).get(id)) as Version | undefined;
}

export async function findVersions(raw: Raw, numbers: readonly number[]): Promise<readonly Version[]> {
  if (numbers.length === 0) return [];
  return (await raw.prepare(`${versionSql()} WHERE no = ANY (?::integer[])`).all(numbers)) as Version[];
}

export async function hotCampaign(ctx: Context, id: CampaignId): Promise<HotCampaign | undefined> {
  const current = await findVersion(ctx, id);
  return current && hotCampaignAt(ctx, current);
}

/** A campaign's rules, questionnaires and voids, compiled once for each version. */
export async function hotCampaignAt(ctx: Context, current: Version): Promise<HotCampaign> {
  const { id, no, version } = current;
  const known = ctx.hot.get(id);
  if (known?.version === version && known.no === no) return known;
  const campaign = await getCampaign(ctx.db, id);
  const profile = parseProfile(campaign.profile, await findDocument(ctx.db, campaign.profile));
  const questionnaires = new Map(
    await mapInOrder(
      campaign.questionnaires,
      async (q) =>
        [q.no, compileQuestionnaire(parseQuestionnaire(q.hash, await findDocument(ctx.db, q.hash)))] as const,
    ),
  );
  const groups = campaign.voids.length === 0 ? new Map<string, Group>() : await readGroups(ctx.raw, no);
  const hot: HotCampaign = {
    no,
    version,
    state: campaign.state,
    profile,
    revisionRule: await readRevisionRule(ctx.db, no),
    questionnaires,
    voids: campaign.voids,
    validity: new Map([...questionnaires].map(([n, q]) => [n, createValidityTest(profile.valid, q)])),
    groupOf(county, reportingStratum) {
      const group = groups.get(`${county} ${reportingStratum}`);
      if (group === undefined)
        throw new AppError('corrupt', 'storage.corrupt', { params: { column: 'reporting_strata' } });
      return group;
    },
  };
  ctx.hot.set(id, hot);
  return hot;
}

/** By county and reporting stratum. */
async function readGroups(raw: Raw, no: number): Promise<Map<string, Group>> {
  const rows = (await raw
    .prepare('SELECT county, no, grp FROM reporting_strata WHERE campaign = ?')
    .raw()
    .all(no)) as [string, number, string][];
  return new Map(
    rows.map(([county, stratum, group]) => [
      `${county} ${stratum}`,
      parseColumn(groupSchema, group, 'reporting_strata.grp'),
    ]),
  );
}

export interface Revision {
  readonly revision: number;
  readonly channel: Channel;
}

export type RevisionKey = readonly [campaign: number, county: number, pseudonym: Uint8Array];

/** Indexes of the channels that respondents fill in themselves. */
export function selfCompleted(rule: RevisionRule): readonly number[] {
  return channels.flatMap((channel, i) => (isSelfCompleted(channel, rule) ? [i] : []));
}

/** The revision that counts: two seeks by the primary key, whatever the number of revisions. */
export async function findEffective(
  ctx: Context,
  key: RevisionKey,
  rule: RevisionRule,
): Promise<Revision | undefined> {
  const find = async (condition: string): Promise<Revision | undefined> => {
    const row = (await ctx.raw
      .prepare(
        `SELECT revision, channel FROM responses WHERE campaign = ? AND county = ? AND pseudonym = ? ${condition} ORDER BY revision DESC LIMIT 1`,
      )
      .raw()
      .get(...key)) as [number, number] | undefined;
    return row && { revision: row[0], channel: channels[row[1]] as Channel };
  };
  const newest = await find('');
  if (newest === undefined || isSelfCompleted(newest.channel, rule)) return newest;
  return (await find(`AND channel IN (${selfCompleted(rule).join(', ')})`)) ?? newest;
}

/** Contents and their random number are erased; the hash in their leaf stays. */
export async function eraseAnswers(
  { raw }: Context,
  campaign: number,
  county: CountyCode,
  keys: readonly AnswerKey[],
): Promise<void> {
  const rows = (await raw
    .prepare(
      `SELECT pseudonym, revision, nonce, answers FROM responses
       WHERE campaign = ? AND county = ? AND answers IS NOT NULL AND (pseudonym, revision) IN (SELECT * FROM unnest(?::bytea[], ?::integer[]))`,
    )
    .raw()
    .all(
      campaign,
      Number(county),
      keys.map(([pseudonym]) => pseudonym),
      keys.map(([, revision]) => revision),
    )) as [Buffer, number, Buffer, Buffer][];
  await raw
    .prepare(
      `UPDATE responses r SET nonce = NULL, answers = NULL, content_hash = k.hash
       FROM unnest(?::bytea[], ?::integer[], ?::bytea[]) AS k (pseudonym, revision, hash)
       WHERE r.campaign = ? AND r.county = ? AND r.pseudonym = k.pseudonym AND r.revision = k.revision`,
    )
    .run(
      rows.map(([pseudonym]) => pseudonym),
      rows.map(([, revision]) => revision),
      rows.map(([, , nonce, answers]) => contentHashOf(nonce, answers)),
      campaign,
      Number(county),
    );
}

export async function listPressure(
  ctx: Context,
  id: CampaignId,
  county: CountyCode,
): Promise<readonly PressureReport[]> {
  const rows = (await ctx.raw
    .prepare(
      'SELECT report_id AS id, source, reporting_stratum AS "reportingStratum", body FROM pressure_reports WHERE campaign = ? AND county = ? ORDER BY report_id, source',
    )
    .all(await campaignNo(ctx.db, id), county)) as {
    id: Buffer;
    source: string;
    reportingStratum: number;
    body: string;
  }[];
  return rows.map((r) => ({ ...r, id: new Uint8Array(r.id), source: pressureSourceSchema.parse(r.source) }));
}

export async function hasAnswered(
  ctx: Context,
  id: CampaignId,
  county: CountyCode,
  pseudonym: Uint8Array,
): Promise<boolean> {
  const [answered] = await haveAnswered(ctx, id, county, [pseudonym]);
  return answered === true;
}

export async function haveAnswered(
  ctx: Context,
  id: CampaignId,
  county: CountyCode,
  pseudonyms: readonly Uint8Array[],
): Promise<readonly boolean[]> {
  const campaign = await campaignNo(ctx.db, id);
  return (await ctx.raw
    .prepare(
      `SELECT EXISTS (SELECT 1 FROM responses r WHERE r.campaign = ? AND r.county = ? AND r.pseudonym = k.pseudonym)
       FROM unnest(?::bytea[]) WITH ORDINALITY AS k (pseudonym, i) ORDER BY k.i`,
    )
    .pluck()
    .all(campaign, Number(county), pseudonyms)) as boolean[];
}

export async function saveSnapshot(
  ctx: Context,
  id: CampaignId,
  county: CountyCode,
  snapshot: RateSnapshot,
): Promise<void> {
  await ctx.raw
    .prepare(
      'INSERT INTO rate_snapshots (campaign, county, day, at, body) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
    )
    .run(await campaignNo(ctx.db, id), county, snapshot.day, snapshot.at, snapshot.body);
}

export async function listSnapshots(
  ctx: Context,
  id: CampaignId,
  county: CountyCode,
): Promise<readonly RateSnapshot[]> {
  return (await ctx.raw
    .prepare('SELECT day, at, body FROM rate_snapshots WHERE campaign = ? AND county = ? ORDER BY day')
    .all(await campaignNo(ctx.db, id), county)) as RateSnapshot[];
}

export async function findLatestSnapshot(
  ctx: Context,
  id: CampaignId,
  county: CountyCode,
): Promise<RateSnapshot | undefined> {
  return (await ctx.raw
    .prepare(
      'SELECT day, at, body FROM rate_snapshots WHERE campaign = ? AND county = ? ORDER BY day DESC LIMIT 1',
    )
    .get(await campaignNo(ctx.db, id), county)) as RateSnapshot | undefined;
}

export async function listTexts(
  ctx: Context,
  id: CampaignId,
  county: CountyCode,
): Promise<readonly StoredText[]> {
  return (await ctx.raw
    .prepare(
      'SELECT text_id AS "textId", questionnaire, item, reporting_stratum AS "reportingStratum", body FROM texts WHERE campaign = ? AND county = ? ORDER BY text_id, item',
    )
    .all(await campaignNo(ctx.db, id), county)) as StoredText[];
}
