import type { Channel, CountedSet } from './vocabulary.ts';
import type { CountyCode } from './ids.ts';
import type { Flag as StatedSignal } from '../scoring/signals/flags.ts';
import type { StratumFates } from '../scoring/summary/summary-types.ts';
import type { TallyCell } from '../scoring/tally/tally.ts';

export interface StratumCount {
  readonly reportingStratum: number;
  readonly set: CountedSet;
  readonly channel: Channel;
  readonly answered: number;
  readonly valid: number;
}

export interface RateSnapshot {
  readonly day: string;
  readonly at: number;
  /** Already coarse (steps of 5 points), without cells below the minimum. */
  readonly body: string;
}

/** Results stored by the count at close. */
export interface ClosingCounts {
  readonly tallies: readonly TallyCell[];
  /** Of each respondent's first revision. */
  readonly first: readonly TallyCell[];
  /** Respondents with more than one revision, by reporting stratum. */
  readonly reanswered: readonly {
    readonly reportingStratum: number;
    readonly respondents: number;
    readonly reanswered: number;
  }[];
  readonly fates: readonly StratumFates[];
  /** Closed by a version that did not reduce N for void strata: its log states no fates. */
  readonly keepsVoidedFrame: boolean;
  readonly flags: readonly StatedSignal[];
}

export interface TallyDifference {
  readonly county: CountyCode;
  readonly cell: string;
  readonly what: string;
  readonly stored: string;
  readonly recounted: string;
}

export interface RecountResult {
  readonly responses: number;
  readonly cells: number;
  /**
   * False: the county is not counted yet, so there are no stored tallies; the two counting methods were compared with each other.
   */
  readonly counted: boolean;
  /**
   * The storage period has ended: there are no answers to recount, and only the numbers of respondents were compared with the
   * tallies.
   */
  readonly erased: boolean;
  readonly differences: readonly TallyDifference[];
}
