import type { Command } from 'commander';
import { resolve } from 'node:path';
import { readConfig } from '../../config.ts';
import { databaseAddresses } from '../../domain/database-address.ts';
import { AppError } from '../../domain/errors.ts';
import type { Cli } from '../cli.ts';
import { exitFound } from '../exit-codes.ts';
import { damageText } from '../present.ts';

/** `verify-backup` reads a whole backup; `restore` does so too, and then puts it where the service expects its database. */
export function addVerifyBackup(program: Command, cli: Cli): void {
  const { t } = cli;
  program
    .command('verify-backup')
    .description(t('cli.verify-backup'))
    .argument('<path>', t('cli.argument.verify-backup'))
    .action(async (path: string, _options: object, command: Command) => {
      await verify(path, command);
    });
  program
    .command('restore')
    .description(t('cli.restore'))
    .argument('<path>', t('cli.argument.verify-backup'))
    .action(async (path: string, _options: object, command: Command) => {
      if (databaseAddresses(path) !== null) throw new AppError('conflict', 'storage.use-pg-dump');
      const config = readConfig(cli.environment);
      const { assertRestorable, restoreBackup } = await import('../../compose.ts');
      assertRestorable(config);
      if (!(await verify(path, command))) return;
      restoreBackup(config, resolve(path));
      cli.note(t('cli.restore.done', { directory: config.dataDir }));
    });

  async function verify(place: string, command: Command): Promise<boolean> {
    const { verifyBackup } = await import('../../compose.ts');
    const { path, report } = await verifyBackup(readConfig(cli.environment), place);
    const differing = report.recounts.filter((r) => r.differences.length > 0);
    const sound = report.damage.length === 0 && differing.length === 0 && report.secretsFound === 0;
    cli.show(command, { path, sound, ...report }, () =>
      [
        ...report.damage.map((damage) => damageText(t, damage)),
        ...differing.map((r) =>
          t('cli.verify-backup.differs', {
            campaign: r.campaign,
            county: r.county,
            differences: r.differences.length,
          }),
        ),
        ...(report.secretsFound > 0 ? [t('cli.verify-backup.keys', { keys: report.secretsFound })] : []),
        ...report.sealed.map((campaign) => t('cli.verify-backup.sealed', { campaign })),
        ...(report.pendingMigrations > 0
          ? [t('cli.verify-backup.older', { version: report.schemaVersion })]
          : []),
        ...(sound && report.pendingMigrations > 0 ? [t('cli.verify-backup.sound-uncounted', { path })] : []),
        ...(sound && report.pendingMigrations === 0
          ? [
              t('cli.verify-backup.sound', {
                path,
                responses: report.recounts.reduce((n, r) => n + r.responses, 0),
                cells: report.recounts.reduce((n, r) => n + r.cells, 0),
              }),
            ]
          : []),
      ].join('\n'),
    );
    if (!sound) cli.fail(exitFound);
    return sound;
  }
}
