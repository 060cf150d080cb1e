/** Cells corrected on the page of a file: individually or, on request, in every row with the same value in that column. */
import type { FileFault } from '../../../operations/frame/files.ts';
import { textOf, type Form } from '../pages.ts';
import { alikeField, cellField } from './file-view.ts';

interface Correction {
  readonly sheet: number;
  readonly row: number;
  readonly column: number;
  readonly text: string;
}

/** Maximum number of rows of one file corrected at once. */
export const maxCorrected = 2_000;

export function correctionsOf(form: Form, faults: readonly FileFault[]): readonly Correction[] {
  const own = new Map<string, Correction>();
  const alike = new Map<string, string>();
  for (const { sheetNo, fault, column, cell } of faults) {
    if (column === null || sheetNo < 0) continue;
    const place = { sheet: sheetNo, row: fault.row, column };
    const text = textOf(form, cellField(sheetNo, fault.row, column)).trim();
    if (text === '' || text === cell) continue;
    own.set(cellField(sheetNo, fault.row, column), { ...place, text });
    if (textOf(form, alikeField(sheetNo, fault.row, column)) === 'yes')
      alike.set(sameness(fault.field, cell), text);
  }
  for (const { sheetNo, fault, column, cell } of faults) {
    const text = alike.get(sameness(fault.field, cell));
    if (text === undefined || column === null || sheetNo < 0) continue;
    const name = cellField(sheetNo, fault.row, column);
    if (!own.has(name)) own.set(name, { sheet: sheetNo, row: fault.row, column, text });
  }
  return [...own.values()];
}

const sameness = (field: string, cell: string | null) => `${field}\0${cell ?? ''}`;
