/**
 * When erased bytes leave the database file. Compaction blocks all answers for seconds, so while another campaign is open it
 * waits for the hour of the night when few answer. Until then secure_delete has overwritten erased data. Compaction in addition
 * removes the order in which answers came from the pages.
 */
import { nextServiceHour } from '../../domain/time-zone.ts';
import type { CampaignId } from '../../domain/model/ids.ts';
import type { Deps } from '../deps.ts';
import { sealingHour } from '../evidence/evidence.ts';

async function isAnyOpen(deps: Deps): Promise<boolean> {
  const all = [...(await deps.storage.listCampaigns()), ...(await deps.storage.listBrokenCampaigns())];
  return all.some((c) => c.state === 'open');
}

/** For a campaign that takes no more answers. */
export async function compactAfter(deps: Deps, id: CampaignId): Promise<'done' | 'deferred'> {
  if (!(await isAnyOpen(deps))) {
    await deps.storage.compact();
    return 'done';
  }
  await deps.storage.deferCompaction(deps.now());
  deps.log.info({ campaign: id }, 'compaction.deferred');
  return 'deferred';
}

/** Once a minute: postponed compaction, when that hour has come, or no campaign is open any more. */
export async function compactDue(deps: Deps): Promise<void> {
  const since = await deps.storage.findDeferredCompaction();
  if (since === null) return;
  const struck = nextServiceHour(deps.now(), sealingHour) - 24 * 3_600_000;
  if (struck <= since && (await isAnyOpen(deps))) return;
  await deps.storage.compact();
  deps.log.info({}, 'compaction.done');
}
