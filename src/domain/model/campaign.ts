import type { DisclosureRule } from '../scoring/suppression/rule.ts';
import type { CampaignId, ContentHash, CountyCode } from './ids.ts';
import type { CampaignState, ClosingStep, ExpiryStep, FrameState } from '../campaign/life-cycle.ts';
import type { Group, Purpose } from './vocabulary.ts';

export interface CampaignQuestionnaire {
  /** From 1 within the campaign; used in tallies and issued codes. */
  readonly no: number;
  readonly hash: ContentHash;
  /** Groups that answer it in this campaign; each group has at most one questionnaire, or one for each arm of a split ballot. */
  readonly groups: readonly Group[];
  /** For a split ballot: the arm's name. */
  readonly arm?: string | undefined;
  /** The arm whose figures count, declared beforehand. */
  readonly official?: true | undefined;
  /** Percent of its group that gets this arm; set for all arms of a group, or for none: then they are equal. */
  readonly share?: number | undefined;
}

/** Codes without a contact (其他群众, school gate): how many to print. */
export interface SlipPlan {
  readonly group: Group;
  readonly count: number;
}

export interface CampaignCounty {
  readonly code: CountyCode;
  readonly name: string;
  /** Resident population and the day it holds for (YYYY-MM-DD). */
  readonly residents: { readonly count: number; readonly asOf: string } | null;
  readonly slips: readonly SlipPlan[];
  readonly frameState: FrameState;
  /** Set by freezeFrame. */
  readonly frame: { readonly root: Uint8Array; readonly size: number; readonly frozenAt: number } | null;
  /** Set by beginDraw; never changes. */
  readonly draw: {
    readonly dice: string;
    readonly seed: Uint8Array;
    readonly by: string;
    readonly at: number;
    /** Quota moved between groups, because a population was smaller than its quota. */
    readonly moves: readonly { readonly from: Group; readonly to: Group; readonly count: number }[];
    readonly quotas: Readonly<Partial<Record<Group, number>>>;
  } | null;
}

export interface CampaignDraft {
  readonly id: CampaignId;
  readonly name: string;
  readonly purpose: Purpose;
  /** The authority above the judged counties that runs the survey, and its phone number for questions of respondents. */
  readonly commissioner: string;
  readonly commissionerPhone: string;
  readonly closesAt: number;
  /** End of the storage period; contacts are erased then. */
  readonly storageUntil: number;
  /** Hosted by the judged county itself: printed on every figure. */
  readonly selfAdministered: boolean;
  /** Fictional demonstration data: printed on every page. */
  readonly demo: boolean;
  readonly profile: ContentHash;
  readonly questionnaires: readonly CampaignQuestionnaire[];
  readonly counties: readonly Pick<CampaignCounty, 'code' | 'name' | 'residents' | 'slips'>[];
}

export interface Campaign extends Omit<CampaignDraft, 'counties'> {
  readonly state: CampaignState;
  readonly counties: readonly CampaignCounty[];
  readonly createdAt: number;
  readonly openedAt: number | null;
  /** Next step of closing, or of voiding an open campaign. */
  readonly closingStep: ClosingStep | null;
  readonly closedAt: number | null;
  readonly releasedAt: number | null;
  /** Next step at the end of the storage period. */
  readonly expiryStep: ExpiryStep | null;
  /** When the end of the storage period was completed. */
  readonly expiredAt: number | null;
  /** Fingerprints of the campaign's keys, to refuse a wrong key file: name → hex. */
  readonly keyChecks: Readonly<Record<string, string>>;
  /** Rule of disclosure control, fixed at opening. */
  readonly disclosureRule: DisclosureRule;
  readonly voids: readonly Void[];
}

/** A confirmed void: the whole campaign (county null), a county, a group, or one reporting stratum. */
/** A campaign whose stored row is damaged. */
export interface BrokenCampaign {
  readonly id: CampaignId;
  /** As stored in the row. */
  readonly state: string;
  /** Where the damage is. */
  readonly fault: string;
}

export interface Void {
  readonly county: CountyCode | null;
  readonly group: Group | null;
  readonly reportingStratum: number | null;
  readonly reason: string;
  readonly at: number;
}

export interface Document {
  readonly hash: ContentHash;
  readonly kind: 'questionnaire' | 'profile';
  /** The exact document as JSON. */
  readonly body: string;
}
