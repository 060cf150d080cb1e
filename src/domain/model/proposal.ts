import type { CampaignId } from './ids.ts';
import type { ProposalContent } from '../campaign/proposal.ts';

/** Needs a second person (design 16). */
export interface Proposal {
  readonly id: string;
  readonly campaign: CampaignId;
  readonly content: ProposalContent;
  readonly reason: string;
  readonly proposedBy: { readonly id: string; readonly name: string };
  readonly proposedAt: number;
  readonly decision: 'pending' | 'confirmed' | 'rejected';
  readonly decidedBy: { readonly id: string; readonly name: string } | null;
  readonly decidedAt: number | null;
}
