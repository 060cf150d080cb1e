/** Life cycle of a campaign, and the arrows of closing (design, "Closing is a restartable sequence"). */
import { AppError } from '../errors.ts';

export const campaignStates = ['draft', 'open', 'closing', 'closed', 'released', 'voided'] as const;
export type CampaignState = (typeof campaignStates)[number];

/** A county's roll: being prepared, fixed by its root, the draw under way, drawn. */
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

/** Done in this order; each is repeatable, and the step is stored when it is finished. */
export const closingSteps = ['drain', 'count', 'seal', 'backup', 'erase', 'destroy-keys', 'finish'] as const;
export type ClosingStep = (typeof closingSteps)[number];

/** Null after the last one. */
export function stepAfter(step: ClosingStep): ClosingStep | null {
  return closingSteps[closingSteps.indexOf(step) + 1] ?? null;
}

/**
 * The end of the storage period, in this order; as in closing, each is repeatable. The roll's commitments are computed while the contacts key lives. Copies
 * are erased last, so that a mistake found on the way can still be mended from one.
 */
export const expirySteps = ['erase', 'compact', 'destroy-keys', 'copies'] as const;
export type ExpiryStep = (typeof expirySteps)[number];

/** Null after the last one. */
export function expiryStepAfter(step: ExpiryStep): ExpiryStep | null {
  return expirySteps[expirySteps.indexOf(step) + 1] ?? null;
}

/** Whether a campaign holds still, so that what it stored can go: one that takes answers, or is being closed, is closed first. */
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
