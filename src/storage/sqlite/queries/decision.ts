import type { Decision } from '../../../domain/model/decision.ts';
import type { CampaignId } from '../../../domain/model/ids.ts';
import type { Stamp } from '../../../domain/model/stamp.ts';
import type { Tx } from '../connection.ts';
import { appendState, appendStateEverywhere } from './evidence.ts';
import { recordTrail } from './trail.ts';

/** Appends the leaves and the trail of a decision about a campaign, in the transaction that stores its changes. */
export function recordDecision(
  tx: Tx,
  stamp: Stamp,
  campaign: { readonly no: number; readonly id: CampaignId },
  { leaves, trail }: Pick<Decision<unknown>, 'leaves' | 'trail'>,
): void {
  for (const { county, type, body } of leaves)
    if (county === 'all') appendStateEverywhere(tx, campaign.no, type, body);
    else appendState(tx, campaign.no, county, type, body);
  recordTrail(tx, stamp, campaign.id, trail);
}
