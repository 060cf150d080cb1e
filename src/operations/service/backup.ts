/** Online backup: a consistent copy of the database while answers are taken. Keys are never part of it. */
import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { AppError } from '../../domain/errors.ts';
import { makeFolder } from '../../files/make-folder.ts';
import { assertMay, type Actor } from '../../domain/campaign/permissions.ts';
import { hmacSha256 } from '../../domain/hash.ts';
import type { BackupKey } from '../../storage/port/maintenance.ts';
import type { Campaign } from '../../domain/model/campaign.ts';
import { stamp, type Deps } from '../deps.ts';

export interface Backup {
  readonly path: string;
  readonly bytes: number;
  /** Whether the trail records it: beside a serving process a command is read-only. */
  readonly recorded: boolean;
}

/**
 * Writes to `path`, or to a new file named after the time in the backup folder.
 * @throws conflict `backup.exists`
 */
export async function makeBackup(deps: Deps, actor: Actor, path?: string): Promise<Backup> {
  assertMay(actor, 'backup.make');
  let target = path;
  if (target === undefined) {
    if (deps.backupDir === null) throw new AppError('conflict', 'backup.no-folder');
    const time = new Date(deps.now()).toISOString().replaceAll(/[:.]/g, '-');
    // Two can be made in one millisecond.
    target = join(deps.backupDir, `manyi-${time}-${deps.newId()}.db`);
  }
  const there = await stat(target).then(
    () => true,
    () => false,
  );
  if (there) throw new AppError('conflict', 'backup.exists', { params: { path: target } });
  makeFolder(dirname(target), 0o700);
  await removeUnfinished(deps, dirname(target));
  await copyTo(deps, target);
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

export interface BackupCheck {
  readonly sound: boolean;
  /** Answers that were counted anew. */
  readonly responses: number;
  readonly differences: number;
  readonly damage: number;
  readonly secrets: number;
}

/**
 * Reads a whole backup, and records the result in the trail.
 * @throws AppError as the storage's `verifyCopy`
 */
export async function checkBackup(deps: Deps, actor: Actor, path: string): Promise<BackupCheck> {
  assertMay(actor, 'backup.make');
  const { damage, recounts, secretsFound } = await deps.storage.verifyCopy(
    path,
    deps.keys.listAll(),
    await backupKeys(deps),
  );
  const differences = recounts.reduce((n, r) => n + r.differences.length, 0);
  const check: BackupCheck = {
    sound: damage.length === 0 && differences === 0 && secretsFound === 0,
    responses: recounts.reduce((n, r) => n + r.responses, 0),
    ...{ differences, damage: damage.length, secrets: secretsFound },
  };
  await deps.storage.appendTrail(stamp(deps, actor), {
    action: 'backup.verify',
    campaign: null,
    county: null,
    details: { backup: basename(path), ...check },
  });
  return check;
}

/** Deletes the rest of interrupted copies. Beside a serving process nothing is deleted: it does so itself. */
async function removeUnfinished(deps: Deps, directory: string): Promise<void> {
  try {
    await deps.storage.removeUnfinished(directory);
  } catch (error) {
    if (!(error instanceof AppError && error.message === 'storage.look-only')) throw error;
  }
}

/** In every folder in which the installation writes copies. */
export async function removeAllUnfinished(deps: Deps): Promise<void> {
  if (deps.backupDir === null) return;
  const removed = await deps.storage.removeUnfinished(deps.backupDir);
  if (removed.length > 0) deps.log.warn({ removed }, 'backup.unfinished-removed');
}

/** Key for a copy from which nobody learns, once the campaigns are closed, what came in before it and what after. */
export async function copyTo(deps: Deps, path: string): Promise<void> {
  await deps.storage.backup(path, await backupKeys(deps));
}

const noChecks: Campaign['keyChecks'] = {};

/** One for each campaign whose pseudonym key exists, derived from it: both are destroyed at close. */
async function backupKeys(deps: Deps): Promise<readonly BackupKey[]> {
  const keys: BackupKey[] = [];
  // Data of a campaign with an unreadable row are sealed like those of any other.
  const broken = (await deps.storage.listBrokenCampaigns()).map((c) => ({ ...c, keyChecks: noChecks }));
  for (const { id, state, keyChecks } of [...(await deps.storage.listCampaigns()), ...broken]) {
    if (!deps.keys.has(id, 'pseudonym')) {
      if (state === 'open') deps.log.error({ campaign: id }, 'backup.not-sealed');
      continue;
    }
    keys.push({ campaign: id, key: backupKeyOf(deps.keys.use(id, 'pseudonym', keyChecks['pseudonym'])) });
  }
  return keys;
}

export function backupKeyOf(pseudonymKey: Uint8Array): Uint8Array {
  return hmacSha256(pseudonymKey, 'manyi backup');
}

/**
 * After a restore: puts back the sealed data before anything else happens. Data that no key decrypts any more (the campaign was
 * closed since) stay sealed, and are reported.
 */
export async function unsealRestored(deps: Pick<Deps, 'storage' | 'keys' | 'log'>): Promise<void> {
  for (const campaign of await deps.storage.listSealed()) {
    try {
      const found = await deps.storage.findCampaign(campaign);
      const key = backupKeyOf(deps.keys.use(campaign, 'pseudonym', found?.keyChecks['pseudonym']));
      await deps.storage.unseal({ campaign, key });
      deps.log.info({ campaign }, 'backup.unsealed');
    } catch (err) {
      if (!(err instanceof AppError)) throw err;
      deps.log.error({ err, campaign }, 'backup.stays-sealed');
    }
  }
}
