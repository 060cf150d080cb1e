import type { Command } from 'commander';
import { schoolFields } from '../../domain/frame/roll/header.ts';
import type { CampaignId, CountyCode, SchoolId } from '../../domain/model/ids.ts';
import { previewTable } from '../../operations/frame/preview.ts';
import { importSchools, listSchools, removeSchool } from '../../operations/frame/schools.ts';
import { campaignArgument, countyOfOption, schoolArgument, withCounty } from '../arguments.ts';
import type { Cli } from '../cli.ts';
import { mappingOfOptions, previewText, withColumns, type ColumnOptions } from '../columns.ts';
import { exitFound } from '../exit-codes.ts';
import { openFile } from '../files.ts';
import { asUser } from '../session.ts';
import { warningText } from '../warnings.ts';

interface Options extends ColumnOptions {
  readonly county?: CountyCode;
  readonly skipHidden?: boolean;
}

export function addSchools(program: Command, cli: Cli): void {
  const { t } = cli;
  const schools = program.command('schools').description(t('cli.schools'));
  const schoolImport = withCounty(
    schools
      .command('import')
      .description(t('cli.schools.import'))
      .argument('<campaign>', t('cli.argument.campaign'), campaignArgument)
      .argument('<file>', t('cli.argument.table')),
    t('cli.option.county'),
  );
  withColumns(schoolImport, t, schoolFields)
    .option('--skip-hidden', t('cli.option.skip-hidden'))
    .action(async (campaign: CampaignId, file: string, options: Options, command: Command) => {
      const opened = openFile(file, options);
      const mapping = mappingOfOptions(options, schoolFields);
      await asUser(cli, command, 'change', async (deps, actor) => {
        const county = await countyOfOption(deps, actor, campaign, options.county);
        if (options.preview === true) {
          const asked = { kind: 'schools', sheet: options.sheet } as const;
          const preview = await previewTable(deps, actor, campaign, county, asked, opened);
          cli.show(command, preview, () => previewText(cli, preview));
          return;
        }
        const result = await importSchools(deps, actor, campaign, county, {
          ...opened,
          mapping,
        });
        const faults = result.faults.map((f) => ({ ...f, text: t(f.message, f.params) }));
        const warnings = result.warnings.map((w) => ({ ...w, text: warningText(t, w) }));
        cli.show(command, { ...result, faults, warnings }, () =>
          [
            ...warnings.map((w) => `${t('cli.template.warning')}${w.text}`),
            ...faults.map((f) => t('cli.fault', { file, sheet: f.sheet, row: f.row, text: f.text })),
            faults.length === 0
              ? t('cli.schools.imported', { saved: result.saved })
              : t('cli.schools.refused', { faults: faults.length }),
          ].join('\n'),
        );
        if (faults.length > 0) cli.fail(exitFound);
      });
    });
  withCounty(
    schools
      .command('remove')
      .description(t('cli.schools.remove'))
      .argument('<campaign>', t('cli.argument.campaign'), campaignArgument)
      .argument('<school>', t('cli.argument.school'), schoolArgument),
    t('cli.option.county'),
  ).action(async (campaign: CampaignId, school: SchoolId, options: Options, command: Command) => {
    await asUser(cli, command, 'change', async (deps, actor) => {
      const county = await countyOfOption(deps, actor, campaign, options.county);
      await removeSchool(deps, actor, campaign, county, school);
      cli.show(command, { removed: school }, () => t('cli.schools.removed'));
    });
  });
  withCounty(
    schools
      .command('list')
      .description(t('cli.schools.list'))
      .argument('<campaign>', t('cli.argument.campaign'), campaignArgument),
    t('cli.option.county'),
  ).action(async (campaign: CampaignId, options: Options, command: Command) => {
    await asUser(cli, command, 'look', async (deps, actor) => {
      const county = await countyOfOption(deps, actor, campaign, options.county);
      const all = await listSchools(deps, actor, campaign, county);
      cli.show(command, all, () =>
        cli.table(
          ['id', 'name', 'category', 'location', 'township', 'pupils', 'staff', 'parent'].map((c) =>
            t(`cli.column.${c}`),
          ),
          all.map((s) => [
            s.id,
            s.name,
            t(`staff.category.${s.category}`),
            s.location === null ? '—' : t(`staff.location.${s.location}`),
            s.township,
            s.pupils ?? '—',
            s.staff ?? '—',
            s.parent ?? '',
          ]),
        ),
      );
    });
  });
}
