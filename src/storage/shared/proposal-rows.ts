/** A proposal from its row. */
import { z } from 'zod';
import type { ProposalContent } from '../../domain/campaign/proposal.ts';
import { countyCodeSchema, type CampaignId } from '../../domain/model/ids.ts';
import type { Proposal } from '../../domain/model/proposal.ts';
import { groupSchema } from '../../domain/model/vocabulary.ts';
import { parseJson } from './json.ts';

export interface ProposalRow extends Pick<Proposal, 'id' | 'reason' | 'proposedAt' | 'decidedAt'> {
  readonly content: string;
  readonly proposedBy: string;
  readonly proposedName: string;
  readonly decision: string;
  readonly decidedBy: string | null;
  readonly decidedName: string | null;
}

// Created once: building a schema costs more than reading a row.
const verdictSchema = z.enum(['pending', 'confirmed', 'rejected']);
const contentSchema: z.ZodType<ProposalContent> = z.discriminatedUnion('kind', [
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
  z.object({ kind: z.literal('close') }),
  z.object({ kind: z.literal('release') }),
]);

export function toProposal(p: ProposalRow, campaign: CampaignId): Proposal {
  return {
    id: p.id,
    campaign,
    content: parseJson(contentSchema, p.content, 'proposals.content'),
    reason: p.reason,
    proposedBy: { id: p.proposedBy, name: p.proposedName },
    proposedAt: p.proposedAt,
    decision: verdictSchema.parse(p.decision),
    decidedBy: p.decidedBy === null ? null : { id: p.decidedBy, name: p.decidedName ?? '' },
    decidedAt: p.decidedAt,
  };
}
