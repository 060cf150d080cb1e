import type { Command } from 'commander';
import { formatValue, pointStyle } from '../../domain/scoring/format.ts';
import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import { figureString, localisedIn } from '../../export/report/draft.ts';
import { compareClaimed } from '../../operations/summary/claimed.ts';
import { campaignArgument, countyOfOption, withCounty } from '../arguments.ts';
import type { Cli } from '../cli.ts';
import { openFile } from '../files.ts';
import { asUser } from '../session.ts';

/** Compares a county's claim with the survey's figures; nothing of the file is stored. */
export function addClaimed(program: Command, cli: Cli): void {
  const { t } = cli;
  withCounty(
    program
      .command('claimed')
      .description(t('cli.claimed'))
      .argument('<campaign>', t('cli.argument.campaign'), campaignArgument)
      .argument('<file>', t('cli.argument.table')),
    t('cli.option.county'),
  )
    .option('--alias <text>', t('claimed.aliases.hint'))
    .action(
      async (
        campaign: CampaignId,
        file: string,
        options: { readonly county?: CountyCode; readonly alias?: string },
        command: Command,
      ) => {
        const opened = openFile(file);
        await asUser(cli, command, 'look', async (deps, actor) => {
          const county = await countyOfOption(deps, actor, campaign, options.county);
          const { summary: s, claimed } = await compareClaimed(
            ...([deps, actor, campaign, county, opened, options.alias ?? ''] as const),
          );
          cli.show(command, claimed, () =>
            [
              `${t('claimed.not-verified')} ${t('claimed.not-verified.text')}`,
              cli.table(
                ['staff.summary.formula', 'claimed.column.claimed', 'claimed.column.own'].map((key) =>
                  t(key),
                ),
                claimed.figures.map(({ formula, value, why }) => {
                  const own = s.formulas.find((f) => f.id === formula.id);
                  const style = pointStyle(s, own?.formula);
                  return [
                    localisedIn(cli.language)(formula.title),
                    value === null ? t(`claimed.why.${why ?? 'no-answers'}`) : formatValue(value, style),
                    own ? figureString(t, own.figure, style) : '–',
                  ];
                }),
              ),
              ...claimed.left.map(
                ({ title, option }) => `${title}${option === '' ? '' : t('claimed.left.option', { option })}`,
              ),
            ].join('\n'),
          );
        });
      },
    );
}
