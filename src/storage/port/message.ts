import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import type { ContactFate, FateCount } from '../../domain/model/contact.ts';
import type { Stamp } from '../../domain/model/stamp.ts';

export interface MessageReader {
  /** By keyed digest of the phone, by position: the contact that has it. */
  findContacts(
    campaign: CampaignId,
    county: CountyCode,
    digests: readonly Uint8Array[],
  ): Promise<readonly (Uint8Array | null)[]>;
  listFates(campaign: CampaignId, county: CountyCode): Promise<readonly ContactFate[]>;
  /** How many contacts have each delivery outcome. */
  countFates(campaign: CampaignId, county: CountyCode): Promise<readonly FateCount[]>;
}

export interface MessageWriter {
  /**
   * The newest outcome of a contact counts.
   * @throws conflict `fates.closed` unless draft or open
   */
  saveFates(
    stamp: Stamp,
    campaign: CampaignId,
    county: CountyCode,
    fates: readonly ContactFate[],
    file: { readonly name: string; readonly hash: string },
  ): Promise<void>;
}
