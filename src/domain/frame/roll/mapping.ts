/** Columns named by a person or program, for a table whose header is not recognised. */
import { z } from 'zod';
import { AppError } from '../../errors.ts';
import type { MappingOverride } from './header.ts';

const lastRow = 1000;
const lastColumn = 1023;

function mappingSchema(fields: readonly string[]) {
  return z.strictObject({
    sheet: z.string().max(200).optional(),
    headerRow: z.int().min(0).max(lastRow),
    /** Of the preview on which the columns were chosen: another file is refused. */
    fingerprint: z.string().max(64).optional(),
    columns: z.partialRecord(z.enum(fields), z.array(z.int().min(0).max(lastColumn)).max(10)),
  });
}

/** @throws AppError invalid `roll.mapping` */
export function parseMapping<F extends string>(value: unknown, fields: readonly F[]): MappingOverride<F> {
  const parsed = mappingSchema(fields).safeParse(value);
  if (!parsed.success)
    throw new AppError('invalid', 'roll.mapping', { params: { fields: fields.join(', ') } });
  return parsed.data as MappingOverride<F>;
}

/** JSON, as in an address or a form. */
export function parseMappingText<F extends string>(text: string, fields: readonly F[]): MappingOverride<F> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  return parseMapping(value, fields);
}

/** B is 1, AA is 26. */
function columnIndex(letters: string): number {
  return [...letters.toUpperCase()].reduce((n, letter) => n * 26 + letter.charCodeAt(0) - 64, 0) - 1;
}

/**
 * `school=B,phone=D+E,grade=none`, as given to a command.
 * @throws AppError invalid `roll.mapping`
 */
export function parseColumns<F extends string>(
  text: string,
  headerRow: number,
  sheet: string | undefined,
  fields: readonly F[],
): MappingOverride<F> {
  const columns = Object.fromEntries(
    text.split(',').map((part) => {
      const [field = '', letters = ''] = part.split('=').map((t) => t.trim());
      const named = letters === 'none' ? [] : letters.split('+');
      return [field, named.map((l) => (/^[A-Za-z]{1,3}$/.test(l) ? columnIndex(l) : -1))];
    }),
  );
  return parseMapping({ headerRow, columns, ...(sheet !== undefined && { sheet }) }, fields);
}
