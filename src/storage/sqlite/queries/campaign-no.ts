import { eq } from 'drizzle-orm';
import { AppError } from '../../../domain/errors.ts';
import type { CampaignId } from '../../../domain/model/ids.ts';
import type { Tx } from '../connection.ts';
import { campaigns } from '../schema.ts';

/** The short number that the wide tables use. @throws AppError not-found `campaign.not-found` */
export function campaignNo(tx: Tx, id: CampaignId): number {
  const row = tx.select({ no: campaigns.no }).from(campaigns).where(eq(campaigns.id, id)).get();
  if (!row) throw new AppError('not-found', 'campaign.not-found');
  return row.no;
}
