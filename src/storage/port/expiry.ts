import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import type { ExpiryStep } from '../../domain/campaign/life-cycle.ts';
import type { SealedContact } from '../../domain/model/contact.ts';
import type { Stamp } from '../../domain/model/stamp.ts';

export interface ExpiryReader {
  /** Contacts after `after` that still hold something sealed, ascending entry id. */
  listSealedContacts(
    campaign: CampaignId,
    county: CountyCode,
    after: Uint8Array | null,
    limit: number,
  ): Promise<readonly SealedContact[]>;
}

export interface ExpiryWriter {
  /** Enters the sequence. @throws conflict `clock.unconfirmed`, `clock.not-held`, `expiry.too-early`, `expiry.not-closed`, `campaign.expired` */
  beginExpiry(stamp: Stamp, id: CampaignId): Promise<void>;
  /** Erases phones, salts, codes and digests of these contacts for good; their commitments, which tell nothing without the salts, stay. */
  eraseContacts(
    campaign: CampaignId,
    county: CountyCode,
    erased: readonly { readonly entry: Uint8Array; readonly commitment: Uint8Array | null }[],
  ): Promise<void>;
  /**
   * Erases answers and nonces of all responses, what their leaves commit to stays; then comments, reports of pressure, and what imports left. In parts, and
   * repeatable.
   */
  eraseContents(campaign: CampaignId, county: CountyCode): Promise<void>;
  /** Marks `step` as done; the last one appends to the log that the keys are gone, with the hash of the tallies that stay. @throws conflict if `step` is not the next one */
  completeExpiryStep(
    stamp: Stamp,
    id: CampaignId,
    step: ExpiryStep,
    details: Readonly<Record<string, unknown>>,
  ): Promise<void>;
}
