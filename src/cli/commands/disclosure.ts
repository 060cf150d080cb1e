import type { Command } from 'commander';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { auditDisclosure, efforts, type Effort } from '../../audit/disclosure/audit.ts';
import type { BoundsStep } from '../../audit/disclosure/bounds.ts';
import type { AuditReport } from '../../audit/disclosure/case.ts';
import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import { getCampaign } from '../../operations/campaign/campaigns.ts';
import { auditCounty, type CountyDisclosure } from '../../operations/disclosure/audit-disclosure.ts';
import { readCase } from '../../operations/disclosure/read-case.ts';
import { campaignArgument, choiceArgument, countArgument, countiesArgument } from '../arguments.ts';
import { globalsOf, type Cli } from '../cli.ts';
import { disclosureLine, disclosureText } from '../disclosure-text.ts';
import { exitFound } from '../exit-codes.ts';
import { readText } from '../files.ts';
import { shellActor, withDeps } from '../session.ts';

interface Options {
  readonly county?: readonly CountyCode[];
  readonly trace?: number;
  readonly effort?: Effort;
}

/** Interval between two lines of progress, in ms. */
const PROGRESS_MS = 5000;

/** What an outsider can compute of the suppressed values: run it before release. */
export function addDisclosure(program: Command, cli: Cli): void {
  const { t } = cli;
  const disclosure = program.command('disclosure').description(t('cli.disclosure'));
  disclosure
    .command('files')
    .description(t('cli.disclosure.files'))
    .argument('<path...>', t('cli.disclosure.paths'))
    .option('--known <file>', t('cli.disclosure.known'))
    .action(async (paths: readonly string[], options: { known?: string }, command: Command) => {
      const { files, known } = listFiles(paths, options.known);
      const reports: AuditReport[] = [];
      for (const file of files) {
        const report = await auditDisclosure(
          readCase(file, readWithoutMark(file), known && readWithoutMark(known)),
        );
        show(command, file, report);
        reports.push(report);
      }
      finish(command, reports);
    });
  disclosure
    .command('audit')
    .description(t('cli.disclosure.audit'))
    .argument('<campaign>', t('cli.argument.campaign'), campaignArgument)
    .option('--county <code>', t('cli.option.summary-counties'), countiesArgument)
    .option(
      '--effort <effort>',
      t('cli.disclosure.effort', { usual: efforts.usual.targets }),
      choiceArgument('usual', 'full'),
    )
    .option('--trace <cells>', t('cli.disclosure.trace'), countArgument)
    .action(async (campaign: CampaignId, options: Options, command: Command) => {
      await withDeps(cli, 'look', async (deps) => {
        const counties =
          options.county ?? (await getCampaign(deps, shellActor, campaign)).counties.map((c) => c.code);
        const reports: CountyDisclosure[] = [];
        const tell = progressOf(counties.length);
        for (const [i, county] of counties.entries()) {
          const report = await auditCounty(deps, shellActor, campaign, county, {
            ...efforts[options.effort ?? 'usual'],
            traced: options.trace ?? 0,
            progress: (step) => {
              tell(county, i + 1, step);
            },
          });
          show(command, `${report.county} ${report.name}`, report);
          reports.push(report);
        }
        finish(command, reports);
      });
    });

  /** On standard error, every few seconds. */
  function progressOf(counties: number) {
    const started = performance.now();
    let told = started;
    return (place: string, no: number, { what, done, of }: BoundsStep) => {
      const now = performance.now();
      if (now - told < PROGRESS_MS) return;
      told = now;
      const step = t(`cli.disclosure.step.${what}`);
      const seconds = Math.round((now - started) / 1000);
      cli.note(t('cli.disclosure.progress', { place, no, counties, seconds, step, done, of }));
    };
  }

  function show(command: Command, place: string, report: AuditReport): void {
    if (globalsOf(command).json !== true) cli.print(disclosureText(t, place, report));
  }

  function finish(command: Command, reports: readonly AuditReport[]): void {
    cli.show(command, reports, () => disclosureLine(reports));
    if (reports.some((report) => report.solved.length > 0)) cli.fail(exitFound);
  }
}

/** The named files, and those of the named folders; data known beside publications is in `known.json` there, unless named. */
function listFiles(
  paths: readonly string[],
  named: string | undefined,
): { readonly files: readonly string[]; readonly known: string | undefined } {
  let known = named;
  const files = paths.flatMap((path) => {
    if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return [path];
    const own = readdirSync(path).filter((name) => name.endsWith('.json'));
    if (own.includes('known.json')) known ??= join(path, 'known.json');
    return own.filter((name) => name !== 'known.json').map((name) => join(path, name));
  });
  return { files, known };
}

const readWithoutMark = (file: string) => readText(file).replace(/^\uFEFF/, '');
