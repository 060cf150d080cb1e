/**
 * Choosing columns by hand, in two steps: the page shows the first rows with a choice for each field, and asks for the file
 * again. Keeping the file between the steps would put names and identity numbers on disk, or up to 300 MB of them in the memory
 * of one of several processes.
 */
import { z } from 'zod';
import { fateFields } from '../../../domain/messaging/fate.ts';
import { frameFields, schoolFields, type MappingOverride } from '../../../domain/frame/roll/header.ts';
import { parseMapping } from '../../../domain/frame/roll/mapping.ts';
import type { TablePreview } from '../../../domain/frame/roll/preview.ts';
import type { TableKind } from '../../../operations/frame/preview.ts';
import type { ShownTable } from './mapping-view.ts';

export const fieldsOf = {
  roll: frameFields,
  schools: schoolFields,
  fates: fateFields,
} as const satisfies Record<TableKind, readonly string[]>;

type Fields = Readonly<Record<string, string>>;

/** The columns named by the form for a field: `column-phone`, `column-phone-2` … */
export function chosenColumns(form: Fields, field: string): readonly string[] {
  return Object.keys(form)
    .filter((name) => name === `column-${field}` || new RegExp(`^column-${field}-\\d$`).test(name))
    .sort()
    .map((name) => form[name] ?? '')
    .filter((column) => column !== '');
}

/** @throws AppError invalid `roll.mapping` */
export function mappingOfForm<F extends string>(
  form: Fields,
  fields: readonly F[],
): MappingOverride<F> | undefined {
  if (form['map'] !== 'yes') return undefined;
  return parseMapping(
    {
      headerRow: Number(form['headerRow'] || Number.NaN),
      sheet: form['sheet'] ?? '',
      ...(form['fingerprint'] && { fingerprint: form['fingerprint'] }),
      columns: Object.fromEntries(fields.map((f) => [f, chosenColumns(form, f).map(Number)])),
    },
    fields,
  );
}

/** If nothing was recognised: the first row of several words without a number, below a title. */
export function suggestHeaderRow({
  headerRow,
  rows,
}: Pick<TablePreview<string>, 'headerRow' | 'rows'>): number {
  if (headerRow > 0) return headerRow;
  const words = (cells: readonly string[]) => cells.filter((cell) => cell !== '');
  const header = rows.find(
    ({ cells }) => words(cells).length > 1 && words(cells).every((cell) => !/\d|\*/.test(cell)),
  );
  return header?.row ?? 0;
}

const shownColumns = 60;
const longestHead = 40;

export function shownTable(preview: TablePreview<string>): ShownTable {
  const { sheet, fingerprint, rows, width } = preview;
  const headerRow = suggestHeaderRow(preview);
  const header = rows.find((r) => r.row === headerRow) ?? rows[0];
  const heads = Array.from({ length: Math.min(width, shownColumns) }, (_, i) =>
    (header?.cells[i] ?? '').slice(0, longestHead),
  );
  return { sheet, fingerprint, heads, rows };
}

const headsSchema = z.array(z.string().max(longestHead)).max(shownColumns);
const rowsSchema = z.array(z.int().min(1)).max(100);

/** @returns null: the form did not choose columns */
export function tableOfForm(form: Fields): ShownTable | null {
  if (form['map'] !== 'yes') return null;
  const read = <T>(schema: z.ZodType<T>, text = ''): T | null => {
    try {
      return schema.parse(JSON.parse(text));
    } catch {
      return null;
    }
  };
  const heads = read(headsSchema, form['heads']);
  const rows = read(rowsSchema, form['rows']);
  if (heads === null || rows === null) return null;
  const { sheet = '', fingerprint = '' } = form;
  return { sheet, fingerprint, heads, rows: rows.map((row) => ({ row, cells: null })) };
}
