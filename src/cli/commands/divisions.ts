import type { Command } from 'commander';
import { importDivisions } from '../../operations/campaign/divisions.ts';
import type { Cli } from '../cli.ts';
import { openFile } from '../files.ts';
import { asUser } from '../session.ts';

export function addDivisions(program: Command, cli: Cli): void {
  const { t } = cli;
  program
    .command('divisions')
    .description(t('cli.divisions'))
    .command('import')
    .description(t('cli.divisions.import'))
    .argument('<file>', t('cli.argument.table'))
    .requiredOption('--as-of <date>', t('cli.option.as-of'))
    .action(async (file: string, options: { asOf: string }, command: Command) => {
      const opened = openFile(file);
      await asUser(cli, command, 'change', async (deps, actor) => {
        const counties = await importDivisions(deps, actor, { ...opened, asOf: options.asOf });
        cli.show(command, { counties }, () => t('cli.divisions.imported', { counties }));
      });
    });
}
