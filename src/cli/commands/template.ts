import type { Command } from 'commander';
import { checkQuestionnaire } from '../../domain/questionnaire/check.ts';
import { checkSet } from '../../domain/questionnaire/check-set.ts';
import { regimes } from '../../domain/questionnaire/named-content.ts';
import type { Questionnaire } from '../../domain/questionnaire/template.ts';
import { checkProfile } from '../../domain/scoring/rules/profile.ts';
import type { Issue } from '../../domain/errors.ts';
import { choiceArgument } from '../arguments.ts';
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
  /** One that can be used as it stands. */
  readonly questionnaire?: Questionnaire;
}

export function addTemplate(program: Command, cli: Cli): void {
  const { t } = cli;
  program
    .command('template')
    .description(t('cli.template'))
    .command('check')
    .description(t('cli.template.check'))
    .argument('<file...>', t('cli.argument.templates'))
    .option('--regime <regime>', t('cli.option.regime'), choiceArgument(...regimes))
    .action((files: readonly string[], options: { readonly regime?: string }, command: Command) => {
      const checked = together(files.map(check), options.regime ?? null);
      const explained = checked.map(({ questionnaire: _, ...c }) => ({
        ...c,
        issues: c.issues.map((i) => ({ ...i, text: t(i.message, i.params) })),
        warnings: c.warnings.map((i) => ({ ...i, text: t(i.message, i.params) })),
      }));
      cli.show(command, explained, () => explained.map(describe).join('\n'));
      if (checked.some((c) => !c.ok)) cli.fail(exitFound);
    });

  /** With what only the set shows, at each file that it is about. */
  function together(checked: readonly Checked[], regime: string | null): readonly Checked[] {
    const questionnaires = checked.flatMap(({ questionnaire }) => questionnaire ?? []);
    const findings = checkSet(questionnaires, (text) => text[cli.language] ?? text['en'] ?? '', regime);
    return checked.map((one) => {
      const own = findings.filter((f) => f.questionnaires.includes(one.questionnaire?.id ?? ''));
      const of = (kind: 'fault' | 'warning'): readonly Issue[] =>
        own.filter((f) => f.kind === kind).map(({ message, params }) => ({ path: '', message, params }));
      const issues = [...one.issues, ...of('fault')];
      return {
        ...one,
        ok: one.ok && issues.length === 0,
        issues,
        warnings: [...one.warnings, ...of('warning')],
      };
    });
  }

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
  if (!result.ok) return { file, kind, ok: false, issues: result.issues, warnings: [] };
  const good = { file, kind, ok: true, issues: [], warnings: result.warnings } as const;
  return 'questionnaire' in result ? { ...good, questionnaire: result.questionnaire } : good;
}
