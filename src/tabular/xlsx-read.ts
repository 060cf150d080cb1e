/**
 * A streaming reader of .xlsx (ECMA-376, transitional and strict) with yauzl and saxes. Each sheet is inflated twice: merged
 * areas are listed after the rows, but their values are needed while the rows pass. In memory: the compressed file, the shared
 * strings, one chunk of a sheet. saxes resolves no external entity and a document type is refused, so neither external files nor
 * exponential entities can be included. Sizes are counted while inflating, not trusted. It runs in a separate thread
 * (xlsx-thread.ts) with limited memory. Above 500 lines in one file, because every part of the format is read with the same
 * limits of one open book.
 */
import { TextDecoder } from 'node:util';
import type { Entry, ZipFile } from 'yauzl';
import { AppError } from '../domain/errors.ts';
import { wellFormed } from '../domain/file-name.ts';
import {
  columnLetters,
  type CellMark,
  type CellValue,
  type TableItem,
  type TableRow,
} from '../domain/frame/roll/table.ts';
import { StringTable } from './string-table.ts';
import { MAX_COLUMNS, checkWidth, tooManyColumns, unguard } from './cells.ts';

export interface XlsxOptions {
  readonly file: string;
  readonly hiddenRows: 'read' | 'skip';
}

export const xlsxLimits = {
  entries: 2_000,
  sheets: 200,
  /** All parts together, each pass counted. */
  inflated: 3 * 1024 * 1024 * 1024,
  /** Inflated to compressed size, for a part above `ratioFrom`; deflate reaches 1,032, real sheets stay under 60. */
  ratio: 150,
  ratioFrom: 4 * 1024 * 1024,
  /** Bytes and number of all shared strings. A million rows with name, number, phone and address fit. */
  sharedBytes: 128 * 1024 * 1024,
  sharedStrings: 5_000_000,
  /** Excel allows 32,767; other programs more. */
  cellCharacters: 64 * 1024,
  /** Per row, including merged areas. */
  rowCharacters: 512 * 1024,
  /** Over all rows: a text stored once may be in a million cells. */
  characters: 1024 * 1024 * 1024,
  /** Over all rows, including gaps and merged areas. */
  cells: 60_000_000,
  /** Over all parts, including empty cells. */
  elements: 150_000_000,
  merges: 200_000,
  styles: 65_536,
  /** Nesting depth; a sheet has about ten. */
  depth: 32,
  /** Bytes without a tag: a comment or attribute must not fill the memory. */
  tagless: 1024 * 1024,
} as const;

export type XlsxLimits = { readonly [K in keyof typeof xlsxLimits]: number };

interface Book {
  readonly file: string;
  readonly limits: XlsxLimits;
  readonly zip: ZipFile;
  readonly entries: ReadonlyMap<string, Entry>;
  inflated: number;
  elements: number;
  cells: number;
  characters: number;
}

export async function* readXlsx(
  bytes: Buffer,
  options: XlsxOptions,
  limits: XlsxLimits = xlsxLimits,
): AsyncGenerator<TableItem, void, undefined> {
  const book = await openBook(bytes, options.file, limits);
  const main = await findMain(book);
  const { sheets, date1904 } = await readWorkbook(book, main);
  const relations = await readRelations(book, main);
  const strings = await readStrings(book, relations.find((r) => r.kind === 'sharedStrings')?.target);
  const dates = await readDateStyles(book, relations.find((r) => r.kind === 'styles')?.target);
  for (const sheet of sheets) {
    const relation = relations.find((r) => r.id === sheet.relation);
    if (relation?.kind !== 'worksheet') continue; // charts, macros and dialogues
    if (sheet.hidden) {
      yield notice(sheet.name, 'roll.sheet-hidden');
      continue;
    }
    const merges = await readMerges(book, relation.target);
    const { hiddenRows } = options;
    const context = { strings, dates, date1904, merges, hiddenRows };
    yield* readSheet(book, relation.target, sheet.name, context);
  }
}

function notice(
  sheet: string,
  message: string,
  params: Readonly<Record<string, string | number>> = {},
): TableItem {
  return { notice: { path: sheet, message, params: { sheet, ...params } } };
}

// --- the container

function broken(file: string, cause?: unknown): AppError {
  return new AppError('invalid', 'tabular.zip', { params: { file }, cause });
}

function inflatedTooFar(book: Book): AppError {
  return new AppError('too-large', 'tabular.inflated', { params: { file: book.file } });
}

async function openBook(bytes: Buffer, file: string, limits: XlsxLimits): Promise<Book> {
  // Workbook libraries are loaded with the first workbook: a service that only takes answers does not need them.
  const { fromBufferPromise } = await import('yauzl');
  const entries = new Map<string, Entry>();
  try {
    const zip = await fromBufferPromise(bytes, { lazyEntries: true, autoClose: false });
    if (zip.entryCount > limits.entries) throw broken(file);
    await new Promise<void>((resolve, reject) => {
      zip.on('entry', (entry: Entry) => {
        entries.set(entry.fileName.toLowerCase(), entry);
        zip.readEntry();
      });
      zip.on('end', () => resolve());
      zip.on('error', reject);
      zip.readEntry();
    });
    return { file, limits, zip, entries, inflated: 0, elements: 0, cells: 0, characters: 0 };
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw broken(file, error);
  }
}

async function* inflate(book: Book, path: string): AsyncGenerator<Buffer, void, undefined> {
  const entry = book.entries.get(path.toLowerCase());
  if (!entry || entry.isEncrypted()) throw broken(book.file);
  let own = 0;
  let stream;
  try {
    stream = await book.zip.openReadStreamPromise(entry);
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      own += chunk.length;
      book.inflated += chunk.length;
      const ratio = own / Math.max(1, entry.compressedSize);
      if (book.inflated > book.limits.inflated || (own > book.limits.ratioFrom && ratio > book.limits.ratio))
        throw inflatedTooFar(book);
      yield chunk;
    }
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw broken(book.file, error);
  } finally {
    stream?.destroy();
  }
}

// --- XML

type Attributes = Readonly<Record<string, string>>;

interface Handlers {
  readonly open?: (name: string, attributes: Attributes) => void;
  readonly text?: (text: string) => void;
  readonly close?: (name: string) => void;
}

const pieceBytes = 4 * 1024;

/** Calls the handlers while the part is inflated; yields after each chunk. Names have no prefix. */
async function* parseXml(book: Book, path: string, handlers: Handlers) {
  const { SaxesParser } = await import('saxes');
  const parser = new SaxesParser<{ xmlns: false; position: false }>({ xmlns: false, position: false });
  let failure: Error | undefined;
  let tagless = 0;
  let depth = 0;
  parser.on('error', (error) => (failure ??= error));
  parser.on('doctype', () => (failure ??= new Error('document type')));
  const { open, text, close } = handlers;
  parser.on('opentag', (tag) => {
    tagless = 0;
    depth += 1;
    if (depth > book.limits.depth) throw broken(book.file);
    book.elements += 1;
    if (book.elements > book.limits.elements) throw inflatedTooFar(book);
    open?.(local(tag.name), tag.attributes);
  });
  if (text) {
    parser.on('text', text);
    parser.on('cdata', text);
  }
  parser.on('closetag', (tag) => {
    depth -= 1;
    close?.(local(tag.name));
  });
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const feed = (run: () => void) => {
    try {
      run();
    } catch (error) {
      if (error instanceof AppError) throw error;
      throw broken(book.file, error);
    }
    if (failure) throw broken(book.file, failure);
  };
  for await (const chunk of inflate(book, path)) {
    // In small pieces: a few bytes may refer to a long shared string, and the result must be consumed before the next.
    for (let at = 0; at < chunk.length; at += pieceBytes) {
      const piece = chunk.subarray(at, at + pieceBytes);
      tagless += piece.length;
      if (tagless > book.limits.tagless) throw broken(book.file);
      feed(() => parser.write(decoder.decode(piece, { stream: true })));
      yield;
    }
  }
  feed(() => {
    parser.write(decoder.decode());
    parser.close();
  });
}

async function parseWhole(book: Book, path: string, handlers: Handlers): Promise<void> {
  for await (const _ of parseXml(book, path, handlers));
}

function local(name: string): string {
  const colon = name.indexOf(':');
  return colon < 0 ? name : name.slice(colon + 1);
}

function attribute(attributes: Attributes, name: string): string | undefined {
  return Object.hasOwn(attributes, name) ? attributes[name] : undefined;
}

/** An attribute with any prefix that the producer chose for its namespace (`r:id`). */
function prefixed(attributes: Attributes, name: string): string | undefined {
  const key = Object.keys(attributes).find((k) => k.endsWith(`:${name}`));
  return key === undefined ? undefined : attribute(attributes, key);
}

// --- the parts beside the sheets

interface Relation {
  readonly id: string;
  /** Last part of the type's address: the same in the transitional and the strict form. */
  readonly kind: string;
  readonly target: string;
}

async function readRelations(book: Book, source: string): Promise<Relation[]> {
  const slash = source.lastIndexOf('/');
  const folder = source.slice(0, slash + 1);
  const path = `${folder}_rels/${source.slice(slash + 1)}.rels`;
  const relations: Relation[] = [];
  if (!book.entries.has(path.toLowerCase())) return relations;
  await parseWhole(book, path, {
    open: (name, attributes) => {
      if (name !== 'Relationship' || attribute(attributes, 'TargetMode') === 'External') return;
      if (relations.length >= book.limits.entries) throw broken(book.file);
      relations.push({
        id: attribute(attributes, 'Id') ?? '',
        kind: (attribute(attributes, 'Type') ?? '').split('/').pop() ?? '',
        target: resolvePath(folder, attribute(attributes, 'Target') ?? ''),
      });
    },
  });
  return relations;
}

function resolvePath(folder: string, target: string): string {
  const parts: string[] = [];
  for (const part of (target.startsWith('/') ? target : folder + target).split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return parts.join('/');
}

async function findMain(book: Book): Promise<string> {
  const notXlsx = () => new AppError('invalid', 'tabular.not-xlsx', { params: { file: book.file } });
  if (!book.entries.has('[content_types].xml')) throw notXlsx();
  const relation = (await readRelations(book, '')).find((r) => r.kind === 'officeDocument');
  const main = relation?.target ?? 'xl/workbook.xml';
  if (!book.entries.has(main.toLowerCase()) || !/workbook[^/]{0,100}\.xml$/i.test(main)) throw notXlsx();
  return main;
}

async function readWorkbook(book: Book, path: string) {
  const sheets: { name: string; relation: string; hidden: boolean }[] = [];
  let date1904 = false;
  await parseWhole(book, path, {
    open: (name, attributes) => {
      if (name === 'workbookPr') date1904 = isTrue(attribute(attributes, 'date1904'));
      if (name !== 'sheet') return;
      if (sheets.length >= book.limits.sheets) throw broken(book.file);
      sheets.push({
        name: attribute(attributes, 'name') ?? '',
        relation: prefixed(attributes, 'id') ?? '',
        hidden: (attribute(attributes, 'state') ?? 'visible') !== 'visible',
      });
    },
  });
  return { sheets, date1904 };
}

function isTrue(value: string | undefined): boolean {
  return value === '1' || value === 'true';
}

/** Text of `<t>` within `<si>` or `<is>`, without the phonetic guides of `<rPh>`. */
function richText(onText: (text: string) => void) {
  let inText = false;
  let inGuide = false;
  return {
    open: (name: string) => {
      if (name === 't') inText = true;
      else if (name === 'rPh') inGuide = true;
    },
    text: (text: string) => {
      if (inText && !inGuide) onText(text);
    },
    close: (name: string) => {
      if (name === 't') inText = false;
      else if (name === 'rPh') inGuide = false;
    },
  };
}

async function readStrings(book: Book, path: string | undefined): Promise<StringTable> {
  const strings = new StringTable(book.limits);
  if (path === undefined) return strings;
  let parts: string[] = [];
  let characters = 0;
  const rich = richText((text) => {
    characters += text.length;
    if (characters > book.limits.cellCharacters) throw broken(book.file);
    parts.push(text);
  });
  await parseWhole(book, path, {
    open: (name) => {
      if (name === 'si') {
        parts = [];
        characters = 0;
      }
      rich.open(name);
    },
    text: rich.text,
    close: (name) => {
      rich.close(name);
      if (name === 'si' && !strings.add(unescapeControls(parts.join('')))) throw inflatedTooFar(book);
    },
  });
  return strings;
}

/** ECMA-376 ST_Xstring: `_x000D_` stands for the character. */
function unescapeControls(text: string): string {
  if (!text.includes('_x')) return text;
  const plain = text.replace(/_x([0-9A-Fa-f]{4})_/g, (_, hex: string) =>
    String.fromCharCode(parseInt(hex, 16)),
  );
  return wellFormed(plain);
}

/** For each cell style, whether its number is a date (ECMA-376 18.8.30; 27–36 and 50–58 are the Chinese built-in ones). */
async function readDateStyles(book: Book, path: string | undefined): Promise<boolean[]> {
  const styles: boolean[] = [];
  if (path === undefined) return styles;
  /** Custom formats by number: whether they are dates. */
  const own = new Map<number, boolean>();
  let inCellXfs = false;
  await parseWhole(book, path, {
    open: (name, attributes) => {
      if (own.size > book.limits.styles) throw broken(book.file);
      if (name === 'numFmt')
        own.set(
          Number(attribute(attributes, 'numFmtId')),
          isDateFormat(attribute(attributes, 'formatCode') ?? ''),
        );
      else if (name === 'cellXfs') inCellXfs = true;
      else if (name === 'xf' && inCellXfs) {
        const id = Number(attribute(attributes, 'numFmtId') ?? 0);
        if (styles.length >= book.limits.styles) throw broken(book.file);
        styles.push(own.get(id) ?? isBuiltInDate(id));
      }
    },
    close: (name) => {
      if (name === 'cellXfs') inCellXfs = false;
    },
  });
  return styles;
}

function isBuiltInDate(id: number): boolean {
  return (id >= 14 && id <= 22) || (id >= 27 && id <= 36) || (id >= 45 && id <= 47) || (id >= 50 && id <= 58);
}

function isDateFormat(code: string): boolean {
  // Excel takes 255 characters.
  const bare = (code.slice(0, 255).split(';')[0] ?? '').replace(/"[^"]*"|\\.|[_*].|\[[^[\]]*\]/g, '');
  return /[ymdhs]/i.test(bare) && !/general/i.test(bare);
}

/** Serial day number to ISO text: a date, a time, or both. Excel's last day is 2958465, the end of the year 9999. */
export function serialToIso(serial: number, date1904: boolean): string | undefined {
  if (serial < 0 || serial >= 2_958_466) return undefined;
  const shifted = date1904 ? serial + 1462 : serial;
  // 1900 had no 29 February, but day 60 is reserved for it.
  const days = shifted < 60 && shifted >= 1 ? shifted + 1 : shifted;
  const seconds = Math.round((days - 25569) * 86400);
  const date = new Date(seconds * 1000);
  const iso = date.toISOString();
  if (serial >= 0 && serial < 1) return iso.slice(11, 19);
  return seconds % 86400 === 0 ? iso.slice(0, 10) : iso.slice(0, 19);
}

// --- sheets

interface Merge {
  readonly top: number;
  readonly bottom: number;
  readonly left: number;
  readonly right: number;
}

/** Merged areas, by first row. Only the part after the rows is parsed, as it arrives. */
async function readMerges(book: Book, path: string): Promise<Merge[]> {
  const merges: Merge[] = [];
  let inTail = false;
  let carry = Buffer.alloc(0);
  for await (const chunk of inflate(book, path)) {
    let window = Buffer.concat([carry, chunk]);
    if (!inTail) {
      const end = findRowsEnd(window);
      if (end < 0) {
        carry = window.subarray(-80);
        continue;
      }
      inTail = true;
      window = window.subarray(end);
    }
    const complete = window.lastIndexOf('>') + 1;
    takeMerges(window.subarray(0, complete), merges, book);
    // A tag of this kind is short; a longer one is something else.
    carry = window.subarray(Math.max(complete, window.length - 1024));
  }
  return merges.sort((a, b) => a.top - b.top);
}

function takeMerges(tags: Buffer, merges: Merge[], book: Book): void {
  for (const match of tags
    .toString('latin1')
    .matchAll(
      /<(?:\w+:)?mergeCell\s[^>]{0,200}?ref\s*=\s*["']([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})["']/g,
    )) {
    const left = columnNumber(match[1] ?? '');
    const right = Math.min(columnNumber(match[3] ?? ''), MAX_COLUMNS - 1);
    const top = Number(match[2]);
    const bottom = Number(match[4]);
    if (left <= right && top <= bottom) merges.push({ top, bottom, left, right });
    if (merges.length > book.limits.merges)
      throw new AppError('too-large', 'tabular.merges', {
        params: { file: book.file, max: book.limits.merges },
      });
  }
}

/** Index after `</sheetData>` (or its prefixed or empty form), or -1. */
function findRowsEnd(window: Buffer): number {
  for (let at = window.indexOf('sheetData'); at >= 0; at = window.indexOf('sheetData', at + 9)) {
    const close = window.indexOf('>', at);
    if (close < 0) return -1;
    const before = window.subarray(Math.max(0, at - 32), at).toString('latin1');
    if (/<\/(\w+:)?$/.test(before) || (/<(\w+:)?$/.test(before) && window[close - 1] === 0x2f))
      return close + 1;
  }
  return -1;
}

/** 0 for A. */
function columnNumber(letters: string): number {
  let n = 0;
  for (let i = 0; i < letters.length; i += 1) n = n * 26 + letters.charCodeAt(i) - 64;
  return n - 1;
}

/** Column of a reference such as AB12, or -1. */
function columnOf(reference: string): number {
  let n = 0;
  let i = 0;
  for (; i < reference.length; i += 1) {
    const code = reference.charCodeAt(i);
    if (code < 65 || code > 90) break;
    n = n * 26 + code - 64;
  }
  return i === 0 || i > 3 ? -1 : n - 1;
}

interface SheetContext {
  readonly strings: StringTable;
  readonly dates: readonly boolean[];
  readonly date1904: boolean;
  readonly merges: readonly Merge[];
  readonly hiddenRows: 'read' | 'skip';
}

/** `hidden`, or too narrow to be visible. */
function isHidden(attributes: Attributes, size: 'ht' | 'width'): boolean {
  const given = attribute(attributes, size);
  return isTrue(attribute(attributes, 'hidden')) || (given !== undefined && Number(given) === 0);
}

async function* readSheet(
  book: Book,
  path: string,
  sheet: string,
  context: SheetContext,
): AsyncGenerator<TableItem, void, undefined> {
  const fill = mergeFiller(context.merges);
  let ready: TableRow[] = [];
  let row = 0;
  let isRowHidden = false;
  let hiddenRows = 0;
  const hiddenColumns: { readonly from: number; readonly to: number }[] = [];
  /** Those that hold a value. */
  const passedColumns = new Set<number>();
  let isEmpty = true;
  let cells: CellValue[] = [];
  let marks: Map<number, CellMark> | undefined;
  let column = -1;
  let type = 'n';
  let style = 0;
  let value = '';
  let inValue = false;
  let inCell = false;
  let isFormula = false;
  const append = (text: string) => {
    value += text;
    if (value.length > book.limits.cellCharacters) throw broken(book.file);
  };
  const rich = richText(append);

  function takeCell(): void {
    const read = readCell(value, type, style, context);
    const cell = read.value;
    // A text result may be empty; any other missing result was never calculated.
    const mark = read.mark ?? (isFormula && value === '' && type !== 'str' ? 'formula' : undefined);
    if (cell === null && mark === undefined) return;
    if (column >= MAX_COLUMNS) throw tooManyColumns(row, book.file);
    if (hiddenColumns.some(({ from, to }) => column >= from && column <= to)) {
      passedColumns.add(column);
      return;
    }
    if (mark !== undefined) (marks ??= new Map()).set(column, mark);
    if (cell === null) return;
    while (cells.length < column) cells.push(null);
    cells[column] = cell;
  }

  function takeRow(): void {
    // Values that only come from a merged area do not make a row of data.
    if (cells.length === 0 && marks === undefined) return;
    isEmpty = false;
    if (isRowHidden) {
      hiddenRows += 1;
      if (context.hiddenRows === 'skip') return;
    }
    fill(row, cells);
    for (const hidden of hiddenColumns)
      for (let c = hidden.from; c <= hidden.to && c < cells.length; c += 1) cells[c] = null;
    checkWidth(cells, row, book.file);
    countCells(book, cells);
    ready.push(marks === undefined ? { sheet, row, cells } : { sheet, row, cells, marks });
  }

  for await (const _ of parseXml(book, path, {
    open: (name, attributes) => {
      if (name === 'c') {
        const reference = attribute(attributes, 'r');
        const next = reference === undefined ? column + 1 : columnOf(reference);
        if (next < 0) throw broken(book.file);
        column = next;
        type = attribute(attributes, 't') ?? 'n';
        style = Number(attribute(attributes, 's') ?? 0);
        value = '';
        inCell = true;
        isFormula = false;
      } else if (name === 'v') inValue = inCell;
      else if (name === 'f') isFormula = inCell;
      else if (name === 'row') {
        const number = Number(attribute(attributes, 'r') ?? row + 1);
        if (!Number.isInteger(number) || number <= row || number > 1_048_576) throw broken(book.file);
        row = number;
        isRowHidden = isHidden(attributes, 'ht');
        cells = [];
        marks = undefined;
        column = -1;
      } else if (name === 'col') {
        if (isHidden(attributes, 'width'))
          hiddenColumns.push({
            from: Number(attribute(attributes, 'min')) - 1,
            to: Number(attribute(attributes, 'max')) - 1,
          });
        if (hiddenColumns.length > MAX_COLUMNS) throw broken(book.file);
      } else if (inCell) rich.open(name);
    },
    text: (text) => {
      if (inValue) append(text);
      else if (inCell) rich.text(text);
    },
    close: (name) => {
      if (name === 'v') inValue = false;
      else if (name === 'c') {
        inCell = false;
        takeCell();
      } else if (name === 'row') takeRow();
      else if (inCell) rich.close(name);
    },
  })) {
    if (ready.length === 0) continue;
    const batch = ready;
    ready = [];
    yield* batch;
  }
  yield* ready;
  if (isEmpty) yield notice(sheet, 'roll.sheet-empty');
  if (passedColumns.size > 0) {
    const columns = [...passedColumns].sort((a, b) => a - b).map(columnLetters);
    yield notice(sheet, 'roll.columns-hidden', { count: columns.length, columns: columns.join('、') });
  }
  if (hiddenRows > 0) yield notice(sheet, `roll.rows-hidden.${context.hiddenRows}`, { rows: hiddenRows });
}

function countCells(book: Book, cells: readonly CellValue[]): void {
  let characters = 0;
  for (const cell of cells) if (typeof cell === 'string') characters += cell.length;
  book.cells += cells.length;
  book.characters += characters;
  if (
    characters > book.limits.rowCharacters ||
    book.cells > book.limits.cells ||
    book.characters > book.limits.characters
  )
    throw new AppError('too-large', 'tabular.cells', { params: { file: book.file } });
}

function readCell(
  value: string,
  type: string,
  style: number,
  context: SheetContext,
): { readonly value: CellValue; readonly mark?: CellMark } {
  if (type === 'e') return { value: null, mark: 'error' };
  if (value === '') return { value: null };
  switch (type) {
    case 's':
      return { value: textOrNull(context.strings.get(Number(value))) };
    case 'inlineStr':
    case 'str':
      return { value: textOrNull(unescapeControls(value)) };
    case 'd':
      return { value, mark: 'date' };
    case 'b':
      return { value: value === '1' || value === 'true' ? 'TRUE' : 'FALSE' };
    default: {
      const number = Number(value);
      if (!Number.isFinite(number)) return { value: textOrNull(value) };
      if (context.dates[style] !== true) return { value: number };
      const iso = serialToIso(number, context.date1904);
      // A phone in a column formatted as dates stays a number.
      return iso === undefined ? { value: number } : { value: iso, mark: 'date' };
    }
  }
}

function textOrNull(text: string): string | null {
  return text === '' ? null : unguard(text);
}

/**
 * Writes the value of a merged area's first cell into the area, row by row. Overlapping areas are invalid; the later one is
 * ignored.
 */
function mergeFiller(merges: readonly Merge[]): (row: number, cells: CellValue[]) => void {
  const active = new Map<number, { bottom: number; value: CellValue }>();
  let next = 0;
  return (row, cells) => {
    for (const [column, area] of active) if (area.bottom < row) active.delete(column);
    for (let merge = merges[next]; merge !== undefined && merge.top <= row; merge = merges[++next]) {
      if (merge.bottom < row) continue;
      // If the first row of the area is missing from the file, the area is empty.
      const value = merge.top === row ? (cells[merge.left] ?? null) : null;
      if (value === null) continue;
      for (let column = merge.left; column <= merge.right; column += 1)
        if (!active.has(column)) active.set(column, { bottom: merge.bottom, value });
    }
    for (const [column, { value }] of active) {
      while (cells.length < column) cells.push(null);
      cells[column] ??= value;
    }
  };
}
