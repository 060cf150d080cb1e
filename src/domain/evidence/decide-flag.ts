/** Manual entries in a county's log: a flag, or the hand-over of its contents. Neither changes what is counted. */
import { isScoreVisible } from '../campaign/life-cycle.ts';
import { AppError } from '../errors.ts';
import type { Campaign } from '../model/campaign.ts';
import type { Decision } from '../model/decision.ts';
import type { Flag } from '../model/evidence.ts';
import type { CountyCode } from '../model/ids.ts';
import { stampOf, type Stamp } from '../model/stamp.ts';
import type { Group } from '../model/vocabulary.ts';

/**
 * @param state `reporting`: strata of the county
 * @throws AppError conflict `flag.not-opened`; invalid `proposal.stratum`
 */
export function decideFlag(
  state: {
    readonly campaign: Pick<Campaign, 'openedAt'>;
    readonly reporting: readonly { readonly no: number; readonly group: Group }[];
  },
  { county, flag }: { readonly county: CountyCode; readonly flag: Flag },
  stamp: Stamp,
): Decision<null> {
  if (state.campaign.openedAt === null) throw new AppError('conflict', 'flag.not-opened');
  const { group, reportingStratum, reason } = flag;
  if (reportingStratum !== null) {
    const stratum = state.reporting.find((s) => s.no === reportingStratum);
    if (!stratum || (group !== null && stratum.group !== group))
      throw new AppError('invalid', 'proposal.stratum');
  }
  const mark = { group, reportingStratum, reason };
  return {
    changes: null,
    leaves: [{ county, type: 'flag', body: { ...mark, ...stampOf(stamp) } }],
    trail: [{ action: 'evidence.flag', county, details: mark }],
  };
}

/**
 * Contents are handed over only after close, also for a void campaign: what was voided can be examined.
 * @throws AppError conflict `evidence.not-closed`, `evidence.expiring`
 */
export function assertMayHandOver(campaign: Pick<Campaign, 'state' | 'closedAt' | 'expiryStep'>): void {
  const isOver =
    isScoreVisible(campaign.state) || (campaign.state === 'voided' && campaign.closedAt !== null);
  if (!isOver) throw new AppError('conflict', 'evidence.not-closed');
  if (campaign.expiryStep !== null) throw new AppError('conflict', 'evidence.expiring');
}

/**
 * @param state `checkpoints`: sizes of the heads that were signed, ascending
 * @throws AppError as `assertMayHandOver`
 */
export function decideHandOver(
  {
    campaign,
    checkpoints,
  }: {
    readonly campaign: Pick<Campaign, 'state' | 'closedAt' | 'expiryStep'>;
    readonly checkpoints: readonly number[];
  },
  county: CountyCode,
  stamp: Stamp,
): Decision<null> {
  assertMayHandOver(campaign);
  return {
    changes: null,
    leaves: [{ county, type: 'bundle', body: { checkpoints: [...checkpoints], ...stampOf(stamp) } }],
    trail: [{ action: 'evidence.bundle', county, details: {} }],
  };
}
