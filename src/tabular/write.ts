/** Rows to bytes: CSV that Excel opens correctly, and .xlsx of any length. Both stream; neither truncates silently. */
import type { Zip, ZipDeflate } from 'fflate';
import { AppError } from '../domain/errors.ts';
import { columnLetters } from '../domain/frame/roll/table.ts';
import { wellFormed } from '../domain/file-name.ts';
import { guard, type Cell, type Row, type Rows } from './cells.ts';
import { chartTypes, createChartCells, fitsOnPage, type SheetChart } from './xlsx-chart.ts';
import { MAIN, OFFICE, PACKAGE, XML, xmlText } from './xlsx-xml.ts';

const CHUNK = 64 * 1024;

/** UTF-8 with byte order mark, CRLF, RFC 4180 quoting; texts that a spreadsheet program would run as formulas are guarded. */
export async function* csvChunks(
  header: readonly string[],
  rows: Rows,
): AsyncGenerator<Uint8Array, void, undefined> {
  let text = '\ufeff' + csvLine(header);
  for await (const row of rows) {
    text += csvLine(row);
    if (text.length >= CHUNK) {
      yield Buffer.from(text, 'utf8');
      text = '';
    }
  }
  if (text !== '') yield Buffer.from(text, 'utf8');
}

function csvLine(row: Row): string {
  // A single empty field would be read back as an empty line.
  if (row.length === 1 && csvField(row[0] ?? null) === '') return '""\r\n';
  return row.map(csvField).join(',') + '\r\n';
}

function csvField(cell: Cell): string {
  if (cell === null) return '';
  if (typeof cell === 'object') return csvField(cell.number);
  if (typeof cell === 'number') return Number.isFinite(cell) ? String(cell) : '';
  const text = guard(cell);
  return /[",;\t\r\n，]|^\s|\s$/u.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export interface SheetToWrite {
  readonly name: string;
  readonly header: readonly string[];
  readonly rows: Rows;
  /** In characters, of each column. */
  readonly widths?: readonly number[];
  /** Filter buttons in the header. */
  readonly filtered?: boolean;
  /** Beside the table, on the first sheet of its rows. */
  readonly charts?: readonly SheetChart[];
}

const XLSX_MAX_ROWS = 1_048_576;
const XLSX_MAX_COLUMNS = 16_384;
const XLSX_MAX_CELL = 32_767;

/**
 * Rows beyond `maxRows` continue in further sheets, each with the header. Text cells are inline strings formatted as text: never
 * a formula, never a number. A text longer than Excel's limit throws `too-large` tabular.cell.
 */
export async function* xlsxChunks(
  sheets: AsyncIterable<SheetToWrite> | Iterable<SheetToWrite>,
  options: { readonly maxRows?: number } = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  const maxRows = options.maxRows ?? XLSX_MAX_ROWS;
  let out: Uint8Array[] = [];
  const { Zip, ZipDeflate } = await import('fflate');
  const zip = new Zip((error, chunk) => {
    if (error) throw error;
    out.push(chunk);
  });
  const whole = (path: string, content: string): void => {
    deflated(zip, new ZipDeflate(path, { level })).push(Buffer.from(content, 'utf8'), true);
  };
  const drain = (): Uint8Array[] => {
    const chunks = out;
    out = [];
    return chunks;
  };
  const names: string[] = [];
  /** Of each sheet. */
  const drawn: number[] = [];
  for await (const sheet of sheets) {
    const rows = iterate(sheet.rows);
    try {
      let next = await rows.next();
      let part = 1;
      const first = names.length + 1;
      do {
        names.push(sheetName(sheet.name, part, names));
        part += 1;
        const file = deflated(zip, new ZipDeflate(`xl/worksheets/sheet${names.length}.xml`, { level }));
        // Further sheets of a table hold further rows.
        const charts = names.length === first ? (sheet.charts ?? []) : [];
        const cells = createChartCells(charts, sheet.header);
        const onePage = fitsOnPage(charts);
        let text =
          sheetStart(onePage) + columnsXml(sheet.widths) + '<sheetData>' + xlsxRow(sheet.header, 1, 2);
        let row = 1;
        while (!next.done && row < maxRows) {
          row += 1;
          text += xlsxRow(next.value, row, 1);
          cells.add(row - 2, next.value);
          if (text.length >= CHUNK) {
            file.push(Buffer.from(text, 'utf8'));
            text = '';
            yield* drain();
          }
          next = await rows.next();
        }
        const filter =
          sheet.filtered === true && sheet.header.length > 0
            ? `<autoFilter ref="A1:${columnLetters(sheet.header.length - 1)}${row}"/>`
            : '';
        const { count, parts } = cells.parts({
          number: names.length,
          name: names.at(-1)!,
          first: drawn.reduce((sum, n) => sum + n, 1),
        });
        const end = `${onePage ? PAGE_SETUP : ''}${count > 0 ? '<drawing r:id="rId1"/>' : ''}</worksheet>`;
        file.push(Buffer.from(`${text}</sheetData>${filter}${end}`, 'utf8'), true);
        for (const [path, content] of parts) whole(path, content);
        drawn.push(count);
        yield* drain();
      } while (!next.done);
    } finally {
      await rows.return?.();
    }
  }
  if (names.length === 0) throw new RangeError('a workbook needs a sheet');
  for (const [path, content] of workbookParts(names, drawn)) whole(path, content);
  zip.end();
  yield* drain();
}

function iterate(rows: Rows): AsyncIterator<Row> | Iterator<Row> {
  return Symbol.asyncIterator in rows ? rows[Symbol.asyncIterator]() : rows[Symbol.iterator]();
}

const level = 6;

function deflated(zip: Zip, file: ZipDeflate): ZipDeflate {
  zip.add(file);
  return file;
}

/** A4 landscape, fitted to the width of the table and its charts. */
const PAGE_SETUP =
  '<pageMargins left="0.4" right="0.4" top="0.5" bottom="0.5" header="0.3" footer="0.3"/>' +
  '<pageSetup paperSize="9" orientation="landscape" fitToHeight="0"/>';

function sheetStart(onePage: boolean): string {
  return (
    `${XML}<worksheet xmlns="${MAIN}" xmlns:r="${OFFICE}">${onePage ? '<sheetPr><pageSetUpPr fitToPage="1"/></sheetPr>' : ''}` +
    '<sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" ' +
    'state="frozen"/></sheetView></sheetViews><sheetFormatPr defaultRowHeight="15"/>'
  );
}

function columnsXml(widths: readonly number[] | undefined): string {
  if (widths === undefined || widths.length === 0) return '';
  return `<cols>${widths
    .map((width, i) => `<col min="${i + 1}" max="${i + 1}" width="${width}" customWidth="1"/>`)
    .join('')}</cols>`;
}

/** Styles of numbers with 0 to `mostDecimals` decimals follow those of texts. */
const mostDecimals = 4;
const firstDecimalStyle = 3;

function xlsxRow(row: Row, number: number, style: number): string {
  if (row.length > XLSX_MAX_COLUMNS)
    throw new AppError('too-large', 'tabular.columns', {
      params: { file: '', row: number, max: XLSX_MAX_COLUMNS },
    });
  let text = `<row r="${number}">`;
  row.forEach((cell, column) => {
    if (cell === null || cell === '') return;
    const reference = `${columnLetters(column)}${number}`;
    if (typeof cell === 'number') {
      if (Number.isFinite(cell)) text += `<c r="${reference}"><v>${cell}</v></c>`;
      return;
    }
    if (typeof cell === 'object') {
      const kind = firstDecimalStyle + Math.min(mostDecimals, Math.max(0, cell.decimals));
      if (Number.isFinite(cell.number)) text += `<c r="${reference}" s="${kind}"><v>${cell.number}</v></c>`;
      return;
    }
    if (cell.length > XLSX_MAX_CELL)
      throw new AppError('too-large', 'tabular.cell', { params: { row: number, max: XLSX_MAX_CELL } });
    text += `<c r="${reference}" s="${style}" t="inlineStr"><is><t xml:space="preserve">${xmlText(cell)}</t></is></c>`;
  });
  return text + '</row>';
}

/** Excel allows 31 characters, none of []:*?/\, no apostrophe at an end, no name twice. */
function sheetName(wanted: string, part: number, taken: readonly string[]): string {
  const clean =
    wellFormed(wanted)
      .replace(/[[\]:*?/\\\p{Cc}\ufffe\uffff]/gu, ' ')
      .trim()
      .replace(/^'+|(?<!')'+$/g, '') || 'Sheet';
  for (let n = part; ; n += 1) {
    const suffix = n === 1 ? '' : ` (${n})`;
    const name =
      [...clean]
        .slice(0, 31 - suffix.length)
        .join('')
        .slice(0, 31 - suffix.length) + suffix;
    if (name.toLowerCase() !== 'history' && !taken.some((t) => t.toLowerCase() === name.toLowerCase()))
      return name;
  }
}

const decimals = Array.from({ length: mostDecimals + 1 }, (_, n) => n);

/** @param drawn number of charts on each sheet */
function workbookParts(
  names: readonly string[],
  drawn: readonly number[],
): [path: string, content: string][] {
  const type = 'application/vnd.openxmlformats-officedocument.spreadsheetml';
  const each = (f: (name: string, n: number) => string) => names.map((name, i) => f(name, i + 1)).join('');
  return [
    [
      'xl/workbook.xml',
      `${XML}<workbook xmlns="${MAIN}" xmlns:r="${OFFICE}"><sheets>` +
        each((name, n) => `<sheet name="${xmlText(name)}" sheetId="${n}" r:id="rId${n}"/>`) +
        '</sheets></workbook>',
    ],
    [
      'xl/_rels/workbook.xml.rels',
      `${XML}<Relationships xmlns="${PACKAGE}/relationships">` +
        each(
          (_, n) =>
            `<Relationship Id="rId${n}" Type="${OFFICE}/worksheet" Target="worksheets/sheet${n}.xml"/>`,
        ) +
        `<Relationship Id="rId${names.length + 1}" Type="${OFFICE}/styles" Target="styles.xml"/></Relationships>`,
    ],
    [
      'xl/styles.xml',
      `${XML}<styleSheet xmlns="${MAIN}"><numFmts count="${mostDecimals + 1}">${decimals
        .map((n) => `<numFmt numFmtId="${164 + n}" formatCode="${n === 0 ? '0' : `0.${'0'.repeat(n)}`}"/>`)
        .join('')}</numFmts><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>` +
        '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts><fills count="2"><fill><patternFill ' +
        'patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1">' +
        '<border><left/><right/><top/><bottom/><diagonal/></border></borders><cellStyleXfs count="1"><xf numFmtId="0" ' +
        `fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="${firstDecimalStyle + mostDecimals + 1}"><xf numFmtId="0" fontId="0" fillId="0" ` +
        'borderId="0" xfId="0"/><xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>' +
        '<xf numFmtId="49" fontId="1" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyFont="1"/>' +
        decimals
          .map(
            (n) =>
              `<xf numFmtId="${164 + n}" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>`,
          )
          .join('') +
        '</cellXfs>' +
        '</styleSheet>',
    ],
    [
      '_rels/.rels',
      `${XML}<Relationships xmlns="${PACKAGE}/relationships"><Relationship Id="rId1" Type="${OFFICE}/officeDocument" ` +
        'Target="xl/workbook.xml"/></Relationships>',
    ],
    [
      '[Content_Types].xml',
      `${XML}<Types xmlns="${PACKAGE}/content-types"><Default Extension="rels" ` +
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ' +
        `ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="${type}.sheet.main+xml"/>` +
        `<Override PartName="/xl/styles.xml" ContentType="${type}.styles+xml"/>` +
        each(
          (_, n) => `<Override PartName="/xl/worksheets/sheet${n}.xml" ContentType="${type}.worksheet+xml"/>`,
        ) +
        chartTypes(drawn) +
        '</Types>',
    ],
  ];
}
