import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import type { CanaryFault, CanaryRecord } from '../../domain/evidence/canaries.ts';
import type { NewCanary } from '../../domain/model/canary.ts';
import type { Stamp } from '../../domain/model/stamp.ts';

export interface CanaryReader {
  /** Those that wait for the draw. */
  listCanaries(campaign: CampaignId, county: CountyCode): Promise<readonly NewCanary[]>;
  /** The log's commitment and the number of contacts; undefined if there is none. */
  findCanaries(
    campaign: CampaignId,
    county: CountyCode,
  ): Promise<{ readonly commitment: string; readonly count: number } | undefined>;
  /** By position: the set under which each pseudonym was issued, and its answers that count. */
  readCanaries(
    campaign: CampaignId,
    county: CountyCode,
    pseudonyms: readonly Uint8Array[],
  ): Promise<readonly CanaryRecord[]>;
}

export interface CanaryWriter {
  /**
   * Test contacts, once per county, after the freeze and before the draw.
   * @throws conflict `canaries.not-now`, `canaries.in-roll`
   */
  sealCanaries(
    stamp: Stamp,
    campaign: CampaignId,
    county: CountyCode,
    sealed: { readonly commitment: string; readonly canaries: readonly NewCanary[] },
  ): Promise<void>;
  /**
   * Appends the result of opening the commitment.
   * @throws conflict `evidence.not-closed`; invalid `canaries.other` if the log committed to something else
   */
  recordOpenedCanaries(
    stamp: Stamp,
    campaign: CampaignId,
    county: CountyCode,
    opened: { readonly commitment: string; readonly faults: Readonly<Record<CanaryFault, number>> },
  ): Promise<void>;
}
