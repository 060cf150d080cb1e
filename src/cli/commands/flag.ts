import type { Command } from 'commander';
import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import type { Group } from '../../domain/model/vocabulary.ts';
import { flagAnswers } from '../../operations/evidence/flags.ts';
import { campaignArgument, countArgument, countyOfOption, groupArgument, withCounty } from '../arguments.ts';
import type { Cli } from '../cli.ts';
import { asUser } from '../session.ts';

interface FlagOptions {
  readonly county?: CountyCode;
  readonly group?: Group;
  readonly stratum?: number;
  readonly reason: string;
}

export function addFlag(program: Command, cli: Cli): void {
  const { t } = cli;
  const command = program
    .command('flag')
    .description(t('cli.flag'))
    .argument('<campaign>', t('cli.argument.campaign'), campaignArgument);
  withCounty(command, t('cli.option.county'))
    .option('--group <group>', t('cli.option.flag-group'), groupArgument)
    .option('--stratum <no>', t('cli.option.flag-stratum'), countArgument)
    .requiredOption('--reason <text>', t('cli.option.reason'))
    .action(async (campaign: CampaignId, options: FlagOptions, own: Command) => {
      const { group = null, stratum = null, reason } = options;
      await asUser(cli, own, 'change', async (deps, actor) => {
        const county = await countyOfOption(deps, actor, campaign, options.county);
        await flagAnswers(deps, actor, campaign, county, { group, reportingStratum: stratum, reason });
        cli.show(own, { campaign, county, done: 'flag' }, () => t('cli.flag.done'));
      });
    });
}
