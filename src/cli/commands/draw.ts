import type { Command } from 'commander';
import { toHex } from '../../domain/hash.ts';
import { readDice } from '../../domain/frame/sample.ts';
import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import { drawSample } from '../../operations/draw/draw.ts';
import { campaignArgument, countyOfOption, withCounty } from '../arguments.ts';
import type { Cli } from '../cli.ts';
import { asUser } from '../session.ts';

interface Options {
  readonly county?: CountyCode;
  readonly dice: string;
}

export function addDraw(program: Command, cli: Cli): void {
  const { t } = cli;
  withCounty(
    program
      .command('draw')
      .description(t('cli.draw'))
      .argument('<campaign>', t('cli.argument.campaign'), campaignArgument),
    t('cli.option.county'),
  )
    .requiredOption('--dice <digits>', t('cli.option.dice'))
    .action(async (campaign: CampaignId, options: Options, command: Command) => {
      readDice(options.dice);
      await asUser(cli, command, 'change', async (deps, actor) => {
        const code = await countyOfOption(deps, actor, campaign, options.county);
        const { county, sampling } = await drawSample(deps, actor, campaign, code, options.dice);
        const draw = county.draw;
        cli.show(command, { county: code, draw, sampling }, () =>
          [
            t('cli.draw.done', { county: county.name, seed: draw ? toHex(draw.seed) : '' }),
            ...(draw?.moves ?? []).map((m) =>
              t('cli.draw.moved', {
                count: m.count,
                from: t(`cli.group.${m.from}`),
                to: t(`cli.group.${m.to}`),
              }),
            ),
            cli.table(
              ['group', 'location', 'size', 'quota', 'drawn', 'replacements'].map((c) =>
                t(`cli.column.${c}`),
              ),
              sampling.map((s) => [
                t(`cli.group.${s.group}`),
                s.location === null ? '—' : t(`staff.location.${s.location}`),
                s.frameSize ?? '—',
                s.quota,
                s.drawn,
                s.replacements,
              ]),
            ),
          ].join('\n'),
        );
      });
    });
}
