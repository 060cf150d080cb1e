import { isScoreVisible, type CampaignState, type FrameState } from '../campaign/life-cycle.ts';
import { AppError } from '../errors.ts';
import type { NewCanary } from '../model/canary.ts';
import type { Decision } from '../model/decision.ts';
import type { CountyCode } from '../model/ids.ts';
import { stampOf, type Stamp } from '../model/stamp.ts';
import type { CanaryFault } from './canaries.ts';

/**
 * Seals test contacts, once per county, after the freeze and before the draw.
 * @param isInRoll whether a contact of the roll has this keyed digest of group and phone
 * @throws AppError conflict `canaries.not-now`, `canaries.in-roll`
 */
export function decideSealing(
  state: {
    readonly county: CountyCode;
    readonly frameState: FrameState;
    readonly isSealed: boolean;
    readonly isInRoll: (digest: Uint8Array) => boolean;
  },
  sealed: { readonly commitment: string; readonly canaries: readonly NewCanary[] },
  stamp: Stamp,
): Decision<{ readonly canaries: readonly NewCanary[] }> {
  const { county, frameState, isSealed, isInRoll } = state;
  const { commitment, canaries } = sealed;
  if (frameState !== 'frozen' || isSealed) throw new AppError('conflict', 'canaries.not-now');
  if (canaries.some((c) => isInRoll(c.digest))) throw new AppError('conflict', 'canaries.in-roll');
  return {
    changes: { canaries },
    leaves: [
      {
        county,
        type: 'canaries',
        body: { commitment, count: canaries.length, ...stampOf(stamp) },
      },
    ],
    trail: [{ action: 'canaries.sealed', county, details: { commitment } }],
  };
}

/**
 * Records the result of opening the commitment.
 * @throws AppError conflict `evidence.not-closed`; invalid `canaries.other` if the log committed to something else
 */
export function decideOpened(
  state: {
    readonly campaignState: CampaignState;
    readonly county: CountyCode;
    readonly commitment: string | undefined;
  },
  opened: { readonly commitment: string; readonly faults: Readonly<Record<CanaryFault, number>> },
  stamp: Stamp,
): Decision<null> {
  const { county } = state;
  const { commitment, faults } = opened;
  if (!isScoreVisible(state.campaignState)) throw new AppError('conflict', 'evidence.not-closed');
  if (state.commitment !== commitment) throw new AppError('invalid', 'canaries.other');
  return {
    changes: null,
    leaves: [
      {
        county,
        type: 'canaries-opened',
        body: { commitment, faults: { ...faults }, ...stampOf(stamp) },
      },
    ],
    trail: [{ action: 'canaries.opened', county, details: { commitment, ...faults } }],
  };
}
