import type { Command } from 'commander';
import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import { issueLateCodes } from '../../operations/draw/late.ts';
import { campaignArgument, countyOfOption, withCounty } from '../arguments.ts';
import type { Cli } from '../cli.ts';
import { asUser } from '../session.ts';

export function addLate(program: Command, cli: Cli): void {
  const { t } = cli;
  withCounty(
    program
      .command('late')
      .description(t('cli.late'))
      .argument('<campaign>', t('cli.argument.campaign'), campaignArgument),
    t('cli.option.county'),
  ).action(async (campaign: CampaignId, options: { county?: CountyCode }, command: Command) => {
    await asUser(cli, command, 'change', async (deps, actor) => {
      const county = await countyOfOption(deps, actor, campaign, options.county);
      const issued = await issueLateCodes(deps, actor, campaign, county);
      cli.show(command, { issued }, () => t('cli.late.done', { issued }));
    });
  });
}
