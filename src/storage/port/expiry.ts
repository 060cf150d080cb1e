import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import type { ExpiryStep } from '../../domain/campaign/life-cycle.ts';
import type { SealedContact } from '../../domain/model/contact.ts';
import type { Stamp } from '../../domain/model/stamp.ts';

export interface ExpiryReader {
  /** Contacts after `after` that still have sealed data, ascending entry id. */
  listSealedContacts(
    campaign: CampaignId,
    county: CountyCode,
    after: Uint8Array | null,
    limit: number,
  ): Promise<readonly SealedContact[]>;
}

export interface ExpiryWriter {
  /**
   * Starts the sequence.
   * @throws conflict `clock.unconfirmed`, `clock.not-held`, `expiry.too-early`, `expiry.not-closed`, `campaign.expired`
   */
  beginExpiry(stamp: Stamp, id: CampaignId): Promise<void>;
  /**
   * Erases phones, salts, codes and digests of these contacts. Their commitments, which reveal nothing without the salts, stay.
   */
  eraseContacts(
    campaign: CampaignId,
    county: CountyCode,
    erased: readonly { readonly entry: Uint8Array; readonly commitment: Uint8Array | null }[],
  ): Promise<void>;
  /**
   * Erases answers and nonces of all responses (the hashes in their leaves stay); then comments, reports of pressure, and
   * remaining import data. In parts, and repeatable.
   */
  eraseContents(campaign: CampaignId, county: CountyCode): Promise<void>;
  /**
   * Marks `step` as done. The last one records in the log that the keys are destroyed, with the hash of the remaining tallies.
   * @throws conflict if `step` is not the next one
   */
  completeExpiryStep(
    stamp: Stamp,
    id: CampaignId,
    step: ExpiryStep,
    details: Readonly<Record<string, unknown>>,
  ): Promise<void>;
}
