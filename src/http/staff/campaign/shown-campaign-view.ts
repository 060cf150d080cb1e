/** What pages show of a campaign and of its counties. */
import type { CampaignState, ClosingStep, FrameState } from '../../../domain/campaign/life-cycle.ts';
import type { Group, Purpose } from '../../../domain/model/vocabulary.ts';

export interface ShownCounty {
  readonly code: string;
  readonly name: string;
  readonly residents: { readonly count: number; readonly asOf: string } | null;
  readonly frameState: FrameState;
  readonly frame: { readonly size: number } | null;
}
export interface ShownCampaign {
  readonly id: string;
  readonly name: string;
  readonly purpose: Purpose;
  readonly commissioner: string;
  readonly commissionerPhone: string;
  readonly state: CampaignState;
  readonly closesAt: number;
  readonly storageUntil: number;
  readonly openedAt: number | null;
  readonly closedAt: number | null;
  readonly releasedAt: number | null;
  readonly expiredAt: number | null;
  readonly closingStep: ClosingStep | null;
  readonly selfAdministered: boolean;
  readonly demo: boolean;
  readonly questionnaires: readonly { readonly groups: readonly Group[] }[];
  readonly counties: readonly ShownCounty[];
  readonly voids: readonly {
    readonly county: string | null;
    readonly group: Group | null;
    readonly reason: string;
  }[];
}
