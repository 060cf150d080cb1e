import type { Command } from 'commander';
import { checkQuestionnaire } from '../../domain/questionnaire/check.ts';
import { checkProfile } from '../../domain/scoring/rules/profile.ts';
import type { Issue } from '../../domain/errors.ts';
import type { Cli } from '../cli.ts';
import { exitFound } from '../exit-codes.ts';
import { readJson } from '../files.ts';

type Kind = 'questionnaire' | 'profile';
interface Checked {
  readonly file: string;
  readonly kind: Kind | null;
  readonly ok: boolean;
  readonly issues: readonly Issue[];
  readonly warnings: readonly Issue[];
}

export function addTemplate(program: Command, cli: Cli): void {
  const { t } = cli;
  program
    .command('template')
    .description(t('cli.template'))
    .command('check')
    .description(t('cli.template.check'))
    .argument('<file...>', t('cli.argument.templates'))
    .action((files: readonly string[], _options: object, command: Command) => {
      const checked = files.map(check);
      const explained = checked.map((c) => ({
        ...c,
        issues: c.issues.map((i) => ({ ...i, text: t(i.message, i.params) })),
        warnings: c.warnings.map((i) => ({ ...i, text: t(i.message, i.params) })),
      }));
      cli.show(command, explained, () => explained.map(describe).join('\n'));
      if (checked.some((c) => !c.ok)) cli.fail(exitFound);
    });

  function describe({ file, kind, ok, issues, warnings }: Checked): string {
    const line = (what: string) => (i: Issue) =>
      `${file}: ${i.path === '' ? '' : `${i.path}: `}${what}${t(i.message, i.params)}`;
    const verdict = ok
      ? t('cli.template.good', { file, kind: t(`cli.template.kind.${kind ?? 'questionnaire'}`) })
      : t('cli.template.bad', { file, faults: issues.length });
    return [...issues.map(line('')), ...warnings.map(line(t('cli.template.warning'))), verdict].join('\n');
  }
}

/** A profile has formulas, a questionnaire has items; what has neither is told what a questionnaire needs. */
function check(file: string): Checked {
  const read = readJson(file);
  if (!read.ok) return { file, kind: null, ok: false, issues: [read.issue], warnings: [] };
  const isProfile = typeof read.value === 'object' && read.value !== null && 'formulas' in read.value;
  const result = isProfile ? checkProfile(read.value) : checkQuestionnaire(read.value);
  const kind = isProfile ? 'profile' : 'questionnaire';
  return result.ok
    ? { file, kind, ok: true, issues: [], warnings: result.warnings }
    : { file, kind, ok: false, issues: result.issues, warnings: [] };
}
