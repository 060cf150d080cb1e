/** The end of a slot, and of a survey: alarms from the counters of `watch.ts` are stored. */
import type { CampaignId, CountyCode } from '../../../domain/model/ids.ts';
import type { Context } from '../context.ts';
import { hotCampaign } from './answers.ts';
import { campaignNo } from './campaign-no.ts';
import { alarmsOf } from '../../shared/watch.ts';
import { saveFlags } from './flags.ts';

async function endSlotOf(ctx: Context, id: CampaignId, county: CountyCode, isLast: boolean): Promise<void> {
  // First: a campaign that takes no answers has no counters, whatever its state.
  const watch = ctx.watches.get(`${await campaignNo(ctx.db, id)} ${Number(county)}`);
  const hot = watch && (await hotCampaign(ctx, id));
  if (!hot) return;
  const before = (await ctx.raw
    .prepare('SELECT lot FROM campaign_counties WHERE campaign = ? AND county = ?')
    .pluck()
    .get(hot.no, county)) as number | undefined;
  await saveFlags(
    ctx,
    'slot_alarms',
    hot.no,
    county,
    alarmsOf(watch, hot.profile.minimumCell, (before ?? 0) + 1, isLast),
  );
}

/** Open campaigns and counties with counters. */
async function openPlaces(
  ctx: Context,
): Promise<readonly { readonly no: number; readonly id: CampaignId; readonly county: CountyCode }[]> {
  return (await ctx.raw
    .prepare(
      `SELECT campaigns.no AS no, campaigns.id AS id, cc.county AS county FROM campaigns JOIN campaign_counties cc ON cc.campaign = campaigns.no
       WHERE campaigns.state = 'open'`,
    )
    .all()) as { no: number; id: CampaignId; county: CountyCode }[];
}

export async function endSlot(ctx: Context): Promise<void> {
  const open = await openPlaces(ctx);
  for (const { id, county } of open) await endSlotOf(ctx, id, county, false);
  const names = new Set(open.map(({ no, county }) => `${no} ${Number(county)}`));
  for (const [name, watch] of ctx.watches) {
    // Another process may have closed it.
    if (names.has(name)) watch.slot++;
    else ctx.watches.delete(name);
  }
}

/** The last evaluation, in the transaction that ends answering; then the counters are deleted. */
export async function endWatch(ctx: Context, id: CampaignId): Promise<void> {
  for (const place of await openPlaces(ctx)) {
    if (place.id !== id) continue;
    await endSlotOf(ctx, id, place.county, true);
    ctx.watches.delete(`${await campaignNo(ctx.db, id)} ${Number(place.county)}`);
  }
}
