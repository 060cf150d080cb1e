import { assertMay, isBoundRole, type Actor } from '../domain/campaign/permissions.ts';
import type { CampaignId, CountyCode } from '../domain/model/ids.ts';
import type { TrailEntry } from '../domain/model/trail.ts';
import type { Deps } from './deps.ts';

export const trailPageSize = 100;

/** Newest first. A bound account reads the entries of its counties only. */
export async function listTrail(
  deps: Deps,
  actor: Actor,
  filter: {
    readonly campaign?: CampaignId | undefined;
    readonly before?: number | undefined;
    readonly limit?: number | undefined;
  } = {},
): Promise<readonly TrailEntry[]> {
  assertMay(actor, 'trail.view');
  const counties =
    actor.role !== 'system' && isBoundRole(actor.role) ? (actor.counties as readonly CountyCode[]) : null;
  return deps.storage.listTrail({
    campaign: filter.campaign ?? null,
    counties,
    before: filter.before ?? null,
    limit: Math.min(filter.limit ?? trailPageSize, 1000),
  });
}
