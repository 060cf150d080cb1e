import type { Command } from 'commander';
import type { CampaignId, CountyCode } from '../../domain/ids.ts';
import type { VerdictReason } from '../../domain/scoring/verdict.ts';
import type { Summary } from '../../domain/scoring/summary-types.ts';
import { summaryCsv } from '../../export/summary-csv.ts';
import { mainLanguage } from '../../messages/messages.ts';
import { getCampaign } from '../../operations/campaigns.ts';
import { compareCounties, type SummaryReport } from '../../operations/summary.ts';
import { campaignArgument, choiceArgument, countiesArgument } from '../arguments.ts';
import { globalsOf, type Cli } from '../cli.ts';
import { assertAbsent, writeWhole } from '../files.ts';
import { figureText, table } from '../present.ts';
import { asUser } from '../session.ts';

interface Options {
  readonly county?: readonly CountyCode[];
  readonly format?: 'text' | 'json' | 'csv';
  readonly output?: string;
}

export function addSummary(program: Command, cli: Cli): void {
  const { t } = cli;
  program
    .command('summary')
    .description(t('cli.summary'))
    .argument('<campaign>', t('cli.argument.campaign'), campaignArgument)
    .option('--county <code>', t('cli.option.summary-counties'), countiesArgument)
    .option('--format <format>', 'text | json | csv', choiceArgument('text', 'json', 'csv'))
    .option('-o, --output <file>', t('cli.option.output'))
    .action(async (campaign: CampaignId, options: Options, command: Command) => {
      if (options.output !== undefined) assertAbsent(options.output);
      await asUser(cli, command, 'look', async (deps, actor) => {
        const counties =
          options.county ?? (await getCampaign(deps, actor, campaign)).counties.map((c) => c.code);
        const all = await compareCounties(deps, actor, campaign, counties);
        const format = options.format ?? (globalsOf(command).json ? 'json' : 'text');
        const bytes = await render(all, format);
        if (options.output === undefined) cli.write(bytes);
        else {
          await writeWhole(options.output, [bytes]);
          cli.note(t('cli.written', { file: options.output }));
        }
      });
    });

  async function render(all: readonly SummaryReport[], format: 'text' | 'json' | 'csv'): Promise<Uint8Array> {
    switch (format) {
      case 'json':
        return Buffer.from(`${JSON.stringify(all, null, 2)}\n`);
      case 'csv': {
        const chunks: Uint8Array[] = [];
        for await (const chunk of summaryCsv(all, cli.language)) chunks.push(chunk);
        return Buffer.concat(chunks);
      }
      case 'text':
        return Buffer.from(`${all.map(describe).join('\n\n')}\n`);
    }
  }

  function describe(s: SummaryReport): string {
    const { decimals } = s.profile;
    const threshold = s.threshold.value;
    const text = (title: Readonly<Record<string, string>>) =>
      title[cli.language] ?? title[mainLanguage] ?? '';
    const n = (figure: Summary['official']) => (figure.kind === 'estimate' ? figure.n : '');
    const denominator = (figure: Summary['official']) =>
      figure.kind === 'estimate' ? figure.denominator : '';
    const total = s.returnRates.find((r) => r.group === null);
    return [
      `${s.campaign.name}  ${s.county.code} ${s.county.name}`,
      ...(s.campaign.selfAdministered ? [t('cli.summary.self-administered')] : []),
      t('cli.summary.official', {
        value: figureText(t, s.official, decimals, threshold),
        threshold,
        verdict: t(`verdict.${s.verdict.kind}`),
      }),
      ...(s.verdict.kind === 'insufficient' ? s.verdict.reasons.map((r) => `  ${reason(r)}`) : []),
      ...(total
        ? [
            t('cli.summary.return-rate', {
              value: figureText(t, total.figure, total.decimals),
              n: n(total.figure),
              denominator: denominator(total.figure),
            }),
          ]
        : []),
      t('cli.summary.first', { value: figureText(t, s.first.official, decimals, threshold) }),
      '',
      table(
        ['formula', 'value', 'n', 'denominator', 'official'].map((c) => t(`cli.column.${c}`)),
        s.formulas.map((f) => [
          text(f.formula.title),
          figureText(t, f.figure, decimals, threshold),
          n(f.figure),
          denominator(f.figure),
          f.official ? t('cli.yes') : '',
        ]),
      ),
      '',
      table(
        ['group', 'value', 'n', 'weight'].map((c) => t(`cli.column.${c}`)),
        s.groups.map((g) => [
          t(`cli.group.${g.group}`),
          figureText(t, g.figure, decimals, threshold),
          g.responses.kind === 'count' ? g.responses.value : '',
          g.weight,
        ]),
      ),
      '',
      ...logText(s),
      table(
        ['dimension', 'value'].map((c) => t(`cli.column.${c}`)),
        s.dimensions.map((d) => [text(d.title), figureText(t, d.figure, decimals, threshold)]),
      ),
    ].join('\n');
  }

  function logText({ log }: SummaryReport): readonly string[] {
    if (log === null) return [];
    const [newest] = log.held;
    return [
      t('cli.summary.log', { origin: log.origin, size: log.size, root: log.root }),
      newest
        ? t('cli.summary.witnesses', {
            size: newest.size,
            witnesses: newest.witnesses,
            signed: newest.signed,
          })
        : t('cli.summary.no-witness'),
      '',
    ];
  }

  function reason(r: VerdictReason): string {
    const { code, ...rest } = r;
    const params = Object.fromEntries(
      Object.entries(rest).map(([name, value]) => [
        name,
        name === 'group'
          ? value === null
            ? ''
            : t(`cli.group.${String(value)}`)
          : typeof value === 'number'
            ? Number(value.toFixed(1))
            : String(value),
      ]),
    );
    return t(`verdict.reason.${code}`, params);
  }
}
