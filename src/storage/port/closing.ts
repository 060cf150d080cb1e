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
   * Counts one county in one pass over its rows: tallies of the answers that count and of first answers, re-answers, flags.
   * Stores them with the given delivery outcomes, appends the county's dispositions and flags to its log, and erases delivery
   * data of single contacts. Done in parts, between which answers of other campaigns are stored. Repeatable: a counted county is
   * not counted again.
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
   * Appends waiting responses to the evidence log as the next lot, in ascending order of their leaf hashes, at most `limit` of
   * them, so that answers never wait long. A reporting stratum with fewer waiting than `minimum` waits for the next lot. Empty
   * lots are not made. `next`: the limit left some that could be sealed; pass it to the next call.
   */
  sealLot(
    campaign: CampaignId,
    county: CountyCode,
    how: {
      readonly at: number;
      readonly minimum: number;
      readonly limit: number;
      readonly after: SealingPoint | null;
      /**
       * Sealed only by the clock.
       * @throws conflict `clock.unconfirmed`
       */
      readonly scheduled?: boolean;
    },
  ): Promise<{ readonly lot: number; readonly responses: number; readonly next: SealingPoint | null }>;
  /**
   * Erases answers and nonces of superseded revisions, in parts; the hashes in their leaves stay. Returns the number of
   * respondents. Repeatable.
   */
  eraseSuperseded(campaign: CampaignId, county: CountyCode): Promise<number>;
}
