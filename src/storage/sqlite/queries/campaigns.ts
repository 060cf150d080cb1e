import { and, asc, count, desc, eq, inArray, sql } from 'drizzle-orm';
import { AppError } from '../../../domain/errors.ts';
import type { RevisionRule } from '../../../domain/answer/revision.ts';
import { decideCreation, decideDeletion, decideUpdate } from '../../../domain/campaign/decide-draft.ts';
import { decideOpening, decideRelease } from '../../../domain/campaign/decide-opening.ts';
import type { DecidedLeaf, Decision } from '../../../domain/model/decision.ts';
import { type CampaignId, type ContentHash } from '../../../domain/model/ids.ts';
import type {
  BrokenCampaign,
  Campaign,
  CampaignDraft,
  Document,
  Void,
} from '../../../domain/model/campaign.ts';
import type { Stamp } from '../../../domain/model/stamp.ts';
import type { Tx } from '../connection.ts';
import { preparedQuery } from '../prepared.ts';
import { isReferredTo } from '../raw.ts';
import { campaignNo } from './campaign-no.ts';
import { recordDecision } from './decision.ts';
import { countyColumns, toCampaign, toColumns, toRevisionRule, toVoid } from '../../shared/campaign-rows.ts';
import {
  campaignCounties,
  campaigns,
  documents,
  evidenceLeaves,
  importFaults,
  importRows,
  imports,
  rollFilePages,
  rollFiles,
  voids,
} from '../schema.ts';

const ruleOf = (tx: Tx) =>
  tx
    .select({ rule: campaigns.revisionRule })
    .from(campaigns)
    .where(eq(campaigns.no, sql.placeholder('no')))
    .prepare();

/** The revision rule of this campaign. */
export function readRevisionRule(tx: Tx, no: number): RevisionRule {
  return toRevisionRule(preparedQuery(tx, ruleOf).get({ no })?.rule);
}

const voidsByCampaign = (tx: Tx) =>
  tx
    .select()
    .from(voids)
    .where(eq(voids.campaign, sql.placeholder('no')))
    .orderBy(asc(voids.no))
    .prepare();

function voidsOf(tx: Tx, no: number): readonly Void[] {
  return preparedQuery(tx, voidsByCampaign).all({ no }).map(toVoid);
}

const campaignById = (tx: Tx) =>
  tx
    .select()
    .from(campaigns)
    .where(eq(campaigns.id, sql.placeholder('id')))
    .prepare();
const countiesByCampaign = (tx: Tx) =>
  tx
    .select()
    .from(campaignCounties)
    .where(eq(campaignCounties.campaign, sql.placeholder('no')))
    .orderBy(asc(campaignCounties.county))
    .prepare();
const allCampaigns = (tx: Tx) => tx.select().from(campaigns).orderBy(desc(campaigns.no)).prepare();
const allCounties = (tx: Tx) =>
  tx.select().from(campaignCounties).orderBy(asc(campaignCounties.county)).prepare();

export function findCampaign(tx: Tx, id: CampaignId): Campaign | undefined {
  const row = preparedQuery(tx, campaignById).get({ id });
  if (!row) return undefined;
  const counties = preparedQuery(tx, countiesByCampaign).all({ no: row.no });
  return toCampaign(row, counties, voidsOf(tx, row.no));
}

export function getCampaign(tx: Tx, id: CampaignId): Campaign {
  const campaign = findCampaign(tx, id);
  if (!campaign) throw new AppError('not-found', 'campaign.not-found');
  return campaign;
}

export function listCampaigns(tx: Tx): readonly Campaign[] {
  return readCampaigns(tx).flatMap((found) => ('fault' in found ? [] : [found]));
}

export function listBrokenCampaigns(tx: Tx): readonly BrokenCampaign[] {
  return readCampaigns(tx).flatMap((found) => ('fault' in found ? [found] : []));
}

function readCampaigns(tx: Tx): readonly (Campaign | BrokenCampaign)[] {
  const rows = preparedQuery(tx, allCampaigns).all();
  const counties = preparedQuery(tx, allCounties).all();
  return rows.map((row) => {
    try {
      const own = counties.filter((c) => c.campaign === row.no);
      return toCampaign(row, own, voidsOf(tx, row.no));
    } catch (error) {
      if (!(error instanceof AppError) || error.kind !== 'corrupt') throw error;
      return { id: row.id as CampaignId, state: row.state, fault: String(error.params['column']) };
    }
  });
}

export function putDocuments(tx: Tx, list: readonly Document[]): void {
  for (const document of list) tx.insert(documents).values(document).onConflictDoNothing().run();
}

export function findDocument(tx: Tx, hash: ContentHash): Document | undefined {
  const row = tx.select().from(documents).where(eq(documents.hash, hash)).get();
  return row && { hash, kind: row.kind as Document['kind'], body: row.body };
}

export function createCampaign(
  tx: Tx,
  stamp: Stamp,
  draft: CampaignDraft,
  list: readonly Document[],
  keyChecks: Readonly<Record<string, string>>,
): void {
  const decision = decideCreation(findCampaign(tx, draft.id), draft, stamp);
  const { counties, ...fields } = decision.changes;
  putDocuments(tx, list);
  const { no } = tx
    .insert(campaigns)
    .values({ ...fields, ...toColumns(fields), id: draft.id, keyChecks: JSON.stringify(keyChecks) })
    .returning({ no: campaigns.no })
    .get();
  for (const county of counties)
    tx.insert(campaignCounties)
      .values({ campaign: no, county: county.code, frameState: 'preparing', ...countyColumns(county) })
      .run();
  recordDecision(tx, stamp, { no, id: draft.id }, decision);
}

export function updateCampaign(
  tx: Tx,
  stamp: Stamp,
  id: CampaignId,
  patch: Partial<Omit<CampaignDraft, 'id' | 'demo'>>,
  list: readonly Document[],
  version: string | null = null,
): void {
  const decision = decideUpdate(getCampaign(tx, id), patch, version);
  const { fields, counties } = decision.changes;
  putDocuments(tx, list);
  const no = campaignNo(tx, id);
  tx.update(campaigns).set(toColumns(fields)).where(eq(campaigns.no, no)).run();
  for (const county of counties.added)
    tx.insert(campaignCounties)
      .values({ campaign: no, county: county.code, frameState: 'preparing', ...countyColumns(county) })
      .run();
  for (const county of counties.changed)
    tx.update(campaignCounties)
      .set(countyColumns(county))
      .where(and(eq(campaignCounties.campaign, no), eq(campaignCounties.county, county.code)))
      .run();
  if (counties.removed.length > 0) {
    // Only a county without data can be removed: foreign keys refuse any other.
    try {
      tx.delete(campaignCounties)
        .where(
          and(eq(campaignCounties.campaign, no), inArray(campaignCounties.county, [...counties.removed])),
        )
        .run();
    } catch (error) {
      if (!isReferredTo(error)) throw error;
      throw new AppError('conflict', 'campaign.county-used', { cause: error });
    }
  }
  recordDecision(tx, stamp, { no, id }, decision);
}

/** Tables of one campaign, by their column; the trail stays. */
function tablesOfCampaign(tx: Tx): readonly string[] {
  return tx
    .all<{ name: string }>(
      sql`SELECT m.name FROM sqlite_schema m JOIN pragma_table_info(m.name) c ON c.name = 'campaign'
          WHERE m.type = 'table' AND m.name <> 'trail' AND c.type = 'INTEGER'`,
    )
    .map(({ name }) => name);
}

export function deleteCampaign(tx: Tx, stamp: Stamp, id: CampaignId): void {
  const no = campaignNo(tx, id);
  const logged = tx.select({ n: count() }).from(evidenceLeaves).where(eq(evidenceLeaves.campaign, no)).get();
  const decision = decideDeletion(getCampaign(tx, id), (logged?.n ?? 0) > 0);
  // A table may refer to another one of the list: only what remains at the end counts.
  tx.run(sql`PRAGMA defer_foreign_keys = ON`);
  const own = tx.select({ id: imports.id }).from(imports).where(eq(imports.campaign, no));
  tx.delete(importRows).where(inArray(importRows.import, own)).run();
  tx.delete(importFaults).where(inArray(importFaults.import, own)).run();
  const files = tx.select({ id: rollFiles.id }).from(rollFiles).where(eq(rollFiles.campaign, no));
  tx.delete(rollFilePages).where(inArray(rollFilePages.file, files)).run();
  for (const name of tablesOfCampaign(tx))
    tx.run(sql`DELETE FROM ${sql.identifier(name)} WHERE campaign = ${no}`);
  recordDecision(tx, stamp, { no, id }, decision);
  tx.delete(campaigns).where(eq(campaigns.no, no)).run();
}

/** For decisions whose changes are columns of the campaign's own row. */
export function storeDecision(
  tx: Tx,
  stamp: Stamp,
  id: CampaignId,
  decision: Decision<Partial<typeof campaigns.$inferInsert>>,
): void {
  const no = campaignNo(tx, id);
  tx.update(campaigns).set(decision.changes).where(eq(campaigns.no, no)).run();
  recordDecision(tx, stamp, { no, id }, decision);
}

export function openCampaign(tx: Tx, stamp: Stamp, id: CampaignId): void {
  storeDecision(tx, stamp, id, decideOpening(getCampaign(tx, id), stamp));
}

export function releaseCampaign(tx: Tx, stamp: Stamp, id: CampaignId, heads: readonly DecidedLeaf[]): void {
  storeDecision(tx, stamp, id, decideRelease(getCampaign(tx, id), stamp, heads));
}
