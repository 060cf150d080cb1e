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
import { lockCampaign, type Tx } from '../connection.ts';
import type { Context } from '../context.ts';
import { toProposal } from '../../shared/proposal-rows.ts';
import { campaigns, ineligibles, proposals, voids } from '../schema.ts';
import { campaignNo } from './campaign-no.ts';
import { getCampaign } from './campaigns.ts';
import { recordDecision } from './decision.ts';
import { readStrata } from './strata.ts';

async function stateFor(tx: Tx, id: CampaignId, content: ProposalContent): Promise<ProposalState> {
  const { state, storageUntil, counties, voids: voided } = await getCampaign(tx, id);
  const county = countyOfProposal(content);
  return {
    state,
    storageUntil,
    counties: counties.map((c) => c.code),
    preparing: counties.filter((c) => c.frameState === 'preparing').map((c) => c.code),
    voids: voided,
    proposals: await listProposals(tx, id),
    ...(county === null ? { sampling: [], reporting: [] } : await readStrata(tx, id, county)),
    ineligible: county === null ? [] : await listIneligible(tx, id, county),
  };
}

export async function createProposal(
  tx: Tx,
  stamp: Stamp,
  { campaign: id, ...proposed }: Pick<Proposal, 'id' | 'campaign' | 'content' | 'reason'>,
): Promise<void> {
  const campaign = { no: await campaignNo(tx, id), id };
  const decision = decideProposing(await stateFor(tx, id, proposed.content), proposed, stamp);
  const { proposedBy, content, ...made } = decision.changes;
  await tx.insert(proposals).values({
    campaign: campaign.no,
    id: made.id,
    content: JSON.stringify(content),
    reason: made.reason,
    proposedBy: proposedBy.id,
    proposedName: proposedBy.name,
    proposedAt: made.proposedAt,
    decision: made.decision,
  });
  await recordDecision(tx, stamp, campaign, decision);
}

/** A confirmed proposal is carried out in the same transaction. */
export async function decideProposal(
  ctx: Context,
  tx: Tx,
  stamp: Stamp,
  id: string,
  verdict: 'confirmed' | 'rejected',
): Promise<void> {
  const found = await findWithCampaign(tx, id);
  if (!found) throw new AppError('not-found', 'proposal.not-found');
  const { proposal, campaign } = found;
  // An answer in progress was decided on the present state: it is stored before, and none after until this is committed.
  await lockCampaign(tx, campaign.no);
  const decision = decide(await stateFor(tx, campaign.id, proposal.content), proposal, verdict, stamp);
  const { changes } = decision;
  const { decidedBy, ...decided } = changes.proposal;
  await tx
    .update(proposals)
    .set({ ...decided, decidedBy: decidedBy?.id ?? null, decidedName: decidedBy?.name ?? null })
    .where(eq(proposals.id, id));
  if (changes.campaign) await tx.update(campaigns).set(changes.campaign).where(eq(campaigns.no, campaign.no));
  if (changes.ineligible)
    await tx.insert(ineligibles).values({ campaign: campaign.no, ...changes.ineligible });
  if (changes.voided) await tx.insert(voids).values({ campaign: campaign.no, ...changes.voided });
  await recordDecision(tx, stamp, campaign, decision);
  ctx.hot.delete(campaign.id);
}

export async function listIneligible(
  tx: Tx,
  id: CampaignId,
  county: CountyCode,
): Promise<readonly DeclaredIneligible[]> {
  return await tx
    .select({
      samplingStratum: ineligibles.samplingStratum,
      contacts: ineligibles.contacts,
      issued: ineligibles.issued,
      reason: ineligibles.reason,
    })
    .from(ineligibles)
    .where(and(eq(ineligibles.campaign, await campaignNo(tx, id)), eq(ineligibles.county, county)))
    .orderBy(asc(ineligibles.no));
}

export async function listProposals(tx: Tx, id: CampaignId): Promise<readonly Proposal[]> {
  const no = await campaignNo(tx, id);
  return (
    await tx
      .select()
      .from(proposals)
      .where(eq(proposals.campaign, no))
      .orderBy(desc(proposals.proposedAt), asc(proposals.id))
  ).map((p) => toProposal(p, id));
}

export async function findProposal(tx: Tx, id: string): Promise<Proposal | undefined> {
  return (await findWithCampaign(tx, id))?.proposal;
}

async function findWithCampaign(
  tx: Tx,
  id: string,
): Promise<
  | { readonly proposal: Proposal; readonly campaign: { readonly no: number; readonly id: CampaignId } }
  | undefined
> {
  const [row] = await tx
    .select({ proposal: proposals, campaign: campaigns.id })
    .from(proposals)
    .innerJoin(campaigns, eq(campaigns.no, proposals.campaign))
    .where(eq(proposals.id, id));
  if (!row) return undefined;
  const campaign = { no: row.proposal.campaign, id: row.campaign as CampaignId };
  return { proposal: toProposal(row.proposal, campaign.id), campaign };
}
