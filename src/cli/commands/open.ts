import type { Command } from 'commander';
import type { CampaignId } from '../../domain/model/ids.ts';
import { openCampaign } from '../../operations/campaign/campaigns.ts';
import { campaignArgument } from '../arguments.ts';
import type { Cli } from '../cli.ts';
import { asUser } from '../session.ts';

export function addOpen(program: Command, cli: Cli): void {
  const { t } = cli;
  program
    .command('open')
    .description(t('cli.open'))
    .argument('<campaign>', t('cli.argument.campaign'), campaignArgument)
    .action(async (campaign: CampaignId, _options: object, command: Command) => {
      await asUser(cli, command, 'change', async (deps, actor) => {
        await openCampaign(deps, actor, campaign);
        cli.show(command, { campaign, done: 'open' }, () => t('cli.open.done'));
      });
    });
}
