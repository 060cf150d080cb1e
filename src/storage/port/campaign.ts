import type { BrokenCampaign, Campaign, CampaignDraft, Document } from '../../domain/model/campaign.ts';
import type { CampaignId, ContentHash, CountyCode } from '../../domain/model/ids.ts';
import type { InspectionCommand } from '../../domain/inspection/decide-inspection.ts';
import type { Stamp } from '../../domain/model/stamp.ts';

export interface CampaignReader {
  findCampaign(id: CampaignId): Promise<Campaign | undefined>;
  /** Newest first. Without unreadable ones. */
  listCampaigns(): Promise<readonly Campaign[]>;
  /** Campaigns that `listCampaigns` leaves out because their row cannot be read. One of them must not stop work on the others. */
  listBrokenCampaigns(): Promise<readonly BrokenCampaign[]>;
  findDocument(hash: ContentHash): Promise<Document | undefined>;
}

export interface CampaignWriter {
  /**
   * Stores missing documents, and the draft.
   * @throws conflict `campaign.exists`
   */
  createCampaign(
    stamp: Stamp,
    draft: CampaignDraft,
    documents: readonly Document[],
    keyChecks: Readonly<Record<string, string>>,
  ): Promise<void>;
  /**
   * Both or neither: the draft of a re-survey as by `createCampaign`, and its entry in the county's rectification list as by
   * `changeInspection`.
   * @throws errors of both
   */
  createResurvey(
    stamp: Stamp,
    of: { readonly campaign: CampaignId; readonly county: CountyCode; readonly entry: InspectionCommand },
    draft: CampaignDraft,
    documents: readonly Document[],
    keyChecks: Readonly<Record<string, string>>,
  ): Promise<void>;
  /**
   * Only in draft. Frozen counties do not change.
   * @param version `draftVersion` on which the change is based; null: any
   * @throws conflict `campaign.not-draft`, `campaign.frame-fixed`, `campaign.changed`; `campaign.county-used` if a removed county
   * has schools or a roll
   */
  updateCampaign(
    stamp: Stamp,
    id: CampaignId,
    patch: Partial<Omit<CampaignDraft, 'id' | 'demo'>>,
    documents: readonly Document[],
    version?: string | null,
  ): Promise<void>;
  /** A draft, with its schools and rolls. @throws conflict `campaign.not-draft`, `campaign.frame-fixed`, `campaign.logged` */
  deleteCampaign(stamp: Stamp, id: CampaignId): Promise<void>;
  /**
   * draft → open, as of the stamp's time.
   * @throws conflict `campaign.expired`, `campaign.state`; `campaign.not-drawn` unless every county is drawn;
   * `campaign.closes-in-past`
   */
  openCampaign(stamp: Stamp, id: CampaignId): Promise<void>;
  releaseCampaign(stamp: Stamp, id: CampaignId): Promise<void>;
}
