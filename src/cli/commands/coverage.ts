import type { Command } from 'commander';
import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import { getCoverage } from '../../operations/frame/coverage.ts';
import { campaignArgument, countyOfOption, withCounty } from '../arguments.ts';
import type { Cli } from '../cli.ts';
import { percent } from '../present.ts';
import { asUser } from '../session.ts';

export function addCoverage(program: Command, cli: Cli): void {
  const { t } = cli;
  withCounty(
    program
      .command('coverage')
      .description(t('cli.coverage'))
      .argument('<campaign>', t('cli.argument.campaign'), campaignArgument),
    t('cli.option.county'),
  ).action(async (campaign: CampaignId, options: { county?: CountyCode }, command: Command) => {
    await asUser(cli, command, 'look', async (deps, actor) => {
      const county = await countyOfOption(deps, actor, campaign, options.county);
      const coverage = await getCoverage(deps, actor, campaign, county);
      cli.show(command, coverage, () =>
        [
          cli.table(
            [
              'school',
              'pupils',
              'guardians',
              'guardian-ratio',
              'staff',
              'teachers',
              'teacher-ratio',
              'shared',
              'consecutive',
            ].map((c) => t(`cli.column.${c}`)),
            coverage.schools.map((s) => [
              s.name,
              s.pupils ?? '—',
              s.guardians,
              percent(s.guardianRatio),
              s.staff ?? '—',
              s.teachers,
              percent(s.teacherRatio),
              s.shared,
              s.consecutive,
            ]),
          ),
          ...(coverage.missing.length > 0
            ? [t('cli.coverage.missing', { schools: coverage.missing.map((s) => s.name).join('、') })]
            : []),
        ].join('\n'),
      );
    });
  });
}
