/** Whether the service can work now. Monitors ask often, so the result is cached for a second. */
import { AppError } from '../../domain/errors.ts';
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
  /**
   * `clock`: a jump of the date waits for a person. `campaign`: the stored row of one cannot be read. Answers of the others are
   * accepted.
   */
  readonly warnings: readonly ReadinessWarning[];
}

/** Less free space than this for the database and its WAL counts as none. */
const leastRoom = 32 * 1024 * 1024;
const keptFor = 1_000;
/** A commit that waits for a standby has no timeout; a monitor needs a result. */
const defaultPatience = 5_000;

/** @param patience timeout of a write in milliseconds */
export function createReadiness(deps: Deps, patience = defaultPatience): () => Promise<Readiness> {
  let kept: { readonly at: number; readonly result: Promise<Readiness> } | null = null;
  let writing: Promise<void> | null = null;
  // One at a time: hanging ones would accumulate.
  const probe = (): Promise<void> =>
    (writing ??= deps.storage.probeWrite().finally(() => {
      writing = null;
    }));
  return () => {
    const at = performance.now();
    if (kept === null || at - kept.at > keptFor)
      kept = { at, result: readiness(deps, () => within(patience, probe())) };
    return kept.result;
  };
}

/** @throws AppError unavailable `storage.slow`; the work continues */
async function within(patience: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new AppError('unavailable', 'storage.slow')), patience);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

async function readiness(deps: Deps, probeWrite: () => Promise<void>): Promise<Readiness> {
  const faults: ReadinessFault[] = [];
  const { schemaVersion, writerAlive, freeBytes } = await deps.storage.health();
  if (freeBytes !== null && freeBytes < leastRoom) faults.push('disk-full');
  if (!writerAlive) faults.push('writer');
  else {
    try {
      await probeWrite();
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
