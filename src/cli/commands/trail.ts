import type { Command } from 'commander';
import type { CampaignId } from '../../domain/model/ids.ts';
import { listTrail } from '../../operations/trail.ts';
import { campaignArgument, countArgument } from '../arguments.ts';
import type { Cli } from '../cli.ts';
import { localTime, table } from '../present.ts';
import { asUser } from '../session.ts';

interface Options {
  readonly campaign?: CampaignId;
  readonly before?: number;
  readonly limit?: number;
}

export function addTrail(program: Command, cli: Cli): void {
  const { t } = cli;
  program
    .command('trail')
    .description(t('cli.trail'))
    .option('--campaign <id>', t('cli.argument.campaign'), campaignArgument)
    .option('--before <no>', t('cli.option.before'), countArgument)
    .option('--limit <count>', t('cli.option.limit'), countArgument)
    .action(async (options: Options, command: Command) => {
      await asUser(cli, command, 'look', async (deps, actor) => {
        const entries = await listTrail(deps, actor, options);
        cli.show(command, entries, () =>
          table(
            ['no', 'time', 'who', 'role', 'action', 'campaign', 'county', 'details'].map((c) =>
              t(`cli.column.${c}`),
            ),
            entries.map((e) => [
              e.no,
              localTime(e.at),
              e.actor,
              t(`cli.role.${e.role}`),
              e.action,
              e.campaign ?? '',
              e.county ?? '',
              JSON.stringify(e.details),
            ]),
          ),
        );
      });
    });
}
