/** Opens what a command works on, and determines the acting account. */
import { accessSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { readConfig, type Config } from '../config.ts';
import { AppError } from '../domain/errors.ts';
import { systemActor, type Actor } from '../domain/campaign/permissions.ts';
import { systemError } from '../domain/system-error.ts';
import type { Deps } from '../operations/deps.ts';
import { actorOf, authenticate } from '../operations/user/users.ts';
import { globalsOf, type Cli } from './cli.ts';

/** Anyone with a shell on the machine. */
export const shellActor: Actor = { ...systemActor, via: 'cli' };

/** `look` is read-only beside a running service; `change` locks the data folder, or goes through the service that has it; `begin` may create the database, too. */
export type Access = 'look' | 'change' | 'begin';

export async function withDeps<T>(
  cli: Cli,
  access: Access,
  work: (deps: Deps) => Promise<T>,
  options: { readonly anyLogKey?: boolean } = {},
): Promise<T> {
  const config = readConfig(cli.environment);
  if (access === 'change') assertBegun(config);
  // Loaded only now: help and checks of files do not need it.
  const { createLogger, openParts } = await import('../compose.ts');
  const log = createLogger({ logLevel: 'silent' });
  const parts = await openParts(config, log, {
    readOnly: access === 'look',
    inline: true,
    ...options,
  }).catch((error: unknown) => {
    // The service has the folder: the change goes through it, or fails.
    if (access === 'look' || !(error instanceof AppError) || error.message !== 'storage.in-use') throw error;
    return openParts(config, log, { besideService: true });
  });
  try {
    return await work(parts.deps);
  } finally {
    await parts.close();
  }
}

/**
 * In a shell without the service's settings, a backup would be one of a new, empty database.
 * @throws AppError not-found `storage.no-database`; `file.*` for system errors
 */
export function assertBegun({ dataDir: directory, database }: Config): void {
  // A database on a server is created by its administrator.
  if (database !== null) return;
  try {
    accessSync(join(directory, 'manyi.db'));
  } catch (cause) {
    throw (
      systemError(cause) ?? new AppError('not-found', 'storage.no-database', { params: { directory }, cause })
    );
  }
}

/** For commands on behalf of an account: `--as LOGIN` and its password. The operations then decide what it may do. */
export async function asUser<T>(
  cli: Cli,
  command: Command,
  access: Access,
  work: (deps: Deps, actor: Actor) => Promise<T>,
  options: { readonly anyLogKey?: boolean } = {},
): Promise<T> {
  const { as: login, passwordStdin = false } = globalsOf(command);
  if (login === undefined) throw new AppError('unauthenticated', 'cli.as-needed');
  return withDeps(
    cli,
    access,
    async (deps) => {
      const password = await cli.passwords.own(cli.t('cli.ask.own', { login }), passwordStdin);
      return work(deps, actorOf(await authenticate(deps, login, password), 'cli'));
    },
    options,
  );
}

/** The new password of an account. */
export function askFreshPassword(cli: Cli, command: Command, login: string): Promise<string> {
  const { t, passwords } = cli;
  return passwords.fresh(
    t('cli.ask.fresh', { login }),
    t('cli.ask.again'),
    globalsOf(command).passwordStdin ?? false,
  );
}
