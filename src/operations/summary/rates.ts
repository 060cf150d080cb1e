/**
 * Response rates: how many, never who (design 13). While open by daily snapshot, in coarse steps; after close groups are exact.
 */
import type { LogStatus } from '../../domain/evidence/witness.ts';
import { assertMay, type Actor } from '../../domain/campaign/permissions.ts';
import {
  buildRateRows,
  rateRowsSchema,
  type RateCount,
  type RateRow,
} from '../../domain/answer/rate-view.ts';
import type { CampaignState } from '../../domain/campaign/life-cycle.ts';
import type { Campaign, CampaignCounty } from '../../domain/model/campaign.ts';
import type { RateSnapshot } from '../../domain/model/count.ts';
import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import type { Group } from '../../domain/model/vocabulary.ts';
import type { Storage } from '../../storage/port/index.ts';
import type { Deps } from '../deps.ts';
import { groupsWithExactRates } from '../../domain/scoring/suppression/exact-rates.ts';
import { getCampaignCounty, getProfile } from '../campaign/lookup.ts';
import { forEachCampaign } from '../each-campaign.ts';
import { readLogStatus } from '../evidence/witnesses.ts';
import { shownSummary } from './shown.ts';
import { countRespondents, readSummaryInput } from './summary.ts';
import { mayRunNow } from '../service/service-time.ts';
import { memoizeByIdentity } from '../memoize.ts';
import type { RuleProfile } from '../../domain/scoring/rules/profile.ts';
import { nextServiceHour, serviceDay, serviceHour } from '../../domain/time-zone.ts';

/** Hour of the day, in the service's time zone, from which the daily snapshot is taken. */
export const snapshotHour = 6;

export interface RatesView {
  readonly campaign: CampaignId;
  readonly campaignName: string;
  readonly county: CountyCode;
  readonly countyName: string;
  readonly state: CampaignState;
  readonly demo: boolean;
  readonly closesAt: number;
  /** `none`: open, but no snapshot yet. `snapshot`: coarse figures as of `at`. `final`: exact, after close. */
  readonly kind: 'not-open' | 'none' | 'snapshot' | 'final';
  readonly at: number | null;
  /** Time of the next figures; null after close. */
  readonly nextAt: number | null;
  readonly minimumCell: number;
  /** 有效回收率: numerator and denominator by the profile, and the minimum below which there is no verdict (percent). */
  readonly returnRate: {
    readonly numerator: 'valid' | 'answered';
    readonly denominator: 'issued' | 'frame' | 'quota';
    readonly floor: number | null;
    /** Decimals shown. */
    readonly decimals: number;
  } | null;
  readonly groups: readonly { readonly group: Group; readonly quota: number; readonly drawn: number }[];
  readonly rows: readonly RateRow[];
  /** null before the roll is frozen. */
  readonly log: LogStatus | null;
}

const nobody: ReadonlySet<Group> = new Set();

export async function viewRates(
  deps: Deps,
  actor: Actor,
  id: CampaignId,
  county: CountyCode,
): Promise<RatesView> {
  assertMay(actor, 'rates.view', county);
  const { campaign, county: own } = await getCampaignCounty(deps, actor, id, county);
  const profile = await getProfile(deps, campaign.profile);
  const strata = await deps.storage.readStrata(id, county);
  const log = await readLogStatus(deps, id, county);
  const make = (
    kind: RatesView['kind'],
    at: number | null,
    nextAt: number | null,
    rows: readonly RateRow[],
  ) => ratesOf(strata, campaign, own, profile, log, kind, at, nextAt, rows);
  if (campaign.state === 'draft') return make('not-open', null, null, noRows);
  if (campaign.state === 'open' || campaign.state === 'closing') {
    const snapshot = await deps.storage.findLatestSnapshot(id, county);
    const nextAt = Math.min(nextServiceHour(deps.now(), snapshotHour), campaign.closesAt);
    return snapshot
      ? make('snapshot', snapshot.at, nextAt, rowsOfSnapshot(snapshot))
      : make('none', null, nextAt, noRows);
  }
  const counts = await countRespondents(deps, campaign, county);
  const exact =
    campaign.state === 'voided'
      ? nobody
      : exactGroupsOf(await shownSummary(deps, await readSummaryInput(deps, campaign, county)));
  return make('final', campaign.closedAt, null, finalRows(counts, strata, profile.minimumCell, exact));
}

const noRows: readonly RateRow[] = [];
const exactGroupsOf = memoizeByIdentity(groupsWithExactRates);
const finalRows = memoizeByIdentity(
  (
    counts: readonly RateCount[],
    { reporting }: Pick<Strata, 'reporting'>,
    minimumCell: number,
    exact: ReadonlySet<Group>,
  ) => buildRateRows(reporting, counts, minimumCell, exact),
);

/** A day's snapshot never changes. */
export const rowsOfSnapshot = memoizeByIdentity((snapshot: RateSnapshot): readonly RateRow[] =>
  rateRowsSchema.parse(JSON.parse(snapshot.body)),
);

type Strata = Awaited<ReturnType<Storage['readStrata']>>;

const ratesOf = memoizeByIdentity(makeRates);

function makeRates(
  { sampling }: Strata,
  campaign: Campaign,
  own: CampaignCounty,
  profile: RuleProfile,
  log: LogStatus | null,
  kind: RatesView['kind'],
  at: number | null,
  nextAt: number | null,
  rows: readonly RateRow[],
): RatesView {
  const groups = [...new Set(sampling.map((s) => s.group))].map((group) => ({
    group,
    quota: sampling.filter((s) => s.group === group).reduce((n, s) => n + s.quota, 0),
    drawn: sampling.filter((s) => s.group === group).reduce((n, s) => n + s.drawn, 0),
  }));
  return {
    campaign: campaign.id,
    campaignName: campaign.name,
    county: own.code,
    countyName: own.name,
    state: campaign.state,
    demo: campaign.demo,
    closesAt: campaign.closesAt,
    minimumCell: profile.minimumCell,
    returnRate: profile.returnRate && {
      numerator: profile.returnRate.numerator,
      denominator: profile.returnRate.denominator,
      floor: profile.returnRate.floor,
      decimals: profile.returnRate.decimals,
    },
    groups,
    ...{ log, kind, at, nextAt, rows },
  };
}

/** Takes the daily snapshot of every open campaign's counties that have none yet. Called once a minute. */
export async function takeSnapshots(deps: Deps): Promise<number> {
  const at = deps.now();
  if (serviceHour(at) < snapshotHour) return 0;
  // A snapshot with a future date would prevent those of the days between.
  if (!(await mayRunNow(deps, 'snapshot'))) return 0;
  let taken = 0;
  await forEachCampaign(deps, 'take snapshot', async (campaign) => {
    if (campaign.state !== 'open') return;
    const opened = campaign.openedAt ?? at;
    // The first figures appear on the morning after opening, so that nobody can watch the first hour.
    if (serviceDay(opened) === serviceDay(at)) return;
    const profile = await getProfile(deps, campaign.profile);
    for (const { code } of campaign.counties) {
      const latest = await deps.storage.findLatestSnapshot(campaign.id, code);
      if (latest && latest.day >= serviceDay(at)) continue;
      const { reporting } = await deps.storage.readStrata(campaign.id, code);
      const counts = await deps.storage.countResponses(campaign.id, code);
      const body = JSON.stringify(buildRateRows(reporting, counts, profile.minimumCell, nobody));
      await deps.storage.saveSnapshot(campaign.id, code, { day: serviceDay(at), at, body });
      taken++;
    }
  });
  return taken;
}
