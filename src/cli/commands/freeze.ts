import type { Command } from 'commander';
import { toHex } from '../../domain/hash.ts';
import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import { freezeFrame } from '../../operations/frame/frame.ts';
import { campaignArgument, countyOfOption, withCounty } from '../arguments.ts';
import type { Cli } from '../cli.ts';
import { asUser } from '../session.ts';

export function addFreeze(program: Command, cli: Cli): void {
  const { t } = cli;
  withCounty(
    program
      .command('freeze')
      .description(t('cli.freeze'))
      .argument('<campaign>', t('cli.argument.campaign'), campaignArgument),
    t('cli.option.county'),
  ).action(async (campaign: CampaignId, options: { county?: CountyCode }, command: Command) => {
    await asUser(cli, command, 'change', async (deps, actor) => {
      const code = await countyOfOption(deps, actor, campaign, options.county);
      const { name, frame } = await freezeFrame(deps, actor, campaign, code);
      const [size, root] = [frame?.size ?? 0, frame ? toHex(frame.root) : ''];
      cli.show(command, { county: code, size, root }, () =>
        t('cli.freeze.done', { county: name, size, root }),
      );
    });
  });
}
