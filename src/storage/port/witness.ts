import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import type { CheckpointPost, PostFailure } from '../../domain/evidence/witness.ts';
import type { Stamp } from '../../domain/model/stamp.ts';
import type { StoredCosignature, WitnessProgress } from '../../domain/model/evidence.ts';

export interface WitnessReader {
  listCosignatures(campaign: CampaignId, county: CountyCode): Promise<readonly StoredCosignature[]>;
  /** Posts waiting for this witness that may be sent at `at`, by log and ascending size. */
  listDuePosts(witness: string, at: number, limit: number): Promise<readonly CheckpointPost[]>;
  listWitnessProgress(campaign: CampaignId, county: CountyCode): Promise<readonly WitnessProgress[]>;
}

export interface WitnessWriter {
  /** The newest one of each witness and size is stored. */
  saveCosignature(campaign: CampaignId, county: CountyCode, given: StoredCosignature): Promise<void>;
  /** Queues every log's newest checkpoint for witnesses that have not got it, such as newly configured ones. */
  queueNewest(witnesses: readonly string[], at: number): Promise<void>;
  /** Delivered, with the witness's signature if there is one. */
  recordDelivery(
    stamp: Stamp,
    witness: string,
    post: Omit<CheckpointPost, 'note'>,
    cosignature: StoredCosignature | null,
  ): Promise<void>;
  /**
   * Failed: this post, and all others waiting for this witness, are not tried again before the delay of `retryDelay`. The trail
   * records a post's first failure.
   */
  recordFailedPost(
    stamp: Stamp,
    witness: string,
    post: Omit<CheckpointPost, 'note'>,
    failure: PostFailure,
  ): Promise<void>;
}
