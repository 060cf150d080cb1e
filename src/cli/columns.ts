/** Options that assign columns, and the first rows of a file for choosing them. */
import type { Command } from 'commander';
import { HEADER_WITHIN, type MappingOverride } from '../domain/frame/roll/header.ts';
import { parseColumns } from '../domain/frame/roll/mapping.ts';
import type { TablePreview } from '../domain/frame/roll/preview.ts';
import { columnLetters } from '../domain/frame/roll/table.ts';
import type { Translate } from '../texts/texts.ts';
import { choiceArgument } from './arguments.ts';
import type { Cli } from './cli.ts';

export interface ColumnOptions {
  readonly columns?: string;
  readonly headerRow?: string;
  readonly sheet?: string;
  readonly preview?: boolean;
}

const rows = Array.from({ length: HEADER_WITHIN + 1 }, (_, i) => String(i)) as [string, ...string[]];

export function withColumns(command: Command, t: Translate, fields: readonly string[]): Command {
  return command
    .option('--preview', t('cli.option.preview'))
    .option('--columns <columns>', t('cli.option.columns', { fields: fields.join(', ') }))
    .option('--header-row <row>', t('cli.option.header-row'), choiceArgument(...rows))
    .option('--sheet <name>', t('cli.option.sheet'));
}

/** @throws AppError invalid `roll.mapping` */
export function mappingOfOptions<F extends string>(
  options: ColumnOptions,
  fields: readonly F[],
): MappingOverride<F> | undefined {
  if (options.columns === undefined) return undefined;
  return parseColumns(options.columns, Number(options.headerRow ?? 1), options.sheet, fields);
}

export function previewText(cli: Pick<Cli, 't' | 'table'>, preview: TablePreview<string>): string {
  const { t } = cli;
  const columns = Array.from({ length: preview.width }, (_, i) => i);
  const recognised = Object.entries(preview.columns)
    .filter(([, list]) => list.length > 0)
    .map(([field, list]) => `${field}=${list.map(columnLetters).join('+')}`);
  return [
    ...(preview.sheet === '' ? [] : [t('staff.map.sheet', { sheet: preview.sheet })]),
    cli.table(
      [t('staff.map.row'), ...columns.map(columnLetters)],
      preview.rows.map((r) => [r.row, ...columns.map((i) => r.cells[i] ?? '')]),
    ),
    t('cli.preview.recognised', { row: preview.headerRow, columns: recognised.join(',') || '–' }),
  ].join('\n');
}
