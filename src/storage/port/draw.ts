import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import type { DrawnContact } from '../../domain/model/contact.ts';
import type { Group } from '../../domain/model/vocabulary.ts';
import type { IssuedCode } from '../../domain/model/code.ts';
import type { PlacedCanary } from '../../domain/model/canary.ts';
import type { ReportingStratum, SamplingStratum } from '../../domain/frame/strata.ts';
import type { Stamp } from '../../domain/model/stamp.ts';

export interface DrawReader {
  readStrata(
    campaign: CampaignId,
    county: CountyCode,
  ): Promise<{
    readonly sampling: readonly SamplingStratum[];
    readonly reporting: readonly ReportingStratum[];
  }>;
  /** Drawn codes by sampling and reporting stratum; reads every code. */
  countDrawnCodes(
    campaign: CampaignId,
    county: CountyCode,
  ): Promise<
    readonly { readonly samplingStratum: number; readonly reportingStratum: number; readonly drawn: number }[]
  >;
  /** Codes issued by the draw (late ones are in their leaves), ascending pseudonym, after `after`. */
  listIssued(
    campaign: CampaignId,
    county: CountyCode,
    after: Uint8Array | null,
    limit: number,
  ): Promise<readonly IssuedCode[]>;
}

export interface DrawWriter {
  /**
   * frozen → drawing: the seed and the strata, which never change.
   * @throws conflict `campaign.not-draft`, `draw.not-frozen`; `draw.done` if there is a seed already
   */
  beginDraw(
    stamp: Stamp,
    campaign: CampaignId,
    county: CountyCode,
    draw: {
      readonly dice: string;
      readonly seed: Uint8Array;
      readonly moves: readonly { readonly from: Group; readonly to: Group; readonly count: number }[];
      readonly quotas: Readonly<Partial<Record<Group, number>>>;
    },
  ): Promise<void>;
  /** Deletes codes of an interrupted draw, so that it can be repeated with the same seed. Only while drawing. */
  resetDraw(campaign: CampaignId, county: CountyCode): Promise<void>;
  /** A bounded chunk; the two lists are in unrelated orders. */
  saveDrawn(
    campaign: CampaignId,
    county: CountyCode,
    contacts: readonly DrawnContact[],
    issued: readonly IssuedCode[],
  ): Promise<void>;
  /** drawing → drawn. Test contacts become ordinary contacts, and the data that distinguished them is deleted. */
  finishDraw(
    stamp: Stamp,
    campaign: CampaignId,
    county: CountyCode,
    sampling: readonly SamplingStratum[],
    reporting: readonly ReportingStratum[],
    canaries?: readonly PlacedCanary[],
  ): Promise<void>;
  /** Contacts added after the freeze. @throws conflict `late.not-drawn` unless the county is drawn and the campaign is draft or open */
  issueLate(
    stamp: Stamp,
    campaign: CampaignId,
    county: CountyCode,
    contacts: readonly DrawnContact[],
    issued: readonly IssuedCode[],
  ): Promise<void>;
}
