import type { Command } from 'commander';
import type { RateRow } from '../../domain/answer/rate-view.ts';
import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import { settle } from '../../domain/scoring/figure.ts';
import { formatValue } from '../../domain/scoring/format.ts';
import { viewRates, type RatesView } from '../../operations/summary/rates.ts';
import { unitName } from '../../texts/unit-name.ts';
import { campaignArgument, countyOfOption, withCounty } from '../arguments.ts';
import type { Cli } from '../cli.ts';
import { asUser } from '../session.ts';
import { serviceMinute } from '../../domain/time-zone.ts';

export function addRates(program: Command, cli: Cli): void {
  const { t } = cli;
  withCounty(
    program
      .command('rates')
      .description(t('cli.rates'))
      .argument('<campaign>', t('cli.argument.campaign'), campaignArgument),
    t('cli.option.county'),
  ).action(async (campaign: CampaignId, options: { county?: CountyCode }, command: Command) => {
    await asUser(cli, command, 'look', async (deps, actor) => {
      const county = await countyOfOption(deps, actor, campaign, options.county);
      const view = await viewRates(deps, actor, campaign, county);
      cli.show(command, view, () => describe(view));
    });
  });

  function describe(view: RatesView): string {
    const when = t(`cli.rates.${view.kind}`, {
      at: view.at === null ? '' : serviceMinute(view.at),
      next: view.nextAt === null ? '' : serviceMinute(view.nextAt),
    });
    const head = `${view.campaignName}  ${view.county} ${view.countyName}\n${when}`;
    if (view.rows.length === 0) return head;
    const rows = view.rows.map((row) => [
      t(`cli.group.${row.group}`),
      unitName(t, row),
      t(`cli.set.${row.set}`),
      row.issued ?? '—',
      ...values(row, view.returnRate),
    ]);
    return `${head}\n${cli.table(
      ['group', 'place', 'set', 'issued', 'answered', 'valid'].map((c) => t(`cli.column.${c}`)),
      rows,
    )}`;
  }

  function values({ value, issued }: RateRow, rule: RatesView['returnRate']): readonly [string, string] {
    switch (value.kind) {
      case 'coarse': {
        const range = (from: number) => `${from}–${Math.min(100, from + value.step)}%`;
        return [range(value.answered), range(value.valid)];
      }
      case 'exact': {
        const rounding = { decimals: rule?.decimals ?? 1, threshold: rule?.floor ?? null };
        const share = (n: number) =>
          issued ? `${n} (${formatValue(settle((100 * n) / issued), rounding)}%)` : String(n);
        return [share(value.answered), share(value.valid)];
      }
      case 'hidden':
        return [t(`cli.rates.hidden.${value.why}`), ''];
    }
  }
}
