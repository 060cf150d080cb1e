import { eq, sql } from 'drizzle-orm';
import { AppError } from '../../../domain/errors.ts';
import type { CampaignId } from '../../../domain/model/ids.ts';
import type { Tx } from '../connection.ts';
import type { Context } from '../context.ts';
import { preparedQuery } from '../prepared.ts';
import { campaigns } from '../schema.ts';

const byId = (tx: Tx) =>
  tx
    .select({ no: campaigns.no })
    .from(campaigns)
    .where(eq(campaigns.id, sql.placeholder('id')))
    .prepare();

/**
 * The short number used by the wide tables.
 * @throws AppError not-found `campaign.not-found`
 */
export function campaignNo(tx: Tx, id: CampaignId): number {
  const row = preparedQuery(tx, byId).get({ id });
  if (!row) throw new AppError('not-found', 'campaign.not-found');
  return row.no;
}

/**
 * For frequent use: looked up once.
 * @throws AppError not-found `campaign.not-found`
 */
export function knownCampaignNo(ctx: Context, id: CampaignId): number {
  let no = ctx.numbers.get(id);
  if (no === undefined) ctx.numbers.set(id, (no = campaignNo(ctx.db, id)));
  return no;
}
