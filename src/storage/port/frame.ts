import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import type { FrameCount, FrameEntry } from '../../domain/model/contact.ts';
import type { Stamp } from '../../domain/model/stamp.ts';

export interface FrameReader {
  countFrame(campaign: CampaignId, county: CountyCode): Promise<readonly FrameCount[]>;
  /** Frame without late additions, ascending entry id, after `after`. */
  listFrame(
    campaign: CampaignId,
    county: CountyCode,
    after: Uint8Array | null,
    limit: number,
  ): Promise<readonly FrameEntry[]>;
  /** Late contacts that have no code yet; they report, outside every denominator. */
  listLateContacts(campaign: CampaignId, county: CountyCode, limit: number): Promise<readonly FrameEntry[]>;
}

export interface FrameWriter {
  /** preparing → frozen. @throws conflict `frame.import-pending` while an import is staged or applying */
  freezeFrame(
    stamp: Stamp,
    campaign: CampaignId,
    county: CountyCode,
    frame: { readonly root: Uint8Array; readonly size: number },
  ): Promise<void>;
}
