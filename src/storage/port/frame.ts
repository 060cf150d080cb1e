import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import type { FrameCount, FrameEntry } from '../../domain/model/contact.ts';
import type { ComputedFrame } from '../../domain/frame/decide-freeze.ts';
import type { Stamp } from '../../domain/model/stamp.ts';

export interface FrameReader {
  /** Grows with every transaction that changes an entry. Read it before the first page: equal at the end, the pages are one state. */
  readFrameVersion(campaign: CampaignId, county: CountyCode): Promise<number>;
  /** Another one after every change of an entry, and never the same again, also where a county was taken out of a draft and put in again. */
  readFrameMark(campaign: CampaignId, county: CountyCode): Promise<string>;
  /** Reads every contact of the county, each time: what is kept beside a mark must not be older than it. */
  countFrame(campaign: CampaignId, county: CountyCode): Promise<readonly FrameCount[]>;
  /** Frame without late additions, ascending entry id, after `after`. */
  listFrame(
    campaign: CampaignId,
    county: CountyCode,
    after: Uint8Array | null,
    limit: number,
  ): Promise<readonly FrameEntry[]>;
  /** One contact of the frame, without late additions. */
  findFrameEntry(
    campaign: CampaignId,
    county: CountyCode,
    entry: Uint8Array,
  ): Promise<FrameEntry | undefined>;
  /** Late contacts that have no code yet; they report, outside every denominator. */
  listLateContacts(campaign: CampaignId, county: CountyCode, limit: number): Promise<readonly FrameEntry[]>;
}

export interface FrameWriter {
  /**
   * preparing → frozen.
   * @throws conflict `campaign.not-draft`, `frame.frozen`, `frame.empty`; `frame.import-pending` while an import is staged or applying; `frame.changed` if
   * `frame` was computed from another state of the roll
   */
  freezeFrame(stamp: Stamp, campaign: CampaignId, county: CountyCode, frame: ComputedFrame): Promise<void>;
}
