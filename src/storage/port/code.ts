import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import type { CodeExport } from '../../domain/model/code.ts';
import type { CountedSet } from '../../domain/model/vocabulary.ts';
import type { AddressedContact, MessageContact, ReachableContact } from '../../domain/model/contact.ts';
import type { Stamp } from '../../domain/model/stamp.ts';

export interface CodeReader {
  listMessageContacts(
    campaign: CampaignId,
    county: CountyCode,
    filter: { readonly sets: readonly CountedSet[]; readonly slips: boolean },
    after: Uint8Array | null,
    limit: number,
  ): Promise<readonly MessageContact[]>;
  /** Contacts with a code that can get messages, without slips; pages in the order of their ids. */
  listReachable(
    campaign: CampaignId,
    county: CountyCode,
    sets: readonly CountedSet[],
    after: Uint8Array | null,
    limit: number,
  ): Promise<readonly ReachableContact[]>;
  /** For a few, by position; undefined: no such contact, or it has no code. */
  findAddressed(
    campaign: CampaignId,
    county: CountyCode,
    entries: readonly Uint8Array[],
  ): Promise<readonly (AddressedContact | undefined)[]>;
  /** For one contact, before a reminder: the current state. */
  hasAnswered(campaign: CampaignId, county: CountyCode, pseudonym: Uint8Array): Promise<boolean>;
  /** Which of these pseudonyms have answered, at this moment (by position). */
  haveAnswered(
    campaign: CampaignId,
    county: CountyCode,
    pseudonyms: readonly Uint8Array[],
  ): Promise<readonly boolean[]>;
  listExports(campaign: CampaignId, county: CountyCode): Promise<readonly CodeExport[]>;
}

export interface CodeWriter {
  /** @throws conflict `codes.not-drawn`, `codes.not-open`: the campaign may have closed while the file was made */
  recordExport(stamp: Stamp, made: Omit<CodeExport, 'by' | 'at'>): Promise<void>;
}
