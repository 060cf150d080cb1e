import { mapInOrder } from '../in-order.ts';
import { and, asc, count, desc, eq, inArray } from 'drizzle-orm';
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
import { codeOf, type Tx } from '../connection.ts';
import { createPartitions, dropPartitions } from '../partitions.ts';
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

/** The revision rule of this campaign. */
export async function readRevisionRule(tx: Tx, no: number): Promise<RevisionRule> {
  const row = (
    await tx.select({ rule: campaigns.revisionRule }).from(campaigns).where(eq(campaigns.no, no))
  )[0];
  return toRevisionRule(row?.rule);
}

async function voidsOf(tx: Tx, no: number): Promise<readonly Void[]> {
  return (await tx.select().from(voids).where(eq(voids.campaign, no)).orderBy(asc(voids.no))).map(toVoid);
}

export async function findCampaign(tx: Tx, id: CampaignId): Promise<Campaign | undefined> {
  const row = (await tx.select().from(campaigns).where(eq(campaigns.id, id)))[0];
  if (!row) return undefined;
  const counties = await tx
    .select()
    .from(campaignCounties)
    .where(eq(campaignCounties.campaign, row.no))
    .orderBy(asc(campaignCounties.county));
  return toCampaign(row, counties, await voidsOf(tx, row.no));
}

export async function getCampaign(tx: Tx, id: CampaignId): Promise<Campaign> {
  const campaign = await findCampaign(tx, id);
  if (!campaign) throw new AppError('not-found', 'campaign.not-found');
  return campaign;
}

export async function listCampaigns(tx: Tx): Promise<readonly Campaign[]> {
  return (await readCampaigns(tx)).flatMap((found) => ('fault' in found ? [] : [found]));
}

export async function listBrokenCampaigns(tx: Tx): Promise<readonly BrokenCampaign[]> {
  return (await readCampaigns(tx)).flatMap((found) => ('fault' in found ? [found] : []));
}

async function readCampaigns(tx: Tx): Promise<readonly (Campaign | BrokenCampaign)[]> {
  const rows = await tx.select().from(campaigns).orderBy(desc(campaigns.no));
  const counties = await tx.select().from(campaignCounties).orderBy(asc(campaignCounties.county));
  return await mapInOrder(rows, async (row) => {
    try {
      const own = counties.filter((c) => c.campaign === row.no);
      return toCampaign(row, own, await voidsOf(tx, row.no));
    } catch (error) {
      if (!(error instanceof AppError) || error.kind !== 'corrupt') throw error;
      return { id: row.id as CampaignId, state: row.state, fault: String(error.params['column']) };
    }
  });
}

export async function putDocuments(tx: Tx, list: readonly Document[]): Promise<void> {
  for (const document of list) await tx.insert(documents).values(document).onConflictDoNothing();
}

export async function findDocument(tx: Tx, hash: ContentHash): Promise<Document | undefined> {
  const row = (await tx.select().from(documents).where(eq(documents.hash, hash)))[0];
  return row && { hash, kind: row.kind as Document['kind'], body: row.body };
}

export async function createCampaign(
  tx: Tx,
  stamp: Stamp,
  draft: CampaignDraft,
  list: readonly Document[],
  keyChecks: Readonly<Record<string, string>>,
): Promise<void> {
  const decision = decideCreation(await findCampaign(tx, draft.id), draft, stamp);
  const { counties, ...fields } = decision.changes;
  await putDocuments(tx, list);
  const [{ no }] = (await tx
    .insert(campaigns)
    .values({ ...fields, ...toColumns(fields), id: draft.id, keyChecks: JSON.stringify(keyChecks) })
    .returning({ no: campaigns.no })) as [{ no: number }];
  await createPartitions(tx, no);
  for (const county of counties)
    await tx
      .insert(campaignCounties)
      .values({ campaign: no, county: county.code, frameState: 'preparing', ...countyColumns(county) });
  await recordDecision(tx, stamp, { no, id: draft.id }, decision);
}

/** SQLSTATE. */
const foreignKeyViolation = '23503';

export async function updateCampaign(
  tx: Tx,
  stamp: Stamp,
  id: CampaignId,
  patch: Partial<Omit<CampaignDraft, 'id' | 'demo'>>,
  list: readonly Document[],
  version: string | null = null,
): Promise<void> {
  const decision = decideUpdate(await getCampaign(tx, id), patch, version);
  const { fields, counties } = decision.changes;
  await putDocuments(tx, list);
  const no = await campaignNo(tx, id);
  await tx.update(campaigns).set(toColumns(fields)).where(eq(campaigns.no, no));
  for (const county of counties.added)
    await tx
      .insert(campaignCounties)
      .values({ campaign: no, county: county.code, frameState: 'preparing', ...countyColumns(county) });
  for (const county of counties.changed)
    await tx
      .update(campaignCounties)
      .set(countyColumns(county))
      .where(and(eq(campaignCounties.campaign, no), eq(campaignCounties.county, county.code)));
  if (counties.removed.length > 0) {
    // Only a county without data can be removed: foreign keys refuse any other.
    try {
      await tx
        .delete(campaignCounties)
        .where(
          and(eq(campaignCounties.campaign, no), inArray(campaignCounties.county, [...counties.removed])),
        );
    } catch (error) {
      if (codeOf(error) !== foreignKeyViolation) throw error;
      throw new AppError('conflict', 'campaign.county-used', { cause: error });
    }
  }
  await recordDecision(tx, stamp, { no, id }, decision);
}

/**
 * Tables of one campaign, by their column, without those whose partition is dropped. The trail, which names it by its public id,
 * stays.
 */
async function tablesOfCampaign({ $raw: raw }: Tx): Promise<readonly string[]> {
  return (await raw
    .prepare(
      `SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'campaign'
       WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' AND NOT c.relispartition
         AND a.atttypid = 'integer'::regtype ORDER BY 1`,
    )
    .pluck()
    .all()) as string[];
}

export async function deleteCampaign(tx: Tx, stamp: Stamp, id: CampaignId): Promise<void> {
  const no = await campaignNo(tx, id);
  const logged = (
    await tx.select({ n: count() }).from(evidenceLeaves).where(eq(evidenceLeaves.campaign, no))
  )[0];
  const decision = decideDeletion(await getCampaign(tx, id), (logged?.n ?? 0) > 0);
  // A table may refer to another one of the list: only what remains at the end counts.
  await tx.$raw.exec('SET CONSTRAINTS ALL DEFERRED');
  await dropPartitions(tx, no);
  const own = tx.select({ id: imports.id }).from(imports).where(eq(imports.campaign, no));
  await tx.delete(importRows).where(inArray(importRows.import, own));
  await tx.delete(importFaults).where(inArray(importFaults.import, own));
  const files = tx.select({ id: rollFiles.id }).from(rollFiles).where(eq(rollFiles.campaign, no));
  await tx.delete(rollFilePages).where(inArray(rollFilePages.file, files));
  for (const name of await tablesOfCampaign(tx))
    await tx.$raw.prepare(`DELETE FROM ${name} WHERE campaign = ?`).run(no);
  await recordDecision(tx, stamp, { no, id }, decision);
  await tx.delete(campaigns).where(eq(campaigns.no, no));
}

/** For decisions whose changes are columns of the campaign's own row. */
export async function storeDecision(
  tx: Tx,
  stamp: Stamp,
  id: CampaignId,
  decision: Decision<Partial<typeof campaigns.$inferInsert>>,
): Promise<void> {
  const no = await campaignNo(tx, id);
  await tx.update(campaigns).set(decision.changes).where(eq(campaigns.no, no));
  await recordDecision(tx, stamp, { no, id }, decision);
}

export async function openCampaign(tx: Tx, stamp: Stamp, id: CampaignId): Promise<void> {
  await storeDecision(tx, stamp, id, decideOpening(await getCampaign(tx, id), stamp));
}

export async function releaseCampaign(
  tx: Tx,
  stamp: Stamp,
  id: CampaignId,
  heads: readonly DecidedLeaf[],
): Promise<void> {
  await storeDecision(tx, stamp, id, decideRelease(await getCampaign(tx, id), stamp, heads));
}
