/** What needs two people and a reason (design 16): voiding, and moving the closing date. */
import { z } from 'zod';
import { AppError } from '../domain/errors.ts';
import { assertTransition } from '../domain/fieldwork/campaign.ts';
import { assertMay, type Actor } from '../domain/fieldwork/permissions.ts';
import { countyCodeSchema, type CampaignId } from '../domain/ids.ts';
import { groupSchema } from '../domain/vocabulary.ts';
import type { Campaign, Proposal, ProposalContent } from '../storage/port.ts';
import { continueClosing } from './closing.ts';
import { stamp, type Deps } from './deps.ts';
import { publishCheckpoints } from './evidence.ts';
import { countyOf, getVisibleCampaign } from './lookup.ts';
import { lineFault, lineSchema } from '../domain/line.ts';

const contentSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('void'),
    county: countyCodeSchema.nullable(),
    group: groupSchema.nullable(),
    reportingStratum: z.int().min(1).nullable(),
  }),
  z.strictObject({ kind: z.literal('dates'), closesAt: z.int().min(0) }),
  z.strictObject({
    kind: z.literal('ineligible'),
    county: countyCodeSchema,
    samplingStratum: z.int().min(1),
    contacts: z.int().min(1),
    issued: z.int().min(0),
  }),
]);
const reasonSchema = lineSchema(5, 500);

/** @throws AppError invalid `proposal.invalid`, `proposal.reason`, `proposal.closing-time`; conflict `campaign.state`, `proposal.state` */
export async function makeProposal(
  deps: Deps,
  actor: Actor,
  campaign: CampaignId,
  content: ProposalContent,
  reason: string,
): Promise<string> {
  assertMay(actor, 'proposal.make');
  const parsed = contentSchema.safeParse(content);
  if (!parsed.success) throw new AppError('invalid', 'proposal.invalid');
  const why = reasonSchema.safeParse(reason);
  if (!why.success) throw new AppError('invalid', lineFault(why.error, 'proposal.reason'));
  await assertPossible(deps, await getVisibleCampaign(deps, actor, campaign), parsed.data);
  const id = deps.newId();
  await deps.storage.createProposal(stamp(deps, actor), {
    id,
    campaign,
    content: parsed.data,
    reason: why.data,
  });
  return id;
}

async function assertPossible(deps: Deps, campaign: Campaign, content: ProposalContent): Promise<void> {
  if (content.kind === 'dates') {
    if (campaign.state !== 'open' && campaign.state !== 'draft')
      throw new AppError('conflict', 'proposal.state', { params: { state: campaign.state } });
    if (content.closesAt <= deps.now() || content.closesAt > campaign.storageUntil)
      throw new AppError('invalid', 'proposal.closing-time');
    return;
  }
  if (content.kind === 'ineligible') return assertIneligible(deps, campaign, content);
  assertTransition(campaign.state, 'voided');
  if (content.county === null) {
    if (content.reportingStratum !== null) throw new AppError('invalid', 'proposal.invalid');
    return;
  }
  countyOf(campaign, content.county);
  if (content.reportingStratum === null) return;
  const { reporting } = await deps.storage.readStrata(campaign.id, content.county);
  const stratum = reporting.find((s) => s.no === content.reportingStratum);
  if (!stratum || (content.group !== null && stratum.group !== content.group))
    throw new AppError('invalid', 'proposal.stratum');
}

/** A stratum cannot lose more than it has: of those drawn at most all, of the others at most the rest. */
async function assertIneligible(
  deps: Deps,
  campaign: Campaign,
  content: Extract<ProposalContent, { readonly kind: 'ineligible' }>,
): Promise<void> {
  const { county, samplingStratum, contacts, issued } = content;
  if (campaign.state !== 'open' && campaign.state !== 'draft')
    throw new AppError('conflict', 'proposal.state', { params: { state: campaign.state } });
  countyOf(campaign, county);
  const { sampling } = await deps.storage.readStrata(campaign.id, county);
  const stratum = sampling.find((s) => s.no === samplingStratum);
  if (!stratum || stratum.frameSize === null) throw new AppError('invalid', 'proposal.stratum');
  const before = (await deps.storage.listIneligible(campaign.id, county)).filter(
    (row) => row.samplingStratum === samplingStratum,
  );
  const allIssued = issued + before.reduce((sum, row) => sum + row.issued, 0);
  const all = contacts + before.reduce((sum, row) => sum + row.contacts, 0);
  const drawn = stratum.drawn + stratum.replacements;
  if (issued > contacts || allIssued > drawn || all - allIssued > stratum.frameSize - drawn)
    throw new AppError('invalid', 'proposal.ineligible', {
      params: { size: stratum.frameSize, drawn },
    });
}

/**
 * A second person confirms, which carries it out, or rejects.
 * @throws AppError not-found `proposal.not-found`; conflict `proposal.same-person`, `proposal.decided`, and as makeProposal if it has become impossible
 */
export async function decideProposal(
  deps: Deps,
  actor: Actor,
  id: string,
  decision: 'confirmed' | 'rejected',
): Promise<void> {
  assertMay(actor, 'proposal.decide');
  const { campaign, proposal } = await getProposal(deps, id);
  if (proposal.decision !== 'pending') throw new AppError('conflict', 'proposal.decided');
  if (decision === 'confirmed') {
    if (proposal.proposedBy.id === actor.userId) throw new AppError('conflict', 'proposal.same-person');
    await assertPossible(deps, campaign, proposal.content);
  }
  await deps.storage.decideProposal(stamp(deps, actor), id, decision);
  if (decision === 'rejected') return;
  await publishCheckpoints(deps, campaign.id);
  // Voided whole while it was open: what had come in is sealed and the keys die, as at any close. It is void already, and goes on by itself if it is stopped.
  try {
    await continueClosing(deps, campaign.id);
  } catch (err) {
    deps.log.error({ err, campaign: campaign.id }, 'closing.interrupted');
  }
}

async function getProposal(deps: Deps, id: string): Promise<{ campaign: Campaign; proposal: Proposal }> {
  for (const campaign of await deps.storage.listCampaigns()) {
    const proposal = (await deps.storage.listProposals(campaign.id)).find((p) => p.id === id);
    if (proposal) return { campaign, proposal };
  }
  throw new AppError('not-found', 'proposal.not-found');
}

export async function listProposals(
  deps: Deps,
  actor: Actor,
  campaign: CampaignId,
): Promise<readonly Proposal[]> {
  assertMay(actor, 'proposal.make');
  await getVisibleCampaign(deps, actor, campaign);
  return deps.storage.listProposals(campaign);
}
