/**
 * Destroys keys that several processes hold. The file is deleted first, so that nobody can read the key any more. Then every
 * process that uses the database drops its copy in memory, and only then the step is marked as done.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { AppError } from '../../domain/errors.ts';
import type { CampaignId } from '../../domain/model/ids.ts';
import type { KeyEnd } from '../../storage/port/processes.ts';
import { processesOf } from '../claims.ts';
import type { Deps } from '../deps.ts';

const lookMs = 50;
/** Much longer than a live process takes. */
const patience = 30_000;

/** @throws AppError unavailable `keys.held` if a process does not drop its copy; the step is retried a minute later */
export async function waitUntilKeysDropped(
  deps: Pick<Deps, 'storage' | 'processes'>,
  id: CampaignId,
  end: KeyEnd,
): Promise<void> {
  const until = performance.now() + patience;
  for (;;) {
    const processes = await processesOf(deps).countKeyHolders(id, end);
    if (processes === 0) return;
    if (performance.now() >= until) throw new AppError('unavailable', 'keys.held', { params: { processes } });
    await pause(lookMs);
  }
}
