import { Option, type Command } from 'commander';
import { countArgument } from '../arguments.ts';
import type { Cli } from '../cli.ts';
import type { DemoOptions } from '../demo/run.ts';

export function addDemo(program: Command, cli: Cli): void {
  const { t } = cli;
  program
    .command('demo')
    .description(t('cli.demo-command'))
    .option('--fresh', t('cli.option.fresh'))
    .option('--no-serve', t('cli.option.no-serve'))
    .addOption(
      new Option('--scale <percent>', 'size of the rolls').argParser(countArgument).default(100).hideHelp(),
    )
    .action(async (options: DemoOptions, command: Command) => {
      const { runDemo } = await import('../demo/run.ts');
      await runDemo(cli, command, options);
    });
}
