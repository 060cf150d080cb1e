import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import type { LogKeyChange } from '../../domain/model/evidence.ts';
import type { Stamp } from '../../domain/model/stamp.ts';

export interface LogKeyReader {
  /** Changes of the log's key, oldest first. */
  listRekeys(campaign: CampaignId, county: CountyCode): Promise<readonly LogKeyChange[]>;
  /** Fingerprint of the key that signs the evidence logs; null: none has signed yet. */
  findLogKey(): Promise<string | null>;
}

export interface LogKeyWriter {
  /**
   * Another key signs from now on; each log records it with a leaf.
   * @throws conflict `log.key-changed` if `before` is not the present one
   */
  replaceLogKey(stamp: Stamp, change: LogKeyChange): Promise<void>;
  recordLogKey(fingerprint: string): Promise<void>;
}
