/**
 * Destroying keys where several processes hold them. The file goes first, so that nobody can read the key any more; then every process that works on the database
 * lets go of what it has in memory, and only then the step is marked as done.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { AppError } from '../../domain/errors.ts';
import type { CampaignId } from '../../domain/model/ids.ts';
import type { KeyEnd } from '../../storage/port/processes.ts';
import { processesOf } from '../claims.ts';
import type { Deps } from '../deps.ts';

const lookMs = 50;
/** Much longer than a process that is alive takes. */
const patience = 30_000;

/** @throws AppError unavailable `keys.held` if a process does not let go; the step is tried again a minute later */
export async function awaitKeysGone(
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
