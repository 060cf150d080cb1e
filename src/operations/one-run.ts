/** At most one concurrent run per campaign, in each storage that this process has open: further callers wait for the same run. */
import type { CampaignId } from '../domain/model/ids.ts';
import type { Storage } from '../storage/port/index.ts';

export function createOneRun(): (
  storage: Storage,
  id: CampaignId,
  work: () => Promise<void>,
) => Promise<void> {
  const running = new WeakMap<Storage, Map<CampaignId, Promise<void>>>();
  return (storage, id, work) => {
    const own = running.get(storage) ?? new Map<CampaignId, Promise<void>>();
    running.set(storage, own);
    const under = own.get(id);
    if (under) return under;
    const run = work().finally(() => own.delete(id));
    own.set(id, run);
    return run;
  };
}
