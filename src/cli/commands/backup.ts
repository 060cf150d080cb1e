import type { Command } from 'commander';
import { resolve } from 'node:path';
import { AppError } from '../../domain/errors.ts';
import { makeBackup, type Backup } from '../../operations/service/backup.ts';
import type { Cli } from '../cli.ts';
import { shellActor, withDeps } from '../session.ts';

export function addBackup(program: Command, cli: Cli): void {
  const { t } = cli;
  program
    .command('backup')
    .description(t('cli.backup'))
    .argument('[path]', t('cli.argument.backup'))
    .action(async (path: string | undefined, _options: object, command: Command) => {
      const target = path === undefined ? undefined : resolve(path);
      const made = await backUp(target);
      cli.show(command, made, () => t('cli.backup.done', { path: made.path, bytes: made.bytes }));
      if (!made.recorded) cli.note(t('cli.backup.unrecorded'));
    });

  /** Beside a running server access is read-only: the copy is as good, but the trail cannot be written. */
  async function backUp(target: string | undefined): Promise<Backup> {
    const run = (access: 'look' | 'change') =>
      withDeps(cli, access, (deps) => makeBackup(deps, shellActor, target));
    try {
      return await run('change');
    } catch (error) {
      if (error instanceof AppError && error.message === 'storage.in-use') return run('look');
      throw error;
    }
  }
}
