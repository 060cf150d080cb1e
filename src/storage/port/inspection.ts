import type { InspectionCommand } from '../../domain/inspection/decide-inspection.ts';
import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import type { InspectionEntry, InspectionVersion } from '../../domain/model/inspection.ts';
import type { Stamp } from '../../domain/model/stamp.ts';

export interface InspectionReader {
  /** The newest version of each document that has one. */
  readInspection(campaign: CampaignId, county: CountyCode): Promise<readonly InspectionVersion[]>;
  /** All versions, newest first. */
  listInspectionVersions(campaign: CampaignId, county: CountyCode): Promise<readonly InspectionEntry[]>;
  findInspectionVersion(
    campaign: CampaignId,
    county: CountyCode,
    no: number,
  ): Promise<InspectionVersion | undefined>;
}

export interface InspectionWriter {
  /** The next version of a document, decided and stored at once. @throws AppError as `decideInspection` */
  changeInspection(
    stamp: Stamp,
    campaign: CampaignId,
    county: CountyCode,
    command: InspectionCommand,
  ): Promise<InspectionVersion>;
}
