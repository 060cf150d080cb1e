/** Manual entries in a county's log: flags, and hand-overs of its contents. */
import { decideFlag, decideHandOver } from '../../../domain/evidence/decide-flag.ts';
import type { Flag } from '../../../domain/model/evidence.ts';
import type { CampaignId, CountyCode } from '../../../domain/model/ids.ts';
import type { Stamp } from '../../../domain/model/stamp.ts';
import type { Tx } from '../connection.ts';
import { campaignNo } from './campaign-no.ts';
import { getCampaign } from './campaigns.ts';
import { listCheckpointSizes } from './checkpoints.ts';
import { recordDecision } from './decision.ts';
import { readStrata } from './strata.ts';

export async function recordFlag(
  tx: Tx,
  stamp: Stamp,
  id: CampaignId,
  county: CountyCode,
  flag: Flag,
): Promise<void> {
  const state = {
    campaign: await getCampaign(tx, id),
    reporting: (await readStrata(tx, id, county)).reporting,
  };
  const decision = decideFlag(state, { county, flag }, stamp);
  await recordDecision(tx, stamp, { no: await campaignNo(tx, id), id }, decision);
}

export async function recordBundle(tx: Tx, stamp: Stamp, id: CampaignId, county: CountyCode): Promise<void> {
  const state = {
    campaign: await getCampaign(tx, id),
    checkpoints: await listCheckpointSizes(tx, id, county),
  };
  const decision = decideHandOver(state, county, stamp);
  await recordDecision(tx, stamp, { no: await campaignNo(tx, id), id }, decision);
}
