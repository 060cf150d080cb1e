/** The end of the storage period: its start, and each of its steps. */
import { AppError } from '../errors.ts';
import type { Campaign } from '../model/campaign.ts';
import type { Decision } from '../model/decision.ts';
import type { CountyCode } from '../model/ids.ts';
import type { Stamp } from '../model/stamp.ts';
import { assertMayRun, assertNoJump, type ServiceTime } from '../service-time.ts';
import { expiryStepAfter, mayExpire, type ExpiryStep } from './life-cycle.ts';

/** @throws AppError conflict `campaign.expired`, `expiry.not-closed`, `expiry.too-early`, `clock.unconfirmed`, `clock.not-held` */
export function decideExpiry(
  campaign: Pick<Campaign, 'state' | 'closingStep' | 'expiryStep' | 'expiredAt' | 'storageUntil'>,
  time: ServiceTime,
  { at }: Stamp,
): Decision<{ readonly expiryStep: ExpiryStep }> {
  const { storageUntil } = campaign;
  if (campaign.expiryStep !== null || campaign.expiredAt !== null)
    throw new AppError('conflict', 'campaign.expired');
  if (!mayExpire(campaign)) throw new AppError('conflict', 'expiry.not-closed');
  if (storageUntil > at)
    throw new AppError('conflict', 'expiry.too-early', {
      params: { until: new Date(storageUntil).toISOString() },
    });
  assertMayRun(time, 'expire', at);
  return {
    changes: { expiryStep: 'erase' },
    leaves: [],
    trail: [{ action: 'expiry.begin', details: { storageUntil } }],
  };
}

interface ExpiryState {
  readonly campaign: Pick<Campaign, 'expiryStep'>;
  readonly time: ServiceTime;
}

/**
 * Also for each part of a step: it waits while a jump of the clock is not confirmed.
 * @throws AppError conflict `clock.unconfirmed`, `expiry.step`
 */
export function assertExpiryStep({ campaign, time }: ExpiryState, step: ExpiryStep): void {
  assertNoJump(time);
  if (campaign.expiryStep !== step) throw new AppError('conflict', 'expiry.step', { params: { step } });
}

/**
 * @param state `logs`: counties whose log has begun
 * @param command `tallies`: for the last step, hashes of the remaining tallies, by county
 * @throws AppError conflict `clock.unconfirmed`, `expiry.step` if `step` is not the next one or a hash is missing
 */
export function decideExpiryStep(
  state: ExpiryState & {
    readonly campaign: Pick<Campaign, 'expiryStep' | 'closedAt'>;
    readonly logs: readonly CountyCode[];
  },
  command: {
    readonly step: ExpiryStep;
    readonly details: Readonly<Record<string, unknown>>;
    readonly tallies: Readonly<Record<CountyCode, string>>;
  },
  { at }: Stamp,
): Decision<Partial<Pick<Campaign, 'expiryStep' | 'expiredAt'>>> {
  const { step, details, tallies } = command;
  assertExpiryStep(state, step);
  const next = expiryStepAfter(step);
  if (next !== null)
    return {
      changes: { expiryStep: next },
      leaves: [],
      trail: [{ action: `expiry.${step}`, details }],
    };
  // The other two keys were destroyed at close, unless there was no close.
  const keys = state.campaign.closedAt === null ? ['pseudonym', 'contacts', 'text'] : ['contacts'];
  return {
    changes: { expiryStep: null, expiredAt: at },
    leaves: state.logs.map((county) => {
      const hash = tallies[county];
      if (hash === undefined) throw new AppError('conflict', 'expiry.step', { params: { step } });
      return { county, type: 'keys-destroyed', body: { keys, tallies: hash, at } };
    }),
    trail: [{ action: 'campaign.expired', details: { ...details, keys } }],
  };
}
