import type { Command } from 'commander';
import type { CampaignId } from '../../domain/model/ids.ts';
import { releaseWhole } from '../../operations/campaign/release.ts';
import { campaignArgument } from '../arguments.ts';
import type { Cli } from '../cli.ts';
import { asUser } from '../session.ts';

export function addRelease(program: Command, cli: Cli): void {
  const { t } = cli;
  program
    .command('release')
    .description(t('cli.release'))
    .argument('<campaign>', t('cli.argument.campaign'), campaignArgument)
    .action(async (campaign: CampaignId, _options: object, command: Command) => {
      await asUser(cli, command, 'change', async (deps, actor) => {
        await releaseWhole(deps, actor, campaign);
        cli.show(command, { campaign, done: 'release' }, () => t('cli.release.done'));
      });
    });
}
