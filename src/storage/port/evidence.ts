import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import type { Flag, LogHead, StoredCheckpoint, StoredLeaf } from '../../domain/model/evidence.ts';
import type { Stamp } from '../../domain/model/stamp.ts';

export interface EvidenceReader {
  /** Undefined before the frame is frozen. */
  findLog(campaign: CampaignId, county: CountyCode): Promise<LogHead | undefined>;
  /** Hashes of a tile, as many as exist; undefined if there are none. */
  findTile(
    campaign: CampaignId,
    county: CountyCode,
    tile: { readonly level: number; readonly index: number },
  ): Promise<Uint8Array | undefined>;
  /** Newest first. */
  listCheckpoints(
    campaign: CampaignId,
    county: CountyCode,
    limit: number,
  ): Promise<readonly StoredCheckpoint[]>;
  findCheckpoint(
    campaign: CampaignId,
    county: CountyCode,
    size: number,
  ): Promise<StoredCheckpoint | undefined>;
  /**
   * Hash of the present or future leaf of the revision with this nonce; undefined if there is none, or its contents are erased.
   */
  findLeafHash(
    campaign: CampaignId,
    county: CountyCode,
    pseudonym: Uint8Array,
    nonce: Uint8Array,
  ): Promise<Uint8Array | undefined>;
  /** Index of a response's leaf, by its hash: a search in each lot, which is sorted by it. */
  findLeaf(campaign: CampaignId, county: CountyCode, hash: Uint8Array): Promise<number | undefined>;
  /** Leaves `from` … `from + limit − 1`, as many as exist. */
  listLeaves(
    campaign: CampaignId,
    county: CountyCode,
    from: number,
    limit: number,
  ): Promise<readonly StoredLeaf[]>;
}

export interface EvidenceWriter {
  /**
   * Stores a signed checkpoint, and queues it for each of the witnesses. The first one fixes the log's origin. A second one of
   * the same size is ignored.
   */
  saveCheckpoint(
    campaign: CampaignId,
    county: CountyCode,
    checkpoint: StoredCheckpoint & { readonly origin: string },
    witnesses: readonly string[],
  ): Promise<void>;
  /**
   * Appends a flag, which changes no count.
   * @throws AppError as `decideFlag`
   */
  recordFlag(stamp: Stamp, campaign: CampaignId, county: CountyCode, flag: Flag): Promise<void>;
  /**
   * Records that the contents of the log are handed to the actor, and which checkpoints were signed before.
   * @throws AppError as `decideHandOver`
   */
  recordBundle(stamp: Stamp, campaign: CampaignId, county: CountyCode): Promise<void>;
}
