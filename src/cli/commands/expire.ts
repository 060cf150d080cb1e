import type { Command } from 'commander';
import type { CampaignId } from '../../domain/model/ids.ts';
import { expireCampaign } from '../../operations/campaign/expiry.ts';
import { campaignArgument } from '../arguments.ts';
import type { Cli } from '../cli.ts';
import { asUser } from '../session.ts';

export function addExpire(program: Command, cli: Cli): void {
  const { t } = cli;
  program
    .command('expire')
    .description(t('cli.expire'))
    .argument('<campaign>', t('cli.argument.campaign'), campaignArgument)
    .action(async (campaign: CampaignId, _options: object, command: Command) => {
      await asUser(cli, command, 'change', async (deps, actor) => {
        await expireCampaign(deps, actor, campaign);
        cli.show(command, { campaign, done: 'expire' }, () => t('cli.expire.done'));
      });
    });
}
