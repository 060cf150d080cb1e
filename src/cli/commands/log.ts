import type { Command } from 'commander';
import { AppError } from '../../domain/errors.ts';
import { countLogs, listWitnessKeys, rekeyLog } from '../../operations/evidence/log-key.ts';
import type { Cli } from '../cli.ts';
import { asUser, withDeps } from '../session.ts';

export function addLog(program: Command, cli: Cli): void {
  const { t } = cli;
  const log = program.command('log').description(t('cli.log'));
  log
    .command('key')
    .description(t('cli.log.key'))
    .action(async (_options: object, command: Command) => {
      const keys = await withDeps(cli, 'look', listWitnessKeys);
      cli.show(command, { keys }, () => keys.join('\n'));
    });
  log
    .command('rekey')
    .description(t('cli.log.rekey'))
    .option('--yes', t('cli.log.rekey-yes'))
    .action(async (options: { readonly yes?: boolean }, command: Command) => {
      await asUser(
        cli,
        command,
        'change',
        async (deps, actor) => {
          const logs = await countLogs(deps);
          if (options.yes !== true)
            throw new AppError('invalid', 'cli.log.rekey-needed', { params: { logs } });
          const key = await rekeyLog(deps, actor);
          cli.show(command, { key, logs }, () => t('cli.log.rekeyed', { key, logs }));
        },
        { anyLogKey: true },
      );
    });
}
