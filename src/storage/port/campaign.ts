import type { BrokenCampaign, Campaign, CampaignDraft, Document } from '../../domain/model/campaign.ts';
import type { CampaignId, ContentHash, CountyCode } from '../../domain/model/ids.ts';
import type { InspectionCommand } from '../../domain/inspection/decide-inspection.ts';
import type { Stamp } from '../../domain/model/stamp.ts';

export interface CampaignReader {
  findCampaign(id: CampaignId): Promise<Campaign | undefined>;
  /** Newest first. Without those that are broken. */
  listCampaigns(): Promise<readonly Campaign[]>;
  /** Campaigns that `listCampaigns` leaves out, because their row cannot be read: one of them must not stop the work for the others. */
  listBrokenCampaigns(): Promise<readonly BrokenCampaign[]>;
  findDocument(hash: ContentHash): Promise<Document | undefined>;
}

export interface CampaignWriter {
  /** Stores the documents that are not there yet, and the draft. @throws conflict `campaign.exists` */
  createCampaign(
    stamp: Stamp,
    draft: CampaignDraft,
    documents: readonly Document[],
    keyChecks: Readonly<Record<string, string>>,
  ): Promise<void>;
  /**
   * Both or neither: the draft of a re-survey as by `createCampaign`, and its entry in the county's list of rectification as by `changeInspection`.
   * @throws what the two throw
   */
  createResurvey(
    stamp: Stamp,
    of: { readonly campaign: CampaignId; readonly county: CountyCode; readonly entry: InspectionCommand },
    draft: CampaignDraft,
    documents: readonly Document[],
    keyChecks: Readonly<Record<string, string>>,
  ): Promise<void>;
  /**
   * Only in draft. Counties that are already frozen stay as they are.
   * @param version as `draftVersion` of what the change was made on; null: of whatever is stored
   * @throws conflict `campaign.not-draft`, `campaign.frame-fixed`, `campaign.changed`; `campaign.county-used` if a county that is taken out has schools or a roll
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
   * draft → open, as of the stamp's moment.
   * @throws conflict `campaign.expired`, `campaign.state`; `campaign.not-drawn` unless every county is drawn; `campaign.closes-in-past`
   */
  openCampaign(stamp: Stamp, id: CampaignId): Promise<void>;
  releaseCampaign(stamp: Stamp, id: CampaignId): Promise<void>;
}
