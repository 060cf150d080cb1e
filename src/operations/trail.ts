import { assertMay, isBoundRole, type Actor } from '../domain/campaign/permissions.ts';
import type { CampaignId, CountyCode } from '../domain/model/ids.ts';
import type { TrailEntry, TrailFilter } from '../domain/model/trail.ts';
import { hidesResponseCounts } from './code/codes.ts';
import { listCampaigns } from './campaign/campaigns.ts';
import type { Deps } from './deps.ts';

export const trailPageSize = 100;
const largestPage = 1000;

type Asked = { readonly [K in keyof Omit<TrailFilter, 'counties'>]?: TrailFilter[K] | undefined };

/** Newest first. A bound account reads only the entries of its counties. */
export async function listTrail(deps: Deps, actor: Actor, asked: Asked = {}): Promise<readonly TrailEntry[]> {
  assertMay(actor, 'trail.view');
  const counties =
    actor.role !== 'system' && isBoundRole(actor.role) ? (actor.counties as readonly CountyCode[]) : null;
  const { topic = null, county = null, from = null, until = null } = asked;
  const entries = await deps.storage.listTrail({
    campaign: asked.campaign ?? null,
    counties,
    before: asked.before ?? null,
    limit: Math.min(asked.limit ?? trailPageSize, largestPage),
    ...{ topic, county, from, until },
    actor: asked.actor === undefined || asked.actor === null || asked.actor === '' ? null : asked.actor,
  });
  return Promise.all(entries.map((entry) => withoutReminderCount(deps, actor, entry)));
}

/** The number of contacts that a spreadsheet reminds tells how many have answered, finer than the rates do. */
async function withoutReminderCount(deps: Deps, actor: Actor, entry: TrailEntry): Promise<TrailEntry> {
  const { action, campaign, details } = entry;
  if (action !== 'codes.export' || details['kind'] !== 'reminder' || campaign === null) return entry;
  const found = await deps.storage.findCampaign(campaign);
  if (!found || !hidesResponseCounts(actor, found.state)) return entry;
  const { count: _, ...shown } = details;
  return { ...entry, details: shown };
}

/** All of them, newest first, a page at a time. */
export async function* eachTrailEntry(
  deps: Deps,
  actor: Actor,
  asked: Asked,
): AsyncGenerator<TrailEntry, void, undefined> {
  let before = asked.before ?? null;
  for (;;) {
    const page = await listTrail(deps, actor, { ...asked, before, limit: largestPage });
    yield* page;
    const last = page.at(-1);
    if (last === undefined || page.length < largestPage) return;
    before = last.no;
  }
}

/** Names of the campaigns and counties that the reader may see. */
export async function trailNames(
  deps: Deps,
  actor: Actor,
): Promise<{
  readonly campaigns: ReadonlyMap<string, string>;
  readonly counties: ReadonlyMap<string, string>;
}> {
  const campaigns = await listCampaigns(deps, actor);
  return {
    campaigns: new Map(campaigns.map((c) => [c.id, c.name])),
    counties: new Map(campaigns.flatMap((c) => c.counties.map(({ code, name }) => [code, name] as const))),
  };
}

/** Actions of these kinds in a county's survey, oldest first. The caller has checked permissions. */
export async function listActsOf(
  deps: Deps,
  campaign: CampaignId,
  county: CountyCode,
  actions: readonly string[],
): Promise<readonly TrailEntry[]> {
  const found: TrailEntry[] = [];
  for (let before: number | null = null; ;) {
    const page: readonly TrailEntry[] = await deps.storage.listTrail({
      ...{ campaign, counties: [county], before, limit: largestPage },
    });
    found.push(...page.filter((e) => e.county === county && actions.includes(e.action)));
    before = page.at(-1)?.no ?? null;
    if (page.length < largestPage) break;
  }
  return found.reverse();
}
