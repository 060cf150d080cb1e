import { currentRevisionRule, type RevisionRule } from '../answer/revision.ts';
import { AppError } from '../errors.ts';
import { toHex } from '../hash.ts';
import type { Campaign } from '../model/campaign.ts';
import type { DecidedLeaf, Decision } from '../model/decision.ts';
import { stampOf, type Stamp } from '../model/stamp.ts';
import { currentDisclosureRule, type DisclosureRule } from '../scoring/suppression/rule.ts';
import { assertTransition } from './life-cycle.ts';

interface Opening {
  readonly state: 'open';
  readonly openedAt: number;
  readonly revisionRule: RevisionRule;
  readonly disclosureRule: DisclosureRule;
}

/**
 * Opens a draft whose counties are all drawn, whose end is in the future, and of which nothing has expired.
 * @throws AppError conflict `campaign.expired`, `campaign.state`, `campaign.not-drawn`, `campaign.closes-in-past`
 */
export function decideOpening(campaign: Campaign, stamp: Stamp): Decision<Opening> {
  if (campaign.expiryStep !== null || campaign.expiredAt !== null)
    throw new AppError('conflict', 'campaign.expired');
  assertTransition(campaign.state, 'open');
  const notDrawn = campaign.counties.filter((c) => c.frameState !== 'drawn');
  if (notDrawn.length > 0 || campaign.counties.length === 0)
    throw new AppError('conflict', 'campaign.not-drawn', {
      params: { counties: notDrawn.map((c) => c.name).join('、') },
    });
  if (campaign.closesAt <= stamp.at) throw new AppError('conflict', 'campaign.closes-in-past');
  const { name, purpose, commissioner, commissionerPhone, closesAt, storageUntil, selfAdministered, demo } =
    campaign;
  const { profile, questionnaires } = campaign;
  const rules = { revisionRule: currentRevisionRule, disclosureRule: currentDisclosureRule } as const;
  return {
    changes: { state: 'open', openedAt: stamp.at, ...rules },
    leaves: [
      {
        county: 'all',
        type: 'open',
        body: {
          ...{
            name,
            purpose,
            commissioner,
            commissionerPhone,
            closesAt,
            storageUntil,
            selfAdministered,
            demo,
          },
          ...rules,
          ...stampOf(stamp),
        },
      },
    ],
    trail: [
      {
        action: 'campaign.open',
        details: {
          from: campaign.state,
          ...{ profile, questionnaires, closesAt },
          frames: campaign.counties.map((c) => ({
            county: c.code,
            root: c.frame && toHex(c.frame.root),
            size: c.frame?.size,
          })),
        },
      },
    ],
  };
}

/** @param heads of each log (evidence/decide-heads.ts) @throws AppError conflict `campaign.state` */
export function decideRelease(
  campaign: Campaign,
  stamp: Stamp,
  heads: readonly DecidedLeaf[] = [],
): Decision<{ readonly state: 'released'; readonly releasedAt: number }> {
  assertTransition(campaign.state, 'released');
  return {
    changes: { state: 'released', releasedAt: stamp.at },
    leaves: [...heads, { county: 'all', type: 'release', body: stampOf(stamp) }],
    trail: [{ action: 'campaign.released', details: { from: campaign.state } }],
  };
}
