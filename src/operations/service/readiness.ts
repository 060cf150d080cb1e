/** Can the service do its work now? Asked by whatever watches it, so the answer is kept for a second. */
import { findKeyFaults } from './installation.ts';
import type { Deps } from '../deps.ts';
import { isLogKeyThere } from '../evidence/log-key.ts';
import { mayRunNow } from './service-time.ts';

export const readinessFaults = ['writer', 'disk-full', 'storage', 'keys', 'log-key'] as const;
export type ReadinessFault = (typeof readinessFaults)[number];

export const readinessWarnings = ['clock', 'campaign'] as const;
export type ReadinessWarning = (typeof readinessWarnings)[number];

export interface Readiness {
  readonly schemaVersion: number;
  /** Why answers cannot be stored. */
  readonly faults: readonly ReadinessFault[];
  /** `clock`: a jump of the date waits for a person. `campaign`: the stored row of one cannot be read. Answers of the others are taken. */
  readonly warnings: readonly ReadinessWarning[];
}

/** Less room than this for the database and its WAL is as good as none. */
const leastRoom = 32 * 1024 * 1024;
const keptFor = 1_000;

export function createReadiness(deps: Deps): () => Promise<Readiness> {
  let kept: { readonly at: number; readonly result: Promise<Readiness> } | null = null;
  return () => {
    const at = performance.now();
    if (kept === null || at - kept.at > keptFor) kept = { at, result: readiness(deps) };
    return kept.result;
  };
}

async function readiness(deps: Deps): Promise<Readiness> {
  const faults: ReadinessFault[] = [];
  const { schemaVersion, writerAlive, freeBytes } = await deps.storage.health();
  if (freeBytes !== null && freeBytes < leastRoom) faults.push('disk-full');
  if (!writerAlive) faults.push('writer');
  else {
    try {
      await deps.storage.probeWrite();
      if (!(await isLogKeyThere(deps))) faults.push('log-key');
      const keys = await findKeyFaults(deps);
      if (keys.length > 0) {
        faults.push('keys');
        deps.log.error({ keys }, 'readiness.keys');
      }
    } catch (err) {
      deps.log.error({ err }, 'readiness.storage');
      faults.push('storage');
    }
  }
  return { schemaVersion, faults, warnings: faults.length > 0 ? [] : await findWarnings(deps) };
}

async function findWarnings(deps: Deps): Promise<readonly ReadinessWarning[]> {
  const isClockTrusted = await mayRunNow(deps, 'close');
  const broken = await deps.storage.listBrokenCampaigns();
  return readinessWarnings.filter((w) => (w === 'clock' ? !isClockTrusted : broken.length > 0));
}
