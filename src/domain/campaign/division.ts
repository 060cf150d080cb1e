/** County-level divisions (GB/T 2260). The list changes yearly, so it is imported and dated, and no code assumes its length. */
import type { Decision } from '../model/decision.ts';
import { countyCodeSchema, type CountyCode } from '../model/ids.ts';
import { cellFaults, cellText, shown, type RowFault, type TableRow } from '../frame/roll/table.ts';

export interface Division {
  readonly code: CountyCode;
  readonly name: string;
  /** As in the list; '' if missing. */
  readonly city: string;
  readonly province: string;
}

export interface ParsedDivisions {
  readonly divisions: readonly Division[];
  readonly faults: readonly (RowFault & { readonly row: number })[];
}

/** GB/T 2260 never has codes 99xxxx; the demonstration county uses one. */
export function isDemonstrationCode(code: string): boolean {
  return code.startsWith('99');
}

const fields = {
  code: /^(?:代码|区划代码|行政区划代码|县级代码|code)$/i,
  name: /^(?:名称|区划名称|县区|县名|单位名称|name)$/i,
  city: /^(?:市|地市|市名|所属市|city)$/i,
  province: /^(?:省|省份|省名|所属省|province)$/i,
} as const;

/**
 * Rows of a list with a header that names code and name (city, province), or of two columns without a header. Codes of provinces
 * (0000) are skipped, and those of cities (00) that have counties in the list. 东莞 and a few others have none and are kept. The
 * list may be used only if there are no faults.
 */
export function parseDivisions(rows: Iterable<TableRow>): ParsedDivisions {
  const divisions: Division[] = [];
  const faults: (RowFault & { row: number })[] = [];
  const rowByCode = new Map<string, number>();
  let columns: Record<keyof typeof fields, number> = { code: 0, name: 1, city: -1, province: -1 };
  let first = true;
  for (const tableRow of rows) {
    const { row, cells } = tableRow;
    const texts = cells.map(cellText);
    if (texts.every((text) => text === '') && tableRow.marks === undefined) continue;
    const find = (field: keyof typeof fields) => texts.findIndex((text) => fields[field].test(text));
    if (first && find('code') >= 0 && find('name') >= 0) {
      columns = { code: find('code'), name: find('name'), city: find('city'), province: find('province') };
      first = false;
      continue;
    }
    first = false;
    const code = texts[columns.code] ?? '';
    const name = texts[columns.name] ?? '';
    const fault = (field: string, message: string, params: Record<string, string | number>) =>
      faults.push({ row, field, message, params });
    const unreadable = cellFaults(tableRow, { code: [columns.code], name: [columns.name] });
    if (unreadable.length > 0) {
      faults.push(...unreadable.map((f) => ({ ...f, row })));
      continue;
    }
    const parsed = countyCodeSchema.safeParse(code);
    if (!parsed.success) {
      fault('code', 'divisions.code', { value: shown(code) });
      continue;
    }
    if (isDemonstrationCode(code)) {
      fault('code', 'divisions.reserved', { value: code });
      continue;
    }
    if (code.endsWith('0000')) continue;
    const before = rowByCode.get(code);
    if (before !== undefined) {
      fault('code', 'divisions.duplicate', { value: code, row: before });
      continue;
    }
    rowByCode.set(code, row);
    if (name === '' || name.length > 60) {
      fault('name', 'divisions.name', { value: code });
      continue;
    }
    divisions.push({
      code: parsed.data,
      name,
      city: texts[columns.city] ?? '',
      province: texts[columns.province] ?? '',
    });
  }
  if (divisions.length === 0 && faults.length === 0)
    faults.push({ row: 0, field: '', message: 'divisions.empty' });
  const withCounties = new Set(
    divisions.filter(({ code }) => !code.endsWith('00')).map(({ code }) => code.slice(0, 4)),
  );
  return {
    divisions: divisions.filter(({ code }) => !(code.endsWith('00') && withCounties.has(code.slice(0, 4)))),
    faults,
  };
}

/** The new list replaces the old one. */
export function decideDivisions<
  L extends { readonly asOf: string; readonly rows: readonly Pick<Division, 'code' | 'name'>[] },
>(list: L): Decision<L> {
  const details = { asOf: list.asOf, rows: list.rows.length };
  return { changes: list, leaves: [], trail: [{ action: 'divisions.replace', details }] };
}
