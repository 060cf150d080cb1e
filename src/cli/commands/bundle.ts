import type { Command } from 'commander';
import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import { exportBundle } from '../../operations/evidence/bundle.ts';
import { campaignArgument, countyOfOption, withCounty } from '../arguments.ts';
import type { Cli } from '../cli.ts';
import { assertAbsent, writeWhole } from '../files.ts';
import { asUser } from '../session.ts';

/** For inspectors: `--as LOGIN`. */
export function addBundle(program: Command, cli: Cli): void {
  const { t } = cli;
  const command = program
    .command('bundle')
    .description(t('cli.bundle'))
    .argument('<campaign>', t('cli.argument.campaign'), campaignArgument)
    .argument('<file>', t('cli.argument.bundle'));
  withCounty(command, t('cli.option.county')).action(
    async (campaign: CampaignId, file: string, options: { county?: CountyCode }, own: Command) => {
      assertAbsent(file);
      await asUser(cli, own, 'change', async (deps, actor) => {
        const county = await countyOfOption(deps, actor, campaign, options.county);
        await writeWhole(file, await exportBundle(deps, actor, campaign, county));
      });
      cli.note(t('cli.written', { file }));
    },
  );
}
