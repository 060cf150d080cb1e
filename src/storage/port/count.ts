import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import type { RateSnapshot, RecountResult, StratumCount } from '../../domain/model/count.ts';
import type { TallyCell } from '../../domain/scoring/tally/tally.ts';

export interface CountReader {
  /**
   * Tallies of the answers that count, in key order. For a county that is not counted at close yet they are derived from its
   * rows, in one pass and one snapshot, concurrently with the writer. The caller decides what to show of them, and when (design
   * 13).
   */
  readTallies(campaign: CampaignId, county: CountyCode): Promise<readonly TallyCell[]>;
  /** Respondents by reporting stratum, set and channel, from the same tallies. */
  countResponses(campaign: CampaignId, county: CountyCode): Promise<readonly StratumCount[]>;
  /** All of the county, by day. */
  listSnapshots(campaign: CampaignId, county: CountyCode): Promise<readonly RateSnapshot[]>;
  findLatestSnapshot(campaign: CampaignId, county: CountyCode): Promise<RateSnapshot | undefined>;
  /**
   * Decodes every row and counts with different code than the count at close. Lists differences from the stored tallies or,
   * before close, from those that would be stored. Runs concurrently with the writer, one read transaction per county. One result
   * per county, in their order.
   */
  recount(campaign: CampaignId, counties: readonly CountyCode[]): Promise<readonly RecountResult[]>;
}

export interface CountWriter {
  /** One per day and county: a second one for the same day is ignored. */
  saveSnapshot(campaign: CampaignId, county: CountyCode, snapshot: RateSnapshot): Promise<void>;
  /**
   * Ends a slot of this process's own counters. Its writer keeps them in memory for every open survey: answers, re-answers and
   * fast ones by reporting stratum that this process stored in the slot. Counts above the alarm level are stored, but never a
   * count below the minimum cell. Call it about once an hour in each process. A restart begins with empty counters. With N
   * processes each sees about an N-th of a burst and applies the same level. So a burst that one process would report may go
   * unreported, but there are no additional false alarms. The alarms are hints, and no figure depends on them. Flags computed
   * from the stored answers at close see all of them.
   */
  endSlot(): Promise<void>;
}
