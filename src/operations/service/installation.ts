/** Checks whether database and keys belong together: a volume that is not mounted must not look like a new installation. */
import { AppError } from '../../domain/errors.ts';
import { keyNames, type KeyStore } from '../../keys/key-store.ts';
import type { Deps } from '../deps.ts';

/** @throws AppError conflict `storage.empty-beside-keys` */
export function assertNoKeys(keys: KeyStore, isNew: boolean): void {
  const owners = keys.listCampaigns();
  if (owners.length > 0 && !isNew)
    throw new AppError('conflict', 'storage.empty-beside-keys', { params: { campaigns: owners.length } });
}

/** The same for a database created by mistake earlier: it has no campaign at all. */
export async function assertKeysFit(deps: Pick<Deps, 'storage' | 'keys'>, isNew: boolean): Promise<void> {
  if ((await deps.storage.listCampaigns()).length > 0) return;
  if ((await deps.storage.listBrokenCampaigns()).length > 0) return;
  assertNoKeys(deps.keys, isNew);
}

export interface KeyFault {
  readonly campaign: string;
  readonly key: string;
  readonly state: 'missing' | 'broken' | 'wrong';
}

/** Keys that open campaigns need, in their current state on disk. */
export async function findKeyFaults(deps: Pick<Deps, 'storage' | 'keys'>): Promise<readonly KeyFault[]> {
  const faults: KeyFault[] = [];
  for (const { id, state, keyChecks } of await deps.storage.listCampaigns()) {
    if (state !== 'open') continue;
    for (const key of keyNames) {
      const found = deps.keys.check(id, key, keyChecks[key]);
      if (found !== 'ok') faults.push({ campaign: id, key, state: found });
    }
  }
  return faults;
}
