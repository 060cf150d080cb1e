/**
 * State of the installation, for its administrator: whether it can take answers, free space, and whether there is a verified
 * backup.
 */
import { readdir, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../../domain/errors.ts';
import { assertMay, type Actor } from '../../domain/campaign/permissions.ts';
import { findJob, startJob, type JobView } from '../jobs.ts';
import type { Deps } from '../deps.ts';
import { checkBackup, makeBackup } from './backup.ts';
import type { Readiness } from './readiness.ts';

export interface KnownBackup {
  readonly name: string;
  readonly bytes: number;
  readonly madeAt: number;
  /** Its last complete verification; null: never. */
  readonly check: { readonly at: number; readonly sound: boolean; readonly responses: number } | null;
}

export interface Health {
  readonly readiness: Readiness;
  readonly usedBytes: number;
  /** null: unknown, the database is on another machine. */
  readonly freeBytes: number | null;
  readonly backupFreeBytes: number | null;
  /** Newest first; null: there is no backup folder. */
  readonly backups: readonly KnownBackup[] | null;
  /** A backup that is being made or verified now, or the error of the last one. */
  readonly work: JobView | undefined;
}

/** A backup older than this causes a warning. */
export const oldBackupDays = 2;
const shownBackups = 20;
const job = 'backup';

export async function viewHealth(
  deps: Deps,
  actor: Actor,
  readiness: () => Promise<Readiness>,
): Promise<Health> {
  assertMay(actor, 'health.view');
  const { usedBytes, freeBytes } = await deps.storage.health();
  const { backupDir } = deps;
  return {
    readiness: await readiness(),
    usedBytes,
    freeBytes,
    backupFreeBytes: backupDir === null ? null : await roomIn(backupDir),
    backups: backupDir === null ? null : await listBackups(deps, backupDir),
    work: findJob(deps, job),
  };
}

/** Null: the folder does not exist yet. */
async function roomIn(directory: string): Promise<number | null> {
  const found = await statfs(directory).catch(() => null);
  return found && found.bavail * found.bsize;
}

async function listBackups(deps: Deps, directory: string): Promise<readonly KnownBackup[]> {
  const names = await readdir(directory).catch(() => []);
  const files = await Promise.all(
    names
      .filter((name) => name.endsWith('.db'))
      .map(async (name) => ({ name, found: await stat(join(directory, name)).catch(() => null) })),
  );
  const checks = await lastChecks(deps);
  return files
    .flatMap(({ name, found }) =>
      found === null
        ? []
        : [{ name, bytes: found.size, madeAt: found.mtimeMs, check: checks.get(name) ?? null }],
    )
    .sort((a, b) => b.madeAt - a.madeAt)
    .slice(0, shownBackups);
}

/** As the trail tells. */
async function lastChecks(deps: Deps): Promise<ReadonlyMap<string, NonNullable<KnownBackup['check']>>> {
  const entries = await deps.storage.listTrail({
    ...{ campaign: null, counties: null, before: null, limit: 500 },
    topic: 'system',
  });
  const checks = new Map<string, NonNullable<KnownBackup['check']>>();
  for (const { action, at, details } of entries) {
    const { backup, sound, responses } = details;
    if (action !== 'backup.verify' || typeof backup !== 'string' || checks.has(backup)) continue;
    checks.set(backup, {
      at,
      sound: sound === true,
      responses: typeof responses === 'number' ? responses : 0,
    });
  }
  return checks;
}

export function isBackupRunning(deps: Deps): boolean {
  return findJob(deps, job)?.isRunning === true;
}

/**
 * Makes a backup and verifies it, in the background: the page shows the result. One at a time.
 * @throws AppError conflict `backup.running`, `backup.no-folder`
 */
export function beginBackup(deps: Deps, actor: Actor): Promise<void> {
  assertMay(actor, 'backup.make');
  if (deps.backupDir === null) throw new AppError('conflict', 'backup.no-folder');
  if (isBackupRunning(deps)) throw new AppError('conflict', 'backup.running');
  return startJob(deps, job, async () => {
    const { path } = await makeBackup(deps, actor);
    const { sound } = await checkBackup(deps, actor, path);
    if (!sound) throw new AppError('corrupt', 'backup.unsound');
  });
}
