import type { Command } from 'commander';
import { verifyBundle } from '../../domain/evidence/verify/verify-bundle.ts';
import type { Cli } from '../cli.ts';
import { exitFound } from '../exit-codes.ts';
import { assertReadable, readText } from '../files.ts';
import { fileLines } from '../verifier/file-lines.ts';
import { reportLines } from '../verifier/report.ts';
import { readSummaryFile } from '../../export/read-summary.ts';

interface Options {
  readonly checkpoint?: readonly string[];
  readonly receipt?: readonly string[];
  readonly canaries?: string;
  readonly key?: string;
  readonly against?: string;
  readonly witness?: readonly string[];
  readonly policy?: string;
}

/** Needs no database, no keys and no configuration: an inspector's machine has none. */
export function addVerify(program: Command, cli: Cli): void {
  const { t } = cli;
  program
    .command('verify')
    .description(t('cli.verify'))
    .argument('<bundle>', t('cli.argument.bundle'))
    .option(
      '--checkpoint <file>',
      t('cli.option.checkpoint'),
      (file: string, before: readonly string[] = []) => [...before, file],
    )
    .option('--receipt <file>', t('cli.option.receipt'), (file: string, before: readonly string[] = []) => [
      ...before,
      file,
    ])
    .option('--canaries <file>', t('cli.option.canaries'))
    .option('--against <file>', t('cli.option.against'))
    .option('--witness <key>', t('cli.option.witness'), (key: string, before: readonly string[] = []) => [
      ...before,
      key,
    ])
    .option('--policy <file>', t('cli.option.policy'))
    .option('--key <key>', t('cli.option.log-key'))
    .action(async (bundle: string, options: Options, command: Command) => {
      assertReadable(bundle);
      const checkpoints = (options.checkpoint ?? []).map(readText);
      const result = await verifyBundle(() => fileLines(bundle), {
        checkpoints,
        receipts: (options.receipt ?? []).map(readText),
        canaries: options.canaries === undefined ? undefined : readText(options.canaries),
        key: options.key,
        witnesses: options.witness ?? [],
        policy: options.policy === undefined ? undefined : readText(options.policy),
        against: options.against === undefined ? undefined : await readAgainst(options.against),
      });
      cli.show(command, result, () => reportLines(result, t).join('\n'));
      if (!result.ok) cli.fail(exitFound);
    });
}

async function readAgainst(file: string) {
  assertReadable(file);
  return readSummaryFile(file);
}
