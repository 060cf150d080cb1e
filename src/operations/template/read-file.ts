/** A file that somebody uploads or names: JSON, or an XLSForm workbook. Faults name the line, or sheet, row and column. */
import { AppError, type Issue } from '../../domain/errors.ts';
import { findUnreadable } from '../../domain/line.ts';
import type { TableRow } from '../../domain/frame/roll/table.ts';
import type { Group } from '../../domain/model/vocabulary.ts';
import { readJsonText } from '../../domain/template/json-lines.ts';
import { readXlsForm } from '../../domain/template/xlsform.ts';
import { isNotice, readTable } from '../../tabular/read.ts';
import { listShipped } from './shipped.ts';
import { checkDocument } from './templates.ts';

export const largestTemplate = 1024 * 1024;

/** A fault or notice at its position in the file. */
export interface PlacedIssue extends Issue {
  /** Of a text file. */
  readonly line: number | null;
}
export type ReadTemplate =
  | {
      readonly ok: true;
      readonly origin: 'file' | 'xlsform';
      readonly document: unknown;
      /** What was left out of a workbook, as reported. */
      readonly notices: readonly PlacedIssue[];
      readonly lineOf: (path: string) => number | null;
    }
  | {
      readonly ok: false;
      readonly issues: readonly PlacedIssue[];
      /** As far as it could be read. */
      readonly document?: unknown;
    };

export interface XlsFormChoices {
  readonly groups: readonly Group[];
  readonly regime: string | null;
}

/** @throws AppError too-large `template.too-large`; as `readTable` */
export async function readTemplateFile(
  file: { readonly fileName: string; readonly source: AsyncIterable<Uint8Array> },
  choices: XlsFormChoices,
): Promise<ReadTemplate> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of file.source) {
    size += part.length;
    if (size > largestTemplate)
      throw new AppError('too-large', 'template.too-large', {
        params: { kilobytes: largestTemplate / 1024 },
      });
    parts.push(part);
  }
  const bytes = Buffer.concat(parts);
  return bytes.subarray(0, 2).toString('latin1') === 'PK' || bytes[0] === 0xd0
    ? readWorkbook(bytes, file.fileName, choices)
    : readTemplateText(bytes);
}

/** JSON in UTF-8. */
export function readTemplateText(bytes: Uint8Array): ReadTemplate {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return { ok: false, issues: [{ path: '', message: 'template.not-utf8', line: null }] };
  }
  if (!/^\s*[{[]/.test(text))
    return { ok: false, issues: [{ path: '', message: 'template.not-json', line: null }] };
  const read = readJsonText(text);
  if (!read.ok)
    return { ok: false, issues: [{ ...read.issue, line: Number(read.issue.params?.['line'] ?? 1) }] };
  const { value, lineOf, repeated } = read.json;
  const placed = (issue: Issue): PlacedIssue => ({ ...issue, line: lineOf(issue.path) });
  const unreadable = findUnreadable(value).map((path): Issue => ({ path, message: 'text.control' }));
  const issues = [
    ...repeated.map((i) => ({ ...i, line: Number(i.params?.['line']) })),
    ...unreadable.map(placed),
    ...checkDocument(value).faults.map(placed),
  ];
  return issues.length > 0
    ? { ok: false, issues: issues.sort((a, b) => (a.line ?? 0) - (b.line ?? 0)), document: value }
    : { ok: true, origin: 'file', document: value, notices: [], lineOf };
}

async function readWorkbook(bytes: Buffer, fileName: string, choices: XlsFormChoices): Promise<ReadTemplate> {
  if (choices.groups.length === 0)
    throw new AppError('invalid', 'template.invalid', {
      issues: [{ path: 'groups', message: 'template.groups-needed' }],
    });
  const rows: TableRow[] = [];
  const notices: PlacedIssue[] = [];
  async function* source() {
    yield bytes;
  }
  for await (const item of readTable(source(), { fileName, maxRows: 2_000, maxBytes: largestTemplate }))
    if (isNotice(item)) notices.push({ ...item.notice, line: null });
    else rows.push(item);
  const known = (await listShipped())
    .flatMap((one) => (one.kind === 'questionnaire' ? [one] : []))
    // The usual scale first: its words are also those of the balanced one.
    .sort((a, b) => Number(a.isBalanced) - Number(b.isBalanced) || rank(b, choices) - rank(a, choices))
    .map((one) => one.questionnaire);
  const result = readXlsForm(rows, { ...choices, known, fileName });
  const placed = (issue: Issue): PlacedIssue => ({ ...issue, line: null });
  if (!result.ok) return { ok: false, issues: result.issues.map(placed) };
  return {
    ok: true,
    origin: 'xlsform',
    document: result.document,
    notices: [...notices, ...result.notices.map(placed)],
    lineOf: () => null,
  };
}

/** Those of the same rules and group are the more likely source of an item's wording. */
function rank(
  {
    questionnaire: q,
  }: { readonly questionnaire: { readonly regime?: string | undefined; readonly groups: readonly Group[] } },
  choices: XlsFormChoices,
): number {
  return (
    Number(q.regime === (choices.regime ?? undefined)) * 2 +
    Number(q.groups.some((g) => choices.groups.includes(g)))
  );
}
