import type { Command } from 'commander';
import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import { exportAnalysis } from '../../operations/summary/analysis.ts';
import { campaignArgument, countyOfOption, withCounty } from '../arguments.ts';
import type { Cli } from '../cli.ts';
import { assertAbsent, writeWhole } from '../files.ts';
import { asUser } from '../session.ts';

export function addAnalysis(program: Command, cli: Cli): void {
  const { t } = cli;
  withCounty(
    program
      .command('analysis')
      .description(t('cli.analysis'))
      .argument('<campaign>', t('cli.argument.campaign'), campaignArgument),
    t('cli.option.county'),
  )
    .requiredOption('-o, --output <file>', t('cli.option.output'))
    .action(
      async (
        campaign: CampaignId,
        options: { readonly county?: CountyCode; readonly output: string },
        command: Command,
      ) => {
        assertAbsent(options.output);
        await asUser(cli, command, 'change', async (deps, actor) => {
          const county = await countyOfOption(deps, actor, campaign, options.county);
          await writeWhole(options.output, await exportAnalysis(deps, actor, campaign, county, cli.language));
          cli.show(command, { file: options.output }, () => options.output);
        });
      },
    );
}
