import type { Command } from 'commander';
import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import { trailTopicNames, type TrailTopic } from '../../domain/model/trail.ts';
import { actionName, trailCells } from '../../texts/trail-words.ts';
import { listTrail, trailNames } from '../../operations/trail.ts';
import { campaignArgument, choiceArgument, countArgument, countyArgument } from '../arguments.ts';
import type { Cli } from '../cli.ts';
import { asUser } from '../session.ts';
import { serviceMinute } from '../../domain/time-zone.ts';

interface Options {
  readonly campaign?: CampaignId;
  readonly before?: number;
  readonly limit?: number;
  readonly topic?: TrailTopic;
  readonly actor?: string;
  readonly county?: CountyCode;
}

export function addTrail(program: Command, cli: Cli): void {
  const { t } = cli;
  program
    .command('trail')
    .description(t('cli.trail'))
    .option('--campaign <id>', t('cli.argument.campaign'), campaignArgument)
    .option('--before <no>', t('cli.option.before'), countArgument)
    .option('--limit <count>', t('cli.option.limit'), countArgument)
    .option('--topic <topic>', t('cli.option.topic'), choiceArgument(...trailTopicNames))
    .option('--actor <name>', t('cli.option.actor'))
    .option('--county <code>', t('cli.option.trail-county'), countyArgument)
    .action(async (options: Options, command: Command) => {
      await asUser(cli, command, 'look', async (deps, actor) => {
        const entries = await listTrail(deps, actor, options);
        const names = await trailNames(deps, actor);
        cli.show(command, entries, () =>
          cli.table(
            ['no', 'time', 'who', 'role', 'action', 'campaign', 'county', 'details'].map((c) =>
              t(`cli.column.${c}`),
            ),
            entries.map((e) => [
              e.no,
              serviceMinute(e.at),
              e.actor,
              t(`cli.role.${e.role}`),
              actionName(t, e.action),
              ...trailCells(t, e, names),
            ]),
          ),
        );
      });
    });
}
