/** Online backup: a consistent copy of the database while answering goes on. Keys are never part of it. */
import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../domain/errors.ts';
import { assertMay, type Actor } from '../domain/fieldwork/permissions.ts';
import { stamp, type Deps } from './deps.ts';

export interface Backup {
  readonly path: string;
  readonly bytes: number;
  /** Whether the trail tells of it: beside a serving process a command can only look. */
  readonly recorded: boolean;
}

/** Writes to `path`, or to a new file named after the time in the backup folder. @throws conflict `backup.exists` */
export async function makeBackup(deps: Deps, actor: Actor, path?: string): Promise<Backup> {
  assertMay(actor, 'backup.make');
  let target = path;
  if (target === undefined) {
    if (deps.backupDir === null) throw new AppError('config', 'backup.no-folder');
    await mkdir(deps.backupDir, { recursive: true, mode: 0o700 });
    target = join(deps.backupDir, `manyi-${new Date(deps.now()).toISOString().replaceAll(/[:.]/g, '-')}.db`);
  }
  const there = await stat(target).then(
    () => true,
    () => false,
  );
  if (there) throw new AppError('conflict', 'backup.exists', { params: { path: target } });
  await deps.storage.backup(target);
  const { size } = await stat(target);
  const recorded = await deps.storage
    .appendTrail(stamp(deps, actor), {
      action: 'backup.make',
      campaign: null,
      county: null,
      details: { bytes: size },
    })
    .then(
      () => true,
      (error: unknown) => {
        if (error instanceof AppError && error.message === 'storage.look-only') return false;
        throw error;
      },
    );
  return { path: target, bytes: size, recorded };
}
