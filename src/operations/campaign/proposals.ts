/**
 * Actions that need two people and a reason (design 16): voiding, moving the closing date, closing early, releasing an incomplete
 * result.
 */
import { z } from 'zod';
import { AppError } from '../../domain/errors.ts';
import { assertMay, type Actor } from '../../domain/campaign/permissions.ts';
import type { ProposalContent } from '../../domain/campaign/proposal.ts';
import { countyCodeSchema, type CampaignId } from '../../domain/model/ids.ts';
import { groupSchema } from '../../domain/model/vocabulary.ts';
import type { Proposal } from '../../domain/model/proposal.ts';
import { releaseCampaign } from './campaigns.ts';
import { closeCampaign, continueClosing } from './closing.ts';
import { stamp, type Deps } from '../deps.ts';
import { publishCheckpoints } from '../evidence/evidence.ts';
import { getVisibleCampaign } from './lookup.ts';
import { lineFault, lineSchema } from '../../domain/line.ts';

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
  z.strictObject({ kind: z.literal('close') }),
  z.strictObject({ kind: z.literal('release') }),
]);
const reasonSchema = lineSchema(5, 500);

/** @returns the fault of a proposal's reason, as a message */
export function findReasonFault(reason: string): string | undefined {
  const why = reasonSchema.safeParse(reason);
  return why.success ? undefined : lineFault(why.error, 'proposal.reason');
}

/** @throws AppError invalid `proposal.invalid`, `proposal.reason`; and as `assertMayPropose` */
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
  await getVisibleCampaign(deps, actor, campaign);
  const id = deps.newId();
  await deps.storage.createProposal(stamp(deps, actor), {
    id,
    campaign,
    content: parsed.data,
    reason: why.data,
  });
  return id;
}

/**
 * A second person confirms, which carries it out, or rejects.
 * @throws AppError not-found `proposal.not-found`; and as `assertMayDecide`
 */
export async function decideProposal(
  deps: Deps,
  actor: Actor,
  id: string,
  decision: 'confirmed' | 'rejected',
): Promise<void> {
  assertMay(actor, 'proposal.decide');
  const proposal = await deps.storage.findProposal(id);
  if (!proposal) throw new AppError('not-found', 'proposal.not-found');
  const { campaign, content } = proposal;
  await deps.storage.decideProposal(stamp(deps, actor), id, decision);
  if (decision === 'rejected') return;
  await publishCheckpoints(deps, campaign);
  if (content.kind === 'release') {
    await releaseCampaign(deps, actor, campaign);
    return;
  }
  // Voided as a whole while it was open: answers so far are sealed and the keys destroyed, as at any close. The void is already
  // stored, and the sequence resumes if it is interrupted.
  try {
    if (content.kind === 'close') await closeCampaign(deps, actor, campaign);
    else await continueClosing(deps, campaign);
  } catch (err) {
    deps.log.error({ err, campaign }, 'closing.interrupted');
  }
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
