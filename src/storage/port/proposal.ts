import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import type { DeclaredIneligible } from '../../domain/scoring/summary/summary-types.ts';
import type { Proposal } from '../../domain/model/proposal.ts';
import type { Stamp } from '../../domain/model/stamp.ts';

export interface ProposalReader {
  findProposal(id: string): Promise<Proposal | undefined>;
  listProposals(campaign: CampaignId): Promise<readonly Proposal[]>;
  /** Confirmed declarations of ineligible contacts, oldest first. */
  listIneligible(campaign: CampaignId, county: CountyCode): Promise<readonly DeclaredIneligible[]>;
}

export interface ProposalWriter {
  /** @throws AppError as `decideProposing` */
  createProposal(
    stamp: Stamp,
    proposal: Pick<Proposal, 'id' | 'campaign' | 'content' | 'reason'>,
  ): Promise<void>;
  /**
   * If confirmed, it is carried out in the same transaction; an open campaign that is voided as a whole enters the closing
   * sequence.
   * @throws AppError not-found `proposal.not-found`; as `decideProposal`
   */
  decideProposal(stamp: Stamp, id: string, decision: 'confirmed' | 'rejected'): Promise<void>;
}
