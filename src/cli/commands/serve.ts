import type { Command } from 'commander';
import type { Cli } from '../cli.ts';

export function addServe(program: Command, cli: Cli): void {
  program
    .command('serve')
    .description(cli.t('cli.serve'))
    .action(async () => {
      // The entry of the process: reads the environment, listens, ends on a signal.
      await import('../../server.ts');
    });
}
