import type { CampaignId, CountyCode, SchoolId } from '../../domain/model/ids.ts';
import type { Stamp } from '../../domain/model/stamp.ts';
import type { UploadLink } from '../../domain/model/upload-link.ts';

export interface UploadLinkReader {
  listUploadLinks(campaign: CampaignId, county: CountyCode): Promise<readonly UploadLink[]>;
  findUploadLink(
    tokenHash: Uint8Array,
  ): Promise<
    { readonly campaign: CampaignId; readonly county: CountyCode; readonly link: UploadLink } | undefined
  >;
}

export interface UploadLinkWriter {
  /**
   * A school's earlier links end.
   * @throws conflict `frame.frozen`, `roll.handed-in`; not-found `school.not-found`
   */
  createUploadLinks(
    stamp: Stamp,
    campaign: CampaignId,
    county: CountyCode,
    asked: readonly { readonly school: SchoolId; readonly tokenHash: Uint8Array }[],
  ): Promise<void>;
  /** @param school null: of every school */
  revokeUploadLinks(
    stamp: Stamp,
    campaign: CampaignId,
    county: CountyCode,
    school: SchoolId | null,
  ): Promise<void>;
  /**
   * One more file through this link.
   * @throws not-found `upload-link.ended`; too-many `upload-link.many`
   */
  countLinkUse(at: number, tokenHash: Uint8Array): Promise<void>;
}
