/** Compares counties of one campaign, and the same counties in an earlier one. */
import { isScoreVisible } from '../../domain/campaign/life-cycle.ts';
import { assertMay, type Actor } from '../../domain/campaign/permissions.ts';
import type { Campaign } from '../../domain/model/campaign.ts';
import {
  campaignIdSchema,
  countyCodeSchema,
  type CampaignId,
  type CountyCode,
} from '../../domain/model/ids.ts';
import type { Summary } from '../../domain/scoring/summary/summary.ts';
import type { Deps } from '../deps.ts';
import { listCampaigns } from '../campaign/campaigns.ts';
import { getVisibleCampaign } from '../campaign/lookup.ts';
import { assertVisible, compareCounties, getSummary } from './summary.ts';

export interface Comparison {
  readonly counties: readonly { readonly summary: Summary; readonly before: Summary | null }[];
  readonly earlier: { readonly id: CampaignId; readonly name: string } | null;
  /** Campaigns with a shown result in one of these counties that opened before this one, newest first. */
  readonly choices: readonly { readonly id: CampaignId; readonly name: string }[];
  /** Names of cities by the first four digits of a county's code, if the list of divisions has them. */
  readonly cities: ReadonlyMap<string, string>;
}

/** @throws AppError as `getSummary` of this campaign; an earlier one that may not be seen is treated as not found */
export async function compareCampaign(
  deps: Deps,
  actor: Actor,
  id: CampaignId,
  codes: readonly CountyCode[],
  before: string | null,
): Promise<Comparison> {
  assertMay(actor, 'summary.view');
  const campaign = await getVisibleCampaign(deps, actor, id);
  assertVisible(campaign, actor);
  const choices = await earlierCampaigns(deps, actor, campaign);
  const asked = campaignIdSchema.safeParse(before);
  const earlier = asked.success ? choices.find((own) => own.id === asked.data) : undefined;
  const counties = [];
  for (const summary of await compareCounties(deps, actor, id, codes)) {
    const code = countyCodeSchema.parse(summary.county.code);
    const isThere = earlier?.counties.some((county) => county.code === code) === true;
    counties.push({ summary, before: isThere ? await getSummary(deps, actor, earlier.id, code) : null });
  }
  const name = ({ id: own, name: title }: Campaign) => ({ id: own, name: title });
  return {
    counties,
    earlier: earlier ? name(earlier) : null,
    choices: choices.map(name),
    cities: await cityNames(deps, codes),
  };
}

async function earlierCampaigns(deps: Deps, actor: Actor, campaign: Campaign): Promise<readonly Campaign[]> {
  const codes = new Set(campaign.counties.map((county) => county.code));
  return (await listCampaigns(deps, actor))
    .filter(
      (own) =>
        own.id !== campaign.id &&
        own.openedAt !== null &&
        campaign.openedAt !== null &&
        own.openedAt < campaign.openedAt &&
        isScoreVisible(own.state) &&
        own.state !== 'voided' &&
        (actor.role !== 'official' || own.state === 'released') &&
        own.counties.some((county) => codes.has(county.code)),
    )
    .sort((a, b) => (b.openedAt ?? 0) - (a.openedAt ?? 0));
}

async function cityNames(deps: Deps, codes: readonly CountyCode[]): Promise<ReadonlyMap<string, string>> {
  const names = new Map<string, string>();
  for (const city of new Set(codes.map((code) => code.slice(0, 4)))) {
    const code = countyCodeSchema.safeParse(`${city}00`);
    const found = code.success ? await deps.storage.findDivision(code.data) : undefined;
    if (found) names.set(city, found.name);
  }
  return names;
}
