import type { Command } from 'commander';
import { fateFields } from '../../domain/messaging/fate.ts';
import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import { previewTable } from '../../operations/frame/preview.ts';
import { importFates } from '../../operations/message/fates.ts';
import { campaignArgument, countyOfOption, withCounty } from '../arguments.ts';
import type { Cli } from '../cli.ts';
import { mappingOfOptions, previewText, withColumns, type ColumnOptions } from '../columns.ts';
import { exitFound } from '../exit-codes.ts';
import { openFile } from '../files.ts';
import { asUser } from '../session.ts';
import { warningText } from '../warnings.ts';

export function addFates(program: Command, cli: Cli): void {
  const { t } = cli;
  const fates = program.command('fates').description(t('cli.fates'));
  const fateImport = withCounty(
    fates
      .command('import')
      .description(t('cli.fates.import'))
      .argument('<campaign>', t('cli.argument.campaign'), campaignArgument)
      .argument('<file>', t('cli.argument.table')),
    t('cli.option.county'),
  );
  withColumns(fateImport, t, fateFields)
    .option('--skip-hidden', t('cli.option.skip-hidden'))
    .action(
      async (
        campaign: CampaignId,
        file: string,
        options: ColumnOptions & { readonly county?: CountyCode; readonly skipHidden?: boolean },
        command: Command,
      ) => {
        const opened = openFile(file, options);
        const mapping = mappingOfOptions(options, fateFields);
        await asUser(cli, command, 'change', async (deps, actor) => {
          const county = await countyOfOption(deps, actor, campaign, options.county);
          if (options.preview === true) {
            const asked = { kind: 'fates', sheet: options.sheet } as const;
            const preview = await previewTable(deps, actor, campaign, county, asked, opened);
            cli.show(command, preview, () => previewText(cli, preview));
            return;
          }
          const result = await importFates(deps, actor, campaign, county, {
            ...opened,
            mapping,
          });
          const faults = result.faults.map((f) => ({ ...f, text: t(f.message, f.params) }));
          const warnings = result.warnings.map((w) => ({ ...w, text: warningText(t, w) }));
          cli.show(command, { ...result, faults, warnings }, () =>
            [
              ...warnings.map((w) => `${t('cli.template.warning')}${w.text}`),
              ...faults.map((f) => t('cli.fault', { file, sheet: f.sheet, row: f.row, text: f.text })),
              t('staff.fates.saved', {
                saved: result.saved,
                unknown: result.unknown,
                faults: faults.length + result.more,
              }),
            ].join('\n'),
          );
          if (faults.length > 0) cli.fail(exitFound);
        });
      },
    );
}
