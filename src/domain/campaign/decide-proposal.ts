/** A proposal is made, and then rejected or confirmed by a second person. The same decision carries out what is confirmed. */
import type { Void } from '../model/campaign.ts';
import type { Decision } from '../model/decision.ts';
import type { CountyCode } from '../model/ids.ts';
import type { Proposal } from '../model/proposal.ts';
import { stampOf, type Stamp } from '../model/stamp.ts';
import type { ClosingStep } from './life-cycle.ts';
import {
  assertMayDecide,
  assertMayPropose,
  countyOfProposal,
  type IneligibleCount,
  type ProposalState,
} from './proposal.ts';

type NewProposal = Pick<Proposal, 'id' | 'content' | 'reason'>;

/** What a confirmed proposal changes besides itself. */
interface ProposalEffect {
  readonly campaign?: {
    readonly closesAt?: number;
    readonly state?: 'voided';
    readonly closingStep?: ClosingStep | null;
  };
  readonly voided?: Void;
  readonly ineligible?: IneligibleCount & {
    readonly county: CountyCode;
    readonly reason: string;
    readonly at: number;
  };
}

interface ProposalChanges extends ProposalEffect {
  readonly proposal: Pick<Proposal, 'decision' | 'decidedBy' | 'decidedAt'>;
}

/** People are distinguished by account; the service itself has none. */
const personOf = ({ actor }: Stamp) => ({ id: actor.userId ?? actor.name, name: actor.name });

/** @throws AppError as `assertMayPropose` */
export function decideProposing(
  state: ProposalState,
  { id, content, reason }: NewProposal,
  stamp: Stamp,
): Decision<Omit<Proposal, 'campaign'>> {
  assertMayPropose(state, content, stamp.at);
  return {
    changes: {
      ...{ id, content, reason },
      proposedBy: personOf(stamp),
      proposedAt: stamp.at,
      decision: 'pending',
      decidedBy: null,
      decidedAt: null,
    },
    leaves: [],
    trail: [
      {
        action: 'proposal.make',
        county: countyOfProposal(content),
        details: { proposal: id, ...content, reason },
      },
    ],
  };
}

/** @throws AppError as `assertMayDecide` */
export function decideProposal(
  state: ProposalState,
  proposal: Proposal,
  decision: 'confirmed' | 'rejected',
  stamp: Stamp,
): Decision<ProposalChanges> {
  const { id, content, reason, proposedBy } = proposal;
  const decidedBy = personOf(stamp);
  assertMayDecide(state, proposal, decision, decidedBy.id, stamp.at);
  const effect = decision === 'confirmed' ? carryOut(state, proposal, stamp) : nothing;
  return {
    changes: { proposal: { decision, decidedBy, decidedAt: stamp.at }, ...effect.changes },
    leaves: effect.leaves,
    trail: [
      {
        action: `proposal.${decision}`,
        county: countyOfProposal(content),
        details: { proposal: id, proposedBy: proposedBy.name, ...content, reason },
      },
      ...effect.trail,
    ],
  };
}

const nothing: Decision<ProposalEffect> = { changes: {}, leaves: [], trail: [] };

function carryOut(state: ProposalState, proposal: Proposal, stamp: Stamp): Decision<ProposalEffect> {
  const { content, reason, proposedBy, proposedAt } = proposal;
  const twoPeople = { reason, proposedBy, proposedAt, ...stampOf(stamp) };
  switch (content.kind) {
    case 'dates': {
      const { closesAt } = content;
      return {
        changes: { campaign: { closesAt } },
        leaves: [{ county: 'all', type: 'dates', body: { closesAt, ...twoPeople } }],
        trail: [],
      };
    }
    case 'ineligible': {
      const { county, samplingStratum, contacts, issued } = content;
      const declared = { samplingStratum, contacts, issued };
      return {
        changes: { ineligible: { county, ...declared, reason, at: stamp.at } },
        leaves: [{ county, type: 'ineligible', body: { ...declared, ...twoPeople } }],
        trail: [],
      };
    }
    // The new end is now, as two people decided; closing then follows on schedule.
    case 'close':
      return {
        changes: { campaign: { closesAt: stamp.at } },
        leaves: [{ county: 'all', type: 'dates', body: { closesAt: stamp.at, ...twoPeople } }],
        trail: [],
      };
    // The release appends its own leaves; the trail records that two people wanted it.
    case 'release':
      return nothing;
    case 'void': {
      const { county, group, reportingStratum } = content;
      const scope = { county, group, reportingStratum };
      const voided: Decision<ProposalEffect> = {
        changes: { voided: { ...scope, reason, at: stamp.at } },
        leaves: [{ county: county ?? 'all', type: 'void', body: { ...scope, ...twoPeople } }],
        trail: [],
      };
      const isWhole = county === null && group === null && reportingStratum === null;
      return isWhole ? endCampaign(state, voided, reason, stamp) : voided;
    }
  }
}

/** Void as a whole. Answers so far are sealed, and keys are destroyed, by the same sequence as at close. */
function endCampaign(
  { state }: ProposalState,
  { changes, leaves }: Decision<ProposalEffect>,
  reason: string,
  stamp: Stamp,
): Decision<ProposalEffect> {
  const wasOpen = state === 'open';
  return {
    changes: { ...changes, campaign: { state: 'voided', closingStep: wasOpen ? 'drain' : null } },
    leaves: wasOpen ? [...leaves, { county: 'all', type: 'closing', body: stampOf(stamp) }] : leaves,
    trail: [{ action: 'campaign.voided', details: { from: state, reason } }],
  };
}
