import type { DecidedLeaf, Decision } from '../../../domain/model/decision.ts';
import type { CampaignId } from '../../../domain/model/ids.ts';
import type { Stamp } from '../../../domain/model/stamp.ts';
import type { Tx } from '../connection.ts';
import { appendStates, logsOf } from './evidence-log.ts';
import { recordTrail } from './trail.ts';

/** Appends the leaves and the trail entries of a decision about a campaign, in the transaction that stores its changes. */
export async function recordDecision(
  tx: Tx,
  stamp: Stamp,
  campaign: { readonly no: number; readonly id: CampaignId },
  { leaves, trail }: Pick<Decision<unknown>, 'leaves' | 'trail'>,
): Promise<void> {
  for (const { county, own } of byLog(leaves))
    for (const log of county === 'all' ? await logsOf(tx, campaign.no) : [county])
      await appendStates(tx, campaign.no, log, own);
  await recordTrail(tx, stamp, campaign.id, trail);
}

/** Consecutive leaves of one log are appended together. */
function byLog(leaves: readonly DecidedLeaf[]) {
  const found: { readonly county: DecidedLeaf['county']; readonly own: DecidedLeaf[] }[] = [];
  for (const leaf of leaves) {
    const last = found.at(-1);
    if (last?.county === leaf.county) last.own.push(leaf);
    else found.push({ county: leaf.county, own: [leaf] });
  }
  return found;
}
