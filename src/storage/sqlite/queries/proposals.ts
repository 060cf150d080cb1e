import { and, asc, desc, eq } from 'drizzle-orm';
import { AppError } from '../../../domain/errors.ts';
import { decideProposal as decide, decideProposing } from '../../../domain/campaign/decide-proposal.ts';
import {
  countyOfProposal,
  type ProposalContent,
  type ProposalState,
} from '../../../domain/campaign/proposal.ts';
import type { CampaignId, CountyCode } from '../../../domain/model/ids.ts';
import type { DeclaredIneligible } from '../../../domain/scoring/summary/summary-types.ts';
import type { Proposal } from '../../../domain/model/proposal.ts';
import type { Stamp } from '../../../domain/model/stamp.ts';
import type { Tx } from '../connection.ts';
import type { Context } from '../context.ts';
import { toProposal } from '../../shared/proposal-rows.ts';
import { campaigns, ineligibles, proposals, voids } from '../schema.ts';
import { campaignNo } from './campaign-no.ts';
import { getCampaign } from './campaigns.ts';
import { recordDecision } from './decision.ts';
import { readStrata } from './strata.ts';

function stateFor(tx: Tx, id: CampaignId, content: ProposalContent): ProposalState {
  const { state, storageUntil, counties, voids: voided } = getCampaign(tx, id);
  const county = countyOfProposal(content);
  return {
    state,
    storageUntil,
    counties: counties.map((c) => c.code),
    preparing: counties.filter((c) => c.frameState === 'preparing').map((c) => c.code),
    voids: voided,
    proposals: listProposals(tx, id),
    ...(county === null ? { sampling: [], reporting: [] } : readStrata(tx, id, county)),
    ineligible: county === null ? [] : listIneligible(tx, id, county),
  };
}

export function createProposal(
  tx: Tx,
  stamp: Stamp,
  { campaign: id, ...proposed }: Pick<Proposal, 'id' | 'campaign' | 'content' | 'reason'>,
): void {
  const campaign = { no: campaignNo(tx, id), id };
  const decision = decideProposing(stateFor(tx, id, proposed.content), proposed, stamp);
  const { proposedBy, content, ...made } = decision.changes;
  tx.insert(proposals)
    .values({
      campaign: campaign.no,
      id: made.id,
      content: JSON.stringify(content),
      reason: made.reason,
      proposedBy: proposedBy.id,
      proposedName: proposedBy.name,
      proposedAt: made.proposedAt,
      decision: made.decision,
    })
    .run();
  recordDecision(tx, stamp, campaign, decision);
}

/** A confirmed proposal is carried out in the same transaction. */
export function decideProposal(
  ctx: Context,
  tx: Tx,
  stamp: Stamp,
  id: string,
  verdict: 'confirmed' | 'rejected',
): void {
  const found = findWithCampaign(tx, id);
  if (!found) throw new AppError('not-found', 'proposal.not-found');
  const { proposal, campaign } = found;
  const decision = decide(stateFor(tx, campaign.id, proposal.content), proposal, verdict, stamp);
  const { changes } = decision;
  const { decidedBy, ...decided } = changes.proposal;
  tx.update(proposals)
    .set({ ...decided, decidedBy: decidedBy?.id ?? null, decidedName: decidedBy?.name ?? null })
    .where(eq(proposals.id, id))
    .run();
  if (changes.campaign) tx.update(campaigns).set(changes.campaign).where(eq(campaigns.no, campaign.no)).run();
  if (changes.ineligible)
    tx.insert(ineligibles)
      .values({ campaign: campaign.no, ...changes.ineligible })
      .run();
  if (changes.voided)
    tx.insert(voids)
      .values({ campaign: campaign.no, ...changes.voided })
      .run();
  recordDecision(tx, stamp, campaign, decision);
  if (changes.campaign || changes.voided) ctx.hot.delete(campaign.id);
}

export function listIneligible(tx: Tx, id: CampaignId, county: CountyCode): readonly DeclaredIneligible[] {
  return tx
    .select({
      samplingStratum: ineligibles.samplingStratum,
      contacts: ineligibles.contacts,
      issued: ineligibles.issued,
      reason: ineligibles.reason,
    })
    .from(ineligibles)
    .where(and(eq(ineligibles.campaign, campaignNo(tx, id)), eq(ineligibles.county, county)))
    .orderBy(asc(ineligibles.no))
    .all();
}

export function listProposals(tx: Tx, id: CampaignId): readonly Proposal[] {
  const no = campaignNo(tx, id);
  return tx
    .select()
    .from(proposals)
    .where(eq(proposals.campaign, no))
    .orderBy(desc(proposals.proposedAt), asc(proposals.id))
    .all()
    .map((p) => toProposal(p, id));
}

export function findProposal(tx: Tx, id: string): Proposal | undefined {
  return findWithCampaign(tx, id)?.proposal;
}

function findWithCampaign(
  tx: Tx,
  id: string,
):
  | { readonly proposal: Proposal; readonly campaign: { readonly no: number; readonly id: CampaignId } }
  | undefined {
  const row = tx
    .select({ proposal: proposals, campaign: campaigns.id })
    .from(proposals)
    .innerJoin(campaigns, eq(campaigns.no, proposals.campaign))
    .where(eq(proposals.id, id))
    .get();
  if (!row) return undefined;
  const campaign = { no: row.proposal.campaign, id: row.campaign as CampaignId };
  return { proposal: toProposal(row.proposal, campaign.id), campaign };
}
