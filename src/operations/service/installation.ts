/** Checks whether database and keys belong together: a volume that is not mounted must not look like a new installation. */
import { AppError } from '../../domain/errors.ts';
import { keyNames, type KeyStore } from '../../keys/key-store.ts';
import type { Deps } from '../deps.ts';

/** @throws AppError conflict `storage.empty-beside-keys` */
export function assertNoKeys(
  keys: Pick<KeyStore, 'listCampaigns'>,
  isNew: boolean,
  except: readonly string[] = [],
): void {
  const owners = keys.listCampaigns().filter((owner) => !except.includes(owner));
  if (owners.length > 0 && !isNew)
    throw new AppError('conflict', 'storage.empty-beside-keys', { params: { campaigns: owners.length } });
}

/**
 * The same for a database created by mistake earlier: it has no campaign at all. One that has accounts is in use: the process that
 * was creating or deleting its only campaign ended before it could confirm the keys. They stay, because nothing uses them.
 */
export async function assertKeysFit(
  { storage, keys }: Pick<Deps, 'storage' | 'keys'>,
  isNew: boolean,
): Promise<void> {
  const campaigns = await storage.listCampaigns();
  const unconfirmed = keys.listUnconfirmed();
  for (const { id } of campaigns) if (unconfirmed.includes(id)) keys.confirm(id);
  if (campaigns.length > 0 || (await storage.listBrokenCampaigns()).length > 0) return;
  assertNoKeys(keys, isNew, (await storage.listUsers()).length > 0 ? unconfirmed : []);
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
