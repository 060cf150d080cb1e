import { eq } from 'drizzle-orm';
import { AppError } from '../../../domain/errors.ts';
import type { CampaignId } from '../../../domain/model/ids.ts';
import type { Tx } from '../connection.ts';
import type { Context } from '../context.ts';
import { campaigns } from '../schema.ts';

/**
 * The short number used by the wide tables.
 * @throws AppError not-found `campaign.not-found`
 */
export async function campaignNo(tx: Tx, id: CampaignId): Promise<number> {
  const row = (await tx.select({ no: campaigns.no }).from(campaigns).where(eq(campaigns.id, id)))[0];
  if (!row) throw new AppError('not-found', 'campaign.not-found');
  return row.no;
}

/**
 * For frequent use: looked up once.
 * @throws AppError not-found `campaign.not-found`
 */
export async function knownCampaignNo(ctx: Context, id: CampaignId): Promise<number> {
  let no = ctx.numbers.get(id);
  if (no === undefined) ctx.numbers.set(id, (no = await campaignNo(ctx.db, id)));
  return no;
}
