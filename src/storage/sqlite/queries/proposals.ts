import { and, asc, desc, eq } from 'drizzle-orm';
import { z } from 'zod';
import { AppError } from '../../../domain/errors.ts';
import {
  assertMayDecide,
  assertMayPropose,
  type ProposalContent,
  type ProposalState,
} from '../../../domain/campaign/proposal.ts';
import { countyCodeSchema, type CampaignId, type CountyCode } from '../../../domain/model/ids.ts';
import type { DeclaredIneligible } from '../../../domain/scoring/summary/summary-types.ts';
import { groupSchema } from '../../../domain/model/vocabulary.ts';
import type { Proposal } from '../../../domain/model/proposal.ts';
import { stampOf, type Stamp } from '../../../domain/model/stamp.ts';
import type { Tx } from '../connection.ts';
import type { Context } from '../context.ts';
import { parseJson } from '../json.ts';
import { campaigns, ineligibles, proposals, voids } from '../schema.ts';
import { campaignNo, getCampaign, setState } from './campaigns.ts';
import { readStrata } from './draw.ts';
import { appendState, appendStateEverywhere } from './evidence.ts';
import { writeTrail } from './trail.ts';

const decisionSchema = z.enum(['pending', 'confirmed', 'rejected']);
const contentSchema: z.ZodType<ProposalContent> = z.union([
  z.object({
    kind: z.literal('void'),
    county: countyCodeSchema.nullable(),
    group: groupSchema.nullable(),
    reportingStratum: z.number().nullable(),
  }),
  z.object({ kind: z.literal('dates'), closesAt: z.number() }),
  z.object({
    kind: z.literal('ineligible'),
    county: countyCodeSchema,
    samplingStratum: z.number(),
    contacts: z.number(),
    issued: z.number(),
  }),
]);

function stateFor(tx: Tx, id: CampaignId, content: ProposalContent): ProposalState {
  const { state, storageUntil, counties, voids: voided } = getCampaign(tx, id);
  const county = content.kind === 'dates' ? null : content.county;
  return {
    state,
    storageUntil,
    counties: counties.map((c) => c.code),
    voids: voided,
    proposals: listProposals(tx, id),
    ...(county === null ? { sampling: [], reporting: [] } : readStrata(tx, id, county)),
    ineligible: county === null ? [] : listIneligible(tx, id, county),
  };
}

const personOf = ({ actor }: Stamp): string => actor.userId ?? actor.name;

export function createProposal(
  tx: Tx,
  stamp: Stamp,
  proposal: Pick<Proposal, 'id' | 'campaign' | 'content' | 'reason'>,
): void {
  const no = campaignNo(tx, proposal.campaign);
  assertMayPropose(stateFor(tx, proposal.campaign, proposal.content), proposal.content, stamp.at);
  tx.insert(proposals)
    .values({
      id: proposal.id,
      campaign: no,
      content: JSON.stringify(proposal.content),
      reason: proposal.reason,
      proposedBy: personOf(stamp),
      proposedName: stamp.actor.name,
      proposedAt: stamp.at,
      decision: 'pending',
    })
    .run();
  writeTrail(
    tx,
    stamp,
    'proposal.make',
    {
      campaign: proposal.campaign,
      county: proposal.content.kind === 'dates' ? null : proposal.content.county,
    },
    { proposal: proposal.id, ...proposal.content, reason: proposal.reason },
  );
}

/** Two people, told apart by account; what is confirmed is done in the same transaction. */
export function decideProposal(
  ctx: Context,
  tx: Tx,
  stamp: Stamp,
  id: string,
  decision: 'confirmed' | 'rejected',
): void {
  const row = tx
    .select({ proposal: proposals, campaign: campaigns.id })
    .from(proposals)
    .innerJoin(campaigns, eq(campaigns.no, proposals.campaign))
    .where(eq(proposals.id, id))
    .get();
  if (!row) throw new AppError('not-found', 'proposal.not-found');
  const campaign = row.campaign as CampaignId;
  const no = row.proposal.campaign;
  const proposal = toProposal(row.proposal, campaign);
  const { content, proposedBy } = proposal;
  const person = personOf(stamp);
  assertMayDecide(stateFor(tx, campaign, content), proposal, decision, person, stamp.at);
  tx.update(proposals)
    .set({ decision, decidedBy: person, decidedName: stamp.actor.name, decidedAt: stamp.at })
    .where(eq(proposals.id, id))
    .run();
  writeTrail(
    tx,
    stamp,
    `proposal.${decision}`,
    { campaign, county: content.kind === 'dates' ? null : content.county },
    { proposal: id, proposedBy: proposedBy.name, ...content, reason: proposal.reason },
  );
  if (decision === 'rejected') return;
  ctx.hot.delete(campaign);
  const twoPeople = {
    reason: proposal.reason,
    proposedBy,
    proposedAt: proposal.proposedAt,
    ...stampOf(stamp),
  };
  if (content.kind === 'dates') {
    tx.update(campaigns).set({ closesAt: content.closesAt }).where(eq(campaigns.id, campaign)).run();
    appendStateEverywhere(tx, no, 'dates', { closesAt: content.closesAt, ...twoPeople });
    return;
  }
  if (content.kind === 'ineligible') {
    const { county, samplingStratum, contacts, issued } = content;
    tx.insert(ineligibles)
      .values({
        campaign: no,
        county,
        samplingStratum,
        contacts,
        issued,
        reason: proposal.reason,
        at: stamp.at,
      })
      .run();
    appendState(tx, no, county, 'ineligible', {
      samplingStratum,
      contacts,
      issued,
      ...twoPeople,
    });
    return;
  }
  tx.insert(voids)
    .values({
      campaign: no,
      county: content.county,
      group: content.group,
      reportingStratum: content.reportingStratum,
      reason: proposal.reason,
      at: stamp.at,
    })
    .run();
  const { county, group, reportingStratum } = content;
  const voided = { county, group, reportingStratum, ...twoPeople };
  if (county === null) appendStateEverywhere(tx, no, 'void', voided);
  else appendState(tx, no, county, 'void', voided);
  if (content.county === null && content.group === null && content.reportingStratum === null) {
    // What has come in is sealed, and keys die, by the same sequence as at close.
    const closingStep = getCampaign(tx, campaign).state === 'open' ? 'drain' : null;
    setState(tx, stamp, campaign, 'voided', { closingStep }, { reason: proposal.reason });
    if (closingStep !== null) appendStateEverywhere(tx, no, 'closing', stampOf(stamp));
  }
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
    .orderBy(desc(proposals.proposedAt))
    .all()
    .map((p) => toProposal(p, id));
}

function toProposal(p: typeof proposals.$inferSelect, campaign: CampaignId): Proposal {
  return {
    id: p.id,
    campaign,
    content: parseJson(contentSchema, p.content, 'proposals.content'),
    reason: p.reason,
    proposedBy: { id: p.proposedBy, name: p.proposedName },
    proposedAt: p.proposedAt,
    decision: decisionSchema.parse(p.decision),
    decidedBy: p.decidedBy === null ? null : { id: p.decidedBy, name: p.decidedName ?? '' },
    decidedAt: p.decidedAt,
  };
}
