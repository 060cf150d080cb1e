import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import type { FrameCount, FrameEntry } from '../../domain/model/contact.ts';
import type { ComputedFrame } from '../../domain/frame/decide-freeze.ts';
import type { Stamp } from '../../domain/model/stamp.ts';

export interface FrameReader {
  /**
   * Changes with every transaction that changes an entry. Read it before the first page: if it is equal at the end, the pages are
   * consistent.
   */
  readFrameVersion(campaign: CampaignId, county: CountyCode): Promise<number>;
  /** Differs after every change of an entry, and never repeats, even if a county was removed from a draft and added again. */
  readFrameMark(campaign: CampaignId, county: CountyCode): Promise<string>;
  /** Reads every contact of the county on each call: a result cached under a mark must not be older than the mark. */
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
  /** Late contacts that have no code yet; they report, but are outside every denominator. */
  listLateContacts(campaign: CampaignId, county: CountyCode, limit: number): Promise<readonly FrameEntry[]>;
}

export interface FrameWriter {
  /**
   * preparing → frozen.
   * @throws conflict `campaign.not-draft`, `frame.frozen`, `frame.empty`; `frame.import-pending` while an import is staged or
   * applying; `frame.changed` if `frame` was computed from another state of the roll
   */
  freezeFrame(stamp: Stamp, campaign: CampaignId, county: CountyCode, frame: ComputedFrame): Promise<void>;
}
