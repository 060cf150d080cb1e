/** Life cycle of a campaign, and the steps of closing (design, "Closing is a restartable sequence"). */
import { AppError } from '../errors.ts';

export const campaignStates = ['draft', 'open', 'closing', 'closed', 'released', 'voided'] as const;
export type CampaignState = (typeof campaignStates)[number];

/** State of a county's roll: in preparation, fixed by its root, being drawn, drawn. */
export const frameStates = ['preparing', 'frozen', 'drawing', 'drawn'] as const;
export type FrameState = (typeof frameStates)[number];

const next: Readonly<Record<CampaignState, readonly CampaignState[]>> = {
  draft: ['open', 'voided'],
  open: ['closing', 'voided'],
  closing: ['closed'],
  closed: ['released', 'voided'],
  released: ['voided'],
  voided: [],
};

/** @throws AppError conflict `campaign.state` naming both states. */
export function assertTransition(from: CampaignState, to: CampaignState): void {
  if (!next[from].includes(to)) throw new AppError('conflict', 'campaign.state', { params: { from, to } });
}

/** In this order; each can be repeated, and the step is stored when it is finished. */
export const closingSteps = ['drain', 'count', 'seal', 'backup', 'erase', 'destroy-keys', 'finish'] as const;
export type ClosingStep = (typeof closingSteps)[number];

/** Null after the last one. */
export function stepAfter(step: ClosingStep): ClosingStep | null {
  return closingSteps[closingSteps.indexOf(step) + 1] ?? null;
}

/**
 * Steps at the end of the storage period, in this order; as in closing, each can be repeated. The roll's commitments are computed
 * while the contacts key exists. Copies are erased last, so that a fault found on the way can still be repaired from one.
 */
export const expirySteps = ['erase', 'compact', 'destroy-keys', 'copies'] as const;
export type ExpiryStep = (typeof expirySteps)[number];

/** Null after the last one. */
export function expiryStepAfter(step: ExpiryStep): ExpiryStep | null {
  return expirySteps[expirySteps.indexOf(step) + 1] ?? null;
}

/**
 * Whether a campaign is in a state in which stored data can be erased: one that takes answers, or is being closed, must be closed
 * first.
 */
export function mayExpire(campaign: {
  readonly state: CampaignState;
  readonly closingStep: ClosingStep | null;
}): boolean {
  return campaign.state !== 'open' && campaign.state !== 'closing' && campaign.closingStep === null;
}

/** Nobody sees a score before close (design 13). */
export function isScoreVisible(state: CampaignState): boolean {
  return state === 'closed' || state === 'released';
}
