import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import type { RateSnapshot, RecountResult, StratumCount } from '../../domain/model/count.ts';
import type { TallyCell } from '../../domain/scoring/tally/tally.ts';

export interface CountReader {
  /**
   * Tallies of the answers that count, in the order of their keys. Of a county that is not counted at close yet they are derived from its rows, in one pass
   * beside the writer, as of one moment: what to show of them, and when, is the caller's decision (design 13).
   */
  readTallies(campaign: CampaignId, county: CountyCode): Promise<readonly TallyCell[]>;
  /** Respondents by reporting stratum, set and channel, from the same tallies. */
  countResponses(campaign: CampaignId, county: CountyCode): Promise<readonly StratumCount[]>;
  /** All of the county, in the order of their days. */
  listSnapshots(campaign: CampaignId, county: CountyCode): Promise<readonly RateSnapshot[]>;
  findLatestSnapshot(campaign: CampaignId, county: CountyCode): Promise<RateSnapshot | undefined>;
  /**
   * Decodes every row and counts by other code than the count at close; names what differs from the tallies stored then, or, before, from those
   * that would be. Runs beside the writer, each county on one read transaction. One result a
   * county, in their order.
   */
  recount(campaign: CampaignId, counties: readonly CountyCode[]): Promise<readonly RecountResult[]>;
}

export interface CountWriter {
  /** One a day and county: a second one for the same day is ignored. */
  saveSnapshot(campaign: CampaignId, county: CountyCode, snapshot: RateSnapshot): Promise<void>;
  /**
   * Ends a slot of this process's own counters. Its writer keeps them in memory, for every open survey: answers, re-answers and fast ones by reporting
   * stratum that this process stored in the slot. What stands above the alarm level is stored, never a count below the minimum cell. To be called about
   * once an hour, by each process for itself. A restart begins with empty counters.
   *
   * With N processes each sees about an N-th of a burst and judges it by the same level. So a burst that one process would report can go
   * unreported; what is reported is never false for that reason. The alarms are a hint, and no figure depends on them. Flags that
   * are computed from the stored answers at close see all of them.
   */
  endSlot(): Promise<void>;
}
