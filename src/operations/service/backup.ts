/** Online backup: a consistent copy of the database while answering goes on. Keys are never part of it. */
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
  /** Whether the trail tells of it: beside a serving process a command can only look. */
  readonly recorded: boolean;
}

/** Writes to `path`, or to a new file named after the time in the backup folder. @throws conflict `backup.exists` */
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

/** Reads a backup whole, and keeps in the trail what came of it. @throws AppError as the storage's `verifyCopy` */
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

/** What killed copies left there. Beside a serving process nothing is removed: it does so itself. */
async function removeUnfinished(deps: Deps, directory: string): Promise<void> {
  try {
    await deps.storage.removeUnfinished(directory);
  } catch (error) {
    if (!(error instanceof AppError && error.message === 'storage.look-only')) throw error;
  }
}

/** In every folder that the installation writes copies to. */
export async function removeAllUnfinished(deps: Deps): Promise<void> {
  if (deps.backupDir === null) return;
  const removed = await deps.storage.removeUnfinished(deps.backupDir);
  if (removed.length > 0) deps.log.warn({ removed }, 'backup.unfinished-removed');
}

/** A copy from which nobody learns, once the campaigns are closed, what came in before it and what after. */
export async function copyTo(deps: Deps, path: string): Promise<void> {
  await deps.storage.backup(path, await backupKeys(deps));
}

const noChecks: Campaign['keyChecks'] = {};

/** One for each campaign whose pseudonym key lives, made of it: both die at close. */
async function backupKeys(deps: Deps): Promise<readonly BackupKey[]> {
  const keys: BackupKey[] = [];
  // What came in for a campaign whose row is broken is sealed like that of any other.
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
 * After a backup was restored: puts back what it held encrypted, before anything else happens. What no key opens any more (the campaign was closed since)
 * stays as it is and is said.
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
