import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import type { ClosingCounts } from '../../domain/model/count.ts';
import type { ClosingStep } from '../../domain/campaign/life-cycle.ts';
import type { SealingPoint } from '../../domain/model/evidence.ts';
import type { Stamp } from '../../domain/model/stamp.ts';
import type { StratumFates } from '../../domain/scoring/summary/summary-types.ts';

export interface ClosingReader {
  readClosingCounts(campaign: CampaignId, county: CountyCode): Promise<ClosingCounts | undefined>;
}

export interface ClosingWriter {
  /** open → closing. After this no answer is accepted. @throws conflict `clock.unconfirmed` unless a person closes */
  beginClosing(stamp: Stamp, id: CampaignId, mustBeDue?: boolean): Promise<void>;
  /**
   * Counts one county in one pass over its rows: tallies of the answers that count and of first answers, re-answers, flags; keeps them with the fates given, appends the county's dispositions and flags to its log,
   * and erases what platforms said of single contacts. In parts, between which answers of other campaigns are stored. Repeatable: a county that is
   * counted is not counted again.
   */
  countClosing(
    stamp: Stamp,
    campaign: CampaignId,
    county: CountyCode,
    fates: readonly StratumFates[],
  ): Promise<void>;
  /** Marks `step` as done. @throws conflict if `step` is not the next one */
  completeClosingStep(
    stamp: Stamp,
    id: CampaignId,
    step: ClosingStep,
    details: Readonly<Record<string, unknown>>,
  ): Promise<void>;
  /**
   * Appends waiting responses to the evidence log as the next lot, in ascending order of their leaf hashes, at most `limit` of them, so that answers never wait
   * long behind it. A reporting stratum with fewer waiting than `minimum` is carried on. No lot is made of nothing. `next`: the limit left some that
   * could be sealed; give it back for the following part.
   */
  sealLot(
    campaign: CampaignId,
    county: CountyCode,
    how: {
      readonly at: number;
      readonly minimum: number;
      readonly limit: number;
      readonly after: SealingPoint | null;
      /** Sealed by the clock alone. @throws conflict `clock.unconfirmed` */
      readonly scheduled?: boolean;
    },
  ): Promise<{ readonly lot: number; readonly responses: number; readonly next: SealingPoint | null }>;
  /** Erases answers and nonces of superseded revisions, in parts; what their leaves commit to stays. Returns of how many respondents. Repeatable. */
  eraseSuperseded(campaign: CampaignId, county: CountyCode): Promise<number>;
}
