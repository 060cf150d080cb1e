import type { Command } from 'commander';
import { createReadStream, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { checkSet } from '../../domain/questionnaire/check-set.ts';
import { regimes } from '../../domain/questionnaire/named-content.ts';
import type { LocalText, Questionnaire } from '../../domain/questionnaire/template.ts';
import { AppError, type Issue } from '../../domain/errors.ts';
import type { Group } from '../../domain/model/vocabulary.ts';
import {
  readTemplateFile,
  readTemplateText,
  type PlacedIssue,
  type ReadTemplate,
} from '../../operations/template/read-file.ts';
import {
  addTemplate as addVersion,
  checkDocument,
  compareTemplates,
  getTemplate,
  listTemplates,
  withdrawTemplate,
  type Template,
} from '../../operations/template/templates.ts';
import { choiceArgument, groupsArgument } from '../arguments.ts';
import type { Cli } from '../cli.ts';
import { exitFound } from '../exit-codes.ts';
import { openFile, writeWhole } from '../files.ts';
import { asUser } from '../session.ts';
import { serviceMinute } from '../../domain/time-zone.ts';

type Kind = 'questionnaire' | 'profile';
interface Checked {
  readonly file: string;
  readonly kind: Kind | null;
  readonly ok: boolean;
  readonly issues: readonly PlacedIssue[];
  readonly warnings: readonly PlacedIssue[];
  /** One that is ready for use. */
  readonly questionnaire?: Questionnaire;
}
interface FileOptions {
  readonly group?: readonly Group[];
  readonly regime?: string;
  readonly note?: string;
  readonly output?: string;
}

export function addTemplate(program: Command, cli: Cli): void {
  const { t } = cli;
  const family = program.command('template').description(t('cli.template'));
  family
    .command('check')
    .description(t('cli.template.check'))
    .argument('<file...>', t('cli.argument.templates'))
    .option('--regime <regime>', t('cli.option.regime'), choiceArgument(...regimes))
    .option('--group <group>', t('cli.option.template-group'), groupsArgument)
    .action(async (files: readonly string[], options: FileOptions, command: Command) => {
      const each: Checked[] = [];
      for (const file of files) each.push(await check(file, options));
      const checked = together(each, options.regime ?? null);
      const explained = checked.map(({ questionnaire: _, ...c }) => ({
        ...c,
        issues: c.issues.map((i) => ({ ...i, text: t(i.message, i.params) })),
        warnings: c.warnings.map((i) => ({ ...i, text: t(i.message, i.params) })),
      }));
      cli.show(command, explained, () => explained.map(describe).join('\n'));
      if (checked.some((c) => !c.ok)) cli.fail(exitFound);
    });

  family
    .command('list')
    .description(t('cli.template.list'))
    .action(async (_: unknown, command: Command) => {
      await asUser(cli, command, 'look', async (deps, actor) => {
        const list = await listTemplates(deps, actor);
        cli.show(command, list.map(presentTemplate), () =>
          cli.table(
            [
              t('cli.column.key'),
              t('cli.column.name'),
              t('cli.column.version'),
              t('cli.column.when'),
              t('cli.column.state'),
            ],
            list.map(({ key, stored, ...one }) => [
              key,
              titleOf({ key, stored, ...one }),
              stored?.version ?? '–',
              stored ? serviceMinute(stored.addedAt) : '–',
              stored?.withdrawn
                ? t('staff.template.withdrawn')
                : t(stored ? 'staff.template.offered' : 'staff.template.shipped'),
            ]),
          ),
        );
      });
    });

  withGroups(family.command('add').description(t('cli.template.add')))
    .argument('<file>', t('cli.argument.template'))
    .option('--note <text>', t('cli.option.template-note'))
    .action(async (file: string, options: FileOptions, command: Command) => {
      const { document, origin } = await readWhole(file, options);
      await asUser(cli, command, 'change', async (deps, actor) => {
        const added = await addVersion(deps, actor, { document, origin, note: options.note ?? '' });
        cli.show(command, presentTemplate(added), () =>
          t('cli.template.added', {
            key: added.key,
            title: titleOf(added),
            version: added.stored?.version ?? 1,
          }),
        );
      });
    });

  withGroups(family.command('convert').description(t('cli.template.convert')))
    .argument('<file>', t('cli.argument.xlsform'))
    .requiredOption('--output <file>', t('cli.option.output'))
    .action(async (file: string, options: FileOptions & { readonly output: string }, command: Command) => {
      const { document, notices } = await readWhole(file, options);
      await writeWhole(options.output, [`${JSON.stringify(document, null, 2)}\n`]);
      cli.show(command, { file: options.output, notices }, () =>
        [
          ...notices.map((i) => `${i.path}: ${t(i.message, i.params)}`),
          t('cli.template.written', { file: options.output }),
        ].join('\n'),
      );
    });

  family
    .command('show')
    .description(t('cli.template.show'))
    .argument('<key>', t('cli.argument.template-key'))
    .action(async (key: string, _: unknown, command: Command) => {
      await asUser(cli, command, 'look', async (deps, actor) => {
        const one = await getTemplate(deps, actor, key);
        const document = one.kind === 'questionnaire' ? one.questionnaire : one.profile;
        cli.show(command, document, () => JSON.stringify(document, null, 2));
      });
    });

  family
    .command('compare')
    .description(t('cli.template.compare'))
    .argument('<first>', t('cli.argument.template-key'))
    .argument('<second>', t('cli.argument.template-key'))
    .action(async (first: string, second: string, _: unknown, command: Command) => {
      await asUser(cli, command, 'look', async (deps, actor) => {
        const found = await compareTemplates(deps, actor, first, second);
        const rows =
          found.kind === 'profile'
            ? found.names.map((name) => [name, 'property', '', ''])
            : found.differences.map((d) => [
                d.of === 'questionnaire' ? d.of : `${d.of} ${d.id}`,
                [d.what, d.name, d.language].filter((part) => part !== undefined).join(' '),
                d.before ?? '',
                d.after ?? '',
              ]);
        cli.show(
          command,
          rows.map(([where, what, before, after]) => ({ where, what, before, after })),
          () =>
            rows.length === 0
              ? t('staff.template.differences.none')
              : cli.table(
                  ['where', 'what', 'before', 'after'].map((name) => t(`staff.template.diff.column.${name}`)),
                  rows,
                ),
        );
      });
    });

  family
    .command('withdraw')
    .description(t('cli.template.withdraw'))
    .argument('<key>', t('cli.argument.template-key'))
    .requiredOption('--reason <text>', t('cli.option.template-reason'))
    .action(async (key: string, options: { readonly reason: string }, command: Command) => {
      await asUser(cli, command, 'change', async (deps, actor) => {
        const one = await withdrawTemplate(deps, actor, key, options.reason);
        cli.show(command, presentTemplate(one), () => t('cli.template.withdrawn', { title: titleOf(one) }));
      });
    });

  function withGroups(command: Command): Command {
    return command
      .option('--group <group>', t('cli.option.template-group'), groupsArgument)
      .option('--regime <regime>', t('cli.option.template-regime'), choiceArgument(...regimes));
  }

  /** @throws AppError invalid `template.faults`, each with its position */
  async function readWhole(file: string, options: FileOptions): Promise<Extract<ReadTemplate, { ok: true }>> {
    const read = await readTemplateFile(openFile(file), choicesOf(options));
    if (read.ok) return read;
    throw new AppError('invalid', 'template.faults', {
      params: { count: read.issues.length },
      issues: read.issues.map(({ line, ...issue }) => ({
        ...issue,
        path: line === null ? issue.path : t('staff.template.line', { line }),
      })),
    });
  }

  function titleOf(one: Template): string {
    const title: LocalText = one.kind === 'questionnaire' ? one.questionnaire.title : one.profile.title;
    return title[cli.language] ?? title['zh-CN'] ?? Object.values(title)[0] ?? '';
  }

  function presentTemplate(one: Template) {
    const { key, kind, hash, stored } = one;
    return { key, kind, hash, title: titleOf(one), ...(stored && { stored }) };
  }

  /** Including faults of the whole set, at each file concerned. */
  function together(checked: readonly Checked[], regime: string | null): readonly Checked[] {
    const questionnaires = checked.flatMap(({ questionnaire }) => questionnaire ?? []);
    const findings = checkSet(questionnaires, (text) => text[cli.language] ?? text['en'] ?? '', regime);
    return checked.map((one) => {
      const own = findings.filter((f) => f.questionnaires.includes(one.questionnaire?.id ?? ''));
      const of = (kind: 'fault' | 'warning'): readonly PlacedIssue[] =>
        own
          .filter((f) => f.kind === kind)
          .map(({ message, params }) => ({ path: '', message, params, line: null }));
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
    const line = (what: string) => (i: PlacedIssue) => {
      const at = i.line === null ? '' : t('cli.template.line', { line: i.line });
      return `${file}: ${i.path}${at}${i.path === '' && at === '' ? '' : ': '}${what}${t(i.message, i.params)}`;
    };
    const verdict = ok
      ? t('cli.template.good', { file, kind: t(`cli.template.kind.${kind ?? 'questionnaire'}`) })
      : t('cli.template.bad', { file, faults: issues.length });
    return [...issues.map(line('')), ...warnings.map(line(t('cli.template.warning'))), verdict].join('\n');
  }
}

const choicesOf = (options: FileOptions) => ({ groups: options.group ?? [], regime: options.regime ?? null });

/** A profile has formulas, a questionnaire has items; a document with neither is checked as a questionnaire. */
async function check(file: string, options: FileOptions): Promise<Checked> {
  const bad = (issues: readonly PlacedIssue[], kind: Kind | null = null): Checked => ({
    ...{ file, kind, ok: false, issues, warnings: [] },
  });
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(file);
  } catch {
    return bad([{ path: '', message: 'cli.file-unreadable', params: { file }, line: null }]);
  }
  const isWorkbook = Buffer.from(bytes.subarray(0, 2)).toString('latin1') === 'PK';
  const read = isWorkbook
    ? await readTemplateFile({ fileName: basename(file), source: createReadStream(file) }, choicesOf(options))
    : readTemplateText(bytes);
  if (!read.ok)
    return bad(read.issues, isWorkbook || read.document === undefined ? null : kindOf(read.document));
  const { kind, questionnaire, warnings } = checkDocument(read.document);
  const placed = (issue: Issue): PlacedIssue => ({ ...issue, line: read.lineOf(issue.path) });
  const good = {
    file,
    kind,
    ok: true,
    issues: [],
    warnings: [...read.notices, ...warnings.map(placed)],
  } as const;
  return questionnaire ? { ...good, questionnaire } : good;
}

const kindOf = (document: unknown): Kind => checkDocument(document).kind;
