import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import type { OpenLink } from '../../domain/model/code.ts';
import type { Stamp } from '../../domain/model/stamp.ts';

export interface LinkReader {
  findLink(id: string): Promise<OpenLink | undefined>;
  listLinks(campaign: CampaignId, county: CountyCode): Promise<readonly OpenLink[]>;
}

export interface LinkWriter {
  /**
   * The first of these for each place that has none yet.
   * @throws conflict `links.not-drawn`
   */
  createLinks(stamp: Stamp, links: readonly OpenLink[]): Promise<void>;
}
