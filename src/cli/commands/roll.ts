import type { Command } from 'commander';
import { extname } from 'node:path';
import type { Actor } from '../../domain/campaign/permissions.ts';
import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import type { Group } from '../../domain/model/vocabulary.ts';
import type { Deps } from '../../operations/deps.ts';
import { frameFields } from '../../domain/frame/roll/header.ts';
import { previewTable } from '../../operations/frame/preview.ts';
import { applyRoll, discardRoll, faultFile, readRoll } from '../../operations/frame/roll.ts';
import type { RollImport } from '../../domain/model/import.ts';
import { campaignArgument, choiceArgument, countyOfOption, groupArgument, withCounty } from '../arguments.ts';
import type { Cli } from '../cli.ts';
import { mappingOfOptions, previewText, withColumns, type ColumnOptions } from '../columns.ts';
import { exitFound } from '../exit-codes.ts';
import { assertAbsent, openFile, writeWhole } from '../files.ts';
import { asUser } from '../session.ts';
import { warningText } from '../warnings.ts';

interface Options extends ColumnOptions {
  readonly county?: CountyCode;
  readonly group: Group;
  readonly faults?: string;
  readonly keepGood?: boolean;
  readonly reason?: string;
  readonly skipHidden?: boolean;
  readonly late?: string;
  readonly system?: '6-3' | '5-4';
}

export function addRoll(program: Command, cli: Cli): void {
  const { t } = cli;
  const rollImport = withCounty(
    program
      .command('roll')
      .description(t('cli.roll'))
      .command('import')
      .description(t('cli.roll.import'))
      .argument('<campaign>', t('cli.argument.campaign'), campaignArgument)
      .argument('<file...>', t('cli.argument.tables')),
    t('cli.option.county'),
  );
  withColumns(rollImport, t, frameFields)
    .requiredOption('--group <group>', t('cli.option.group'), groupArgument)
    .option('--faults <file.csv>', t('cli.option.faults'))
    .option('--keep-good', t('cli.option.keep-good'))
    .option('--reason <reason>', t('cli.option.roll-reason'))
    .option('--skip-hidden', t('cli.option.skip-hidden'))
    .option('--late <reason>', t('cli.option.late'))
    .option('--system <system>', t('cli.option.system'), choiceArgument('6-3', '5-4'))
    .action(async (campaign: CampaignId, files: readonly string[], options: Options, command: Command) => {
      const opened = files.map((file) => openFile(file, options));
      const mapping = mappingOfOptions(options, frameFields);
      const targets = files.map((_, i) => options.faults && numbered(options.faults, i));
      targets.forEach((target) => target && assertAbsent(target));
      await asUser(cli, command, 'change', async (deps, actor) => {
        const county = await countyOfOption(deps, actor, campaign, options.county);
        if (options.preview === true) {
          const asked = { kind: 'roll', group: options.group, sheet: options.sheet } as const;
          for (const file of opened) {
            const preview = await previewTable(deps, actor, campaign, county, asked, file);
            cli.show(command, preview, () => previewText(cli, preview));
          }
          return;
        }
        const results: RollImport[] = [];
        for (const [i, file] of opened.entries()) {
          const staged = await readRoll(deps, actor, {
            ...file,
            campaign,
            county,
            group: options.group,
            mapping,
            lateReason: options.late,
            system: options.system,
          });
          const bad = staged.summary?.bad ?? 0;
          const faults = bad > 0 ? targets[i] : undefined;
          if (faults !== undefined) await writeFaults(deps, actor, staged, faults);
          // What is not applied is discarded; otherwise it would block the freeze.
          const isDoubted =
            (staged.summary?.doubts.length ?? 0) > 0 && (options.reason ?? options.late) === undefined;
          const isTaken = (bad === 0 || options.keepGood === true) && !isDoubted;
          const { reason } = options;
          if (isTaken) results.push(await applyRoll(deps, actor, staged.id, { keepGood: true, reason }));
          else {
            await discardRoll(deps, actor, staged.id);
            results.push({ ...staged, state: 'discarded' as const });
            cli.fail(exitFound);
          }
        }
        cli.show(command, results, () => results.map((r, i) => describe(r, targets[i])).join('\n'));
      });
    });

  async function writeFaults(deps: Deps, actor: Actor, staged: RollImport, target: string): Promise<void> {
    await writeWhole(target, faultFile(deps, actor, staged.id, cli.language));
  }

  function refusal(bad: number, doubts: number): string {
    return bad > 0 || doubts === 0 ? t('cli.roll.discarded', { bad }) : t('cli.roll.doubtful', { doubts });
  }

  function describe(r: RollImport, faults: string | undefined): string {
    const { good = 0, bad = 0, skipped = 0, warnings = [], doubts = [] } = r.summary ?? {};
    const lines = [t('cli.roll.read', { file: r.fileName, good, bad, skipped })];
    for (const d of doubts) lines.push(`  ${t('cli.roll.doubt')}${t(d.message, d.params)}`);
    for (const w of warnings) lines.push(`  ${t('cli.template.warning')}${warningText(t, w)}`);
    if (bad > 0 && faults !== undefined) lines.push(`  ${t('cli.roll.faults', { file: faults })}`);
    const { added, duplicates, joined, corrected } = r;
    lines.push(
      `  ${r.state === 'discarded' ? refusal(bad, doubts.length) : t('cli.roll.applied', { added, duplicates, joined })}`,
    );
    if (corrected > 0) lines.push(`  ${t('cli.roll.corrected', { corrected })}`);
    return lines.join('\n');
  }
}

/** faults.csv, faults-2.csv … */
function numbered(file: string, index: number): string {
  if (index === 0) return file;
  const extension = extname(file);
  return `${file.slice(0, file.length - extension.length)}-${index + 1}${extension}`;
}
