/** The end of a slot, and of a survey: alarms from the counters of `watch.ts` are stored. */
import type { CampaignId, CountyCode } from '../../../domain/model/ids.ts';
import type { Context } from '../context.ts';
import { hotCampaign } from './answers.ts';
import { campaignNo } from './campaign-no.ts';
import { alarmsOf } from '../../shared/watch.ts';
import { saveFlags } from './flags.ts';

function endSlotOf(ctx: Context, id: CampaignId, county: CountyCode, isLast: boolean): void {
  // First: a campaign that takes no answers has no counters, whatever its state.
  const watch = ctx.watches.get(`${campaignNo(ctx.db, id)} ${Number(county)}`);
  const hot = watch && hotCampaign(ctx, id);
  if (!hot) return;
  const before = ctx.raw
    .prepare('SELECT lot FROM campaign_counties WHERE campaign = ? AND county = ?')
    .pluck()
    .get(hot.no, county) as number | undefined;
  saveFlags(
    ctx,
    'slot_alarms',
    hot.no,
    county,
    alarmsOf(watch, hot.profile.minimumCell, (before ?? 0) + 1, isLast),
  );
}

/** Open campaigns and counties with counters. */
function openPlaces(ctx: Context): readonly { readonly id: CampaignId; readonly county: CountyCode }[] {
  return ctx.raw
    .prepare(
      `SELECT campaigns.id AS id, cc.county AS county FROM campaigns JOIN campaign_counties cc ON cc.campaign = campaigns.no
       WHERE campaigns.state = 'open'`,
    )
    .all() as { id: CampaignId; county: CountyCode }[];
}

export function endSlot(ctx: Context): void {
  for (const { id, county } of openPlaces(ctx)) endSlotOf(ctx, id, county, false);
  for (const watch of ctx.watches.values()) watch.slot++;
}

/** The last evaluation, in the transaction that ends answering; then the counters are deleted. */
export function endWatch(ctx: Context, id: CampaignId): void {
  for (const place of openPlaces(ctx)) {
    if (place.id !== id) continue;
    endSlotOf(ctx, id, place.county, true);
    ctx.watches.delete(`${campaignNo(ctx.db, id)} ${Number(place.county)}`);
  }
}
