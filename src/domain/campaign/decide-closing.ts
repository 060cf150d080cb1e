/**
 * Closing: its start, and each of its steps. The work of a step is done before the step is marked as done here, and may be
 * repeated until then.
 */
import { AppError } from '../errors.ts';
import type { Campaign } from '../model/campaign.ts';
import type { DecidedLeaf, Decision } from '../model/decision.ts';
import { stampOf, type Stamp } from '../model/stamp.ts';
import { assertMayRun, type ServiceTime } from '../service-time.ts';
import { assertTransition, stepAfter, type ClosingStep } from './life-cycle.ts';

/**
 * Closing on schedule waits while the clock is not trusted; a person may close.
 * @param mustBeDue a single person closes: not before the time that respondents were told (two people may change it)
 * @throws AppError conflict `campaign.state`, `clock.unconfirmed`, `campaign.close-early`
 */
export function decideClosing(
  campaign: Pick<Campaign, 'state' | 'closesAt'>,
  time: ServiceTime,
  stamp: Stamp,
  mustBeDue = false,
): Decision<{ readonly state: 'closing'; readonly closingStep: ClosingStep }> {
  if (stamp.actor.role === 'system') assertMayRun(time, 'close', stamp.at);
  assertTransition(campaign.state, 'closing');
  if (mustBeDue && stamp.at < campaign.closesAt) throw new AppError('conflict', 'campaign.close-early');
  return {
    changes: { state: 'closing', closingStep: 'drain' },
    leaves: [{ county: 'all', type: 'closing', body: stampOf(stamp) }],
    trail: [{ action: 'campaign.closing', details: { from: campaign.state } }],
  };
}

/** @throws AppError conflict `campaign.closing-step` if `step` is not the next one */
export function assertClosingStep(campaign: Pick<Campaign, 'closingStep'>, step: ClosingStep): void {
  if (campaign.closingStep !== step)
    throw new AppError('conflict', 'campaign.closing-step', { params: { step } });
}

/**
 * @param state `isCounted`: every county has its dispositions, and no delivery data of single contacts remain
 * @param heads of each log, for the last step (evidence/decide-heads.ts)
 * @throws AppError conflict `campaign.closing-step` if `step` is not the next one, or not done
 */
export function decideClosingStep(
  {
    campaign,
    isCounted,
  }: { readonly campaign: Pick<Campaign, 'state' | 'closingStep'>; readonly isCounted: boolean },
  { step, details }: { readonly step: ClosingStep; readonly details: Readonly<Record<string, unknown>> },
  { at }: Stamp,
  heads: readonly DecidedLeaf[] = [],
): Decision<Partial<Pick<Campaign, 'state' | 'closingStep' | 'closedAt'>>> {
  assertClosingStep(campaign, step);
  const next = stepAfter(step);
  if (next === null) return finish(campaign, details, at, heads);
  if (step === 'count' && !isCounted)
    throw new AppError('conflict', 'campaign.closing-step', { params: { step } });
  return {
    changes: { closingStep: next },
    leaves:
      step === 'destroy-keys'
        ? [{ county: 'all', type: 'keys-destroyed', body: { keys: ['pseudonym', 'text'], at } }]
        : [],
    trail: [{ action: `closing.${step}`, details }],
  };
}

/** A voided campaign stays void. */
function finish(
  { state }: Pick<Campaign, 'state'>,
  details: Readonly<Record<string, unknown>>,
  at: number,
  heads: readonly DecidedLeaf[],
): Decision<Partial<Pick<Campaign, 'state' | 'closingStep' | 'closedAt'>>> {
  const ended = { closingStep: null, closedAt: at };
  const leaves: readonly DecidedLeaf[] = [...heads, { county: 'all', type: 'closed', body: { at } }];
  if (state === 'voided') return { changes: ended, leaves, trail: [{ action: 'closing.finish', details }] };
  assertTransition(state, 'closed');
  return {
    changes: { state: 'closed', ...ended },
    leaves,
    trail: [{ action: 'campaign.closed', details: { from: state, ...details } }],
  };
}
