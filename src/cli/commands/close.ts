import type { Command } from 'commander';
import type { CampaignId } from '../../domain/model/ids.ts';
import { closeCampaign } from '../../operations/campaign/closing.ts';
import { campaignArgument } from '../arguments.ts';
import type { Cli } from '../cli.ts';
import { asUser } from '../session.ts';

export function addClose(program: Command, cli: Cli): void {
  const { t } = cli;
  program
    .command('close')
    .description(t('cli.close'))
    .argument('<campaign>', t('cli.argument.campaign'), campaignArgument)
    .action(async (campaign: CampaignId, _options: object, command: Command) => {
      await asUser(cli, command, 'change', async (deps, actor) => {
        await closeCampaign(deps, actor, campaign, true);
        cli.show(command, { campaign, done: 'close' }, () => t('cli.close.done'));
      });
    });
}
