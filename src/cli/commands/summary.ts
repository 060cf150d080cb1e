import type { Command } from 'commander';
import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import { summaryCsv } from '../../export/summary-csv.ts';
import { getCampaign } from '../../operations/campaign/campaigns.ts';
import { compareCounties, type SummaryReport } from '../../operations/summary/summary.ts';
import { campaignArgument, choiceArgument, countiesArgument } from '../arguments.ts';
import { globalsOf, type Cli } from '../cli.ts';
import { assertAbsent, writeWhole } from '../files.ts';
import { asUser } from '../session.ts';
import { summaryText } from '../summary-text.ts';
import { table } from '../table.ts';

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
        // In a file a table has its natural width.
        const bytes = await render(all, format, options.output === undefined ? cli : { ...cli, table });
        if (options.output === undefined) cli.write(bytes);
        else {
          await writeWhole(options.output, [bytes]);
          cli.note(t('cli.written', { file: options.output }));
        }
      });
    });

  async function render(
    all: readonly SummaryReport[],
    format: 'text' | 'json' | 'csv',
    own: Cli,
  ): Promise<Uint8Array> {
    switch (format) {
      case 'json':
        return Buffer.from(`${JSON.stringify(all, null, 2)}\n`);
      case 'csv': {
        const chunks: Uint8Array[] = [];
        for await (const chunk of summaryCsv(all, cli.language)) chunks.push(chunk);
        return Buffer.concat(chunks);
      }
      case 'text':
        return Buffer.from(`${all.map((s) => summaryText(own, s)).join('\n\n')}\n`);
    }
  }
}
