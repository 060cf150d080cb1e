/** Rows of a clerk's table that are not data, recognised by their first cells; nothing of them is kept. */
import { cellText, isBlankRow, type CellValue } from './table.ts';

export const skipReasons = ['blank', 'total', 'sample', 'note', 'header'] as const;
export type SkipReason = (typeof skipReasons)[number];

const total =
  /^(?:本\s*(?:页|表|班|校|级)|全\s*(?:县|校|班)|各\s*校)?\s*(?:合\s*计|总\s*计|小\s*计|共\s*计|累\s*计|(?:grand\s*)?total|sub-?\s*total)\s*(?::[\d\s.]*|[\d.][\d\s.]*)?[人户所校名条]?$/iu;
const sample = /^[([【〔]?\s*(?:示例|样例|范例|例如|例|sample|example)(?:$|[\s:)\]】〕\d,])/iu;
const note =
  /^\(?(?:以下空白|以下无正文|以下无内容|此页无正文|本页无正文|空白以下)|^第\s*\d+\s*页(?:[,/，\s]*共\s*\d+\s*页)?$|^(?:填表人|填报人|制表人|审核人|审核|负责人|填表日期|填报日期|联系人|备注|说明|填表说明|注|note)s?\s*[:：]/iu;

/** @param mapped the cells to which fields are mapped: a row without any of them may be a footnote */
export function skipReason(cells: readonly CellValue[], mapped: readonly number[]): SkipReason | undefined {
  if (isBlankRow(cells)) return 'blank';
  const first = cellText(cells.find((cell) => cellText(cell) !== ''));
  if (total.test(first)) return 'total';
  if (sample.test(first)) return 'sample';
  const mappedTexts = mapped.map((column) => cellText(cells[column]));
  for (const text of mappedTexts) {
    if (total.test(text)) return 'total';
    if (sample.test(text)) return 'sample';
  }
  if (note.test(first)) return 'note';
  return mappedTexts.every((text) => text === '') ? 'blank' : undefined;
}
