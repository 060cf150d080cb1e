/**
 * Reads a file with a summary, to be compared with a bundle: JSON, the table in any of the program's languages, or a workbook
 * made from it.
 */
import { createReadStream, readFileSync } from 'node:fs';
import { AppError } from '../domain/errors.ts';
import { readJsonSummary } from '../domain/evidence/verify/against.ts';
import type { StatedHead, SummaryDifference, SummaryFile } from '../domain/evidence/verify/verification.ts';
import type { Language } from '../domain/model/vocabulary.ts';
import type { Summary } from '../domain/scoring/summary/summary-types.ts';
import { logFigures, summaryColumns, summaryTable } from './summary-csv.ts';
import { isNotice, readTable, type CellValue } from '../tabular/read.ts';
import { availableLanguages, translator } from '../texts/texts.ts';

type Cells = readonly string[];

/** Words of heads and kinds of figures in tables that earlier versions wrote, and what they are called now. */
const formerWords: Readonly<Record<string, string>> = {
  对象: '人员类别',
  群体: '人员类别',
  公式: '算法',
  样本: '样本来源',
  维度: '方面',
  '维度（不计入得分）': '方面（不计入得分）',
  '维度（本群体自己的题目，不与其他群体比较）': '方面（这类人员自己的题目，不比较）',
};
const inTodaysWords = (cell: string) => formerWords[cell] ?? cell;

/** @throws AppError invalid `evidence.against`, and as `readTable` */
export async function readSummaryFile(path: string): Promise<SummaryFile> {
  const start = readFileSync(path)
    .subarray(0, 100)
    .toString('utf8')
    .replace(/^\ufeff/, '')
    .trimStart();
  if (start.startsWith('{') || start.startsWith('[')) return readJsonSummary(readFileSync(path, 'utf8'));
  const rows: Cells[] = [];
  for await (const item of readTable(createReadStream(path), { fileName: path }))
    if (!isNotice(item)) rows.push(item.cells.map(textOf));
  return tableSummary(rows);
}

/** As read: the reader removes the guard against formulas. */
function textOf(cell: CellValue): string {
  return cell === null ? '' : String(cell).trim();
}

function tableSummary(rows: readonly Cells[]): SummaryFile {
  const [header = [], ...lines] = rows.map((row, no) =>
    row.map((cell, i) => (no === 0 || i === summaryColumns.figure ? inTodaysWords(cell) : cell)),
  );
  const language = availableLanguages.find((own) =>
    summaryTable([], own).header.every((name, i) => header[i] === name),
  );
  if (language === undefined) throw new AppError('invalid', 'evidence.against');
  const t = translator(language);
  const aboutLog: ReadonlySet<string> = new Set(
    logFigures.map((figure) => t(`summary-csv.figure.${figure}`)),
  );
  const { county, figure, id, title, value } = summaryColumns;
  return {
    logs: lines.flatMap((line): readonly StatedHead[] =>
      line[figure] === t('summary-csv.figure.log-size')
        ? [{ origin: line[title] ?? '', size: Number(line[value]), root: line[id] ?? '' }]
        : [],
    ),
    compare: (own) =>
      compareTables(
        own,
        language,
        lines.filter((line) => line[county] === own.county.code && !aboutLog.has(line[figure] ?? '')),
      ),
  };
}

function compareTables(
  own: Summary,
  language: Language,
  found: readonly Cells[],
): readonly SummaryDifference[] {
  const { header, rows } = summaryTable([{ ...own, log: null, audit: null }], language);
  const expected = [...rows].map((row) => row.map(textOf));
  if (found.length === 0)
    return [{ path: header[summaryColumns.county]!, expected: own.county.code, found: '' }];
  const [mine, theirs] = [byName(expected), byName(found)];
  return [...new Set([...mine.keys(), ...theirs.keys()])].flatMap((name): readonly SummaryDifference[] => {
    const [a, b] = [mine.get(name), theirs.get(name)];
    const path = name.split('\t').filter(Boolean).join(' ');
    if (!a || !b) return [{ path, expected: (a ?? []).join(' ').trim(), found: (b ?? []).join(' ').trim() }];
    return header.flatMap((column, i) =>
      i < summaryColumns.said || isSame(a[i] ?? '', b[i] ?? '')
        ? []
        : [{ path: `${path} ${column}`, expected: a[i] ?? '', found: b[i] ?? '' }],
    );
  });
}

/** Lines by subject; several with one name are distinguished by their order. */
function byName(lines: readonly Cells[]): ReadonlyMap<string, Cells> {
  const named = new Map<string, Cells>();
  for (const line of lines) {
    const own = Array.from({ length: summaryColumns.said }, (_, i) => line[i] ?? '').join('\t');
    let name = own;
    for (let n = 2; named.has(name); n++) name = `${own}\t${n}`;
    named.set(name, line);
  }
  return named;
}

/** A spreadsheet program keeps fifteen digits, and writes 85.0 as 85. */
function isSame(a: string, b: string): boolean {
  if (a === b) return true;
  if (a === '' || b === '') return false;
  const [x, y] = [Number(a), Number(b)];
  return Math.abs(x - y) <= 1e-12 * Math.max(1, Math.abs(x));
}
