/** Delimited text: encoding, delimiter and quoting as clerks' programs produce them, in constant memory. */
import { TextDecoder } from 'node:util';
import { AppError } from '../domain/errors.ts';
import type { CellValue, TableRow } from '../domain/frame/roll/table.ts';
import { checkWidth, unguard } from './cells.ts';
import { createRecordSplitter, RecordError, type TextRecord } from './records.ts';

/** Maximum buffer for choosing an encoding or a delimiter. */
const SAMPLE = 64 * 1024;
const MAX_RECORD = 1024 * 1024;

/** How well rows match the expected table; 0 if not at all. */
export type ScoreRows = (rows: readonly TableRow[]) => number;

export async function* readText(
  source: AsyncIterable<Uint8Array>,
  file: string,
  score?: ScoreRows,
): AsyncGenerator<TableRow, void, undefined> {
  const { sample, rest } = await sampleText(withoutPadding(decode(source, file)));
  if (sample.trim() === '') return;
  const splitter = createRecordSplitter(detectDelimiter(sample, score), MAX_RECORD);
  let row = 0;
  const rowOf = (record: TextRecord): TableRow => {
    row += 1;
    return tableRow(record, row, file);
  };
  try {
    for await (const text of rest) for (const record of splitter.push(text)) yield rowOf(record);
    for (const record of splitter.end()) yield rowOf(record);
  } catch (error) {
    if (error instanceof RecordError)
      throw error.kind === 'quote'
        ? new AppError('invalid', 'tabular.quote', { params: { file, row: error.record }, cause: error })
        : new AppError('invalid', 'tabular.binary', { params: { file }, cause: error });
    throw error;
  }
}

function tableRow({ cells, from, to }: TextRecord, row: number, file: string): TableRow {
  const values = checkWidth(cells.map(textCell), row, file);
  return to > from
    ? { sheet: '', row, cells: values, lines: { from, to } }
    : { sheet: '', row, cells: values };
}

/** `="13800138000"` is how some programs force text; our own guard against formulas is removed. */
function textCell(value: string): CellValue {
  if (value === '') return null;
  const forced = /^="([^"]*)"$/.exec(value);
  return unguard(forced ? (forced[1] ?? '') : value);
}

type Encoding = 'utf-8' | 'gb18030' | 'utf-16le' | 'utf-16be';

/**
 * While all bytes are ASCII the encoding does not matter; at the first other byte up to 64 KB decide: well-formed UTF-8, or else
 * GB18030. (Two Chinese characters in GB18030 can pass for UTF-8, a header and rows cannot.)
 */
export async function* decode(
  source: AsyncIterable<Uint8Array>,
  file: string,
): AsyncGenerator<string, void, undefined> {
  let decoder: TextDecoder | undefined;
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  let first = true;
  const run = (bytes: Uint8Array | undefined): string => {
    try {
      return bytes === undefined ? decoder!.decode() : decoder!.decode(bytes, { stream: true });
    } catch (cause) {
      throw new AppError('invalid', 'tabular.encoding', { params: { file }, cause });
    }
  };
  const settle = (complete: boolean): string => {
    const sample = Buffer.concat(held);
    held = [];
    decoder = newDecoder(isUtf8(sample, complete) ? 'utf-8' : 'gb18030');
    return run(sample);
  };
  for await (const chunk of source) {
    let bytes = chunk;
    if (first) {
      first = false;
      const marked = unicodeMark(bytes);
      if (marked) {
        decoder = newDecoder(marked.encoding);
        bytes = bytes.subarray(marked.length);
      } else if (unpadded(bytes.subarray(0, 4096)).includes(0)) {
        throw new AppError('invalid', 'tabular.binary', { params: { file } });
      }
    }
    if (decoder) {
      yield run(bytes);
    } else if (heldBytes > 0 || hasHighByte(bytes)) {
      held.push(bytes);
      heldBytes += bytes.length;
      if (heldBytes >= SAMPLE) yield settle(false);
    } else {
      yield Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
    }
  }
  if (!decoder && heldBytes > 0) yield settle(true);
  if (decoder) yield run(undefined);
}

function newDecoder(encoding: Encoding): TextDecoder {
  return new TextDecoder(encoding, { fatal: true, ignoreBOM: false });
}

function hasHighByte(bytes: Uint8Array): boolean {
  return bytes.some((byte) => byte > 0x7f);
}

/** Byte order mark, or the NULs which ASCII characters (delimiters, digits, line ends) leave in UTF-16. */
function unicodeMark(bytes: Uint8Array): { encoding: Encoding; length: number } | undefined {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return { encoding: 'utf-8', length: 3 };
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return { encoding: 'utf-16le', length: 2 };
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return { encoding: 'utf-16be', length: 2 };
  // A few Chinese characters (一 is U+4E00) have their NUL on the other side.
  const head = unpadded(bytes.subarray(0, 4096));
  let even = 0;
  let odd = 0;
  for (const [i, byte] of head.entries()) {
    if (byte !== 0) continue;
    if (i % 2 === 0) even += 1;
    else odd += 1;
  }
  if (odd > 4 * even) return { encoding: 'utf-16le', length: 0 };
  if (even > 4 * odd) return { encoding: 'utf-16be', length: 0 };
  return undefined;
}

/** Some programs pad a file with NULs up to a block. */
function unpadded(bytes: Uint8Array): Uint8Array {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end -= 1;
  return bytes.subarray(0, end);
}

/** Without NULs at the end; of those in between, where a crash left a hole, one stays. */
async function* withoutPadding(
  source: AsyncGenerator<string, void, undefined>,
): AsyncGenerator<string, void, undefined> {
  let isHeld = false;
  for await (const text of source) {
    let end = text.length;
    while (end > 0 && text[end - 1] === '\0') end -= 1;
    if (end > 0) yield (isHeld ? '\0' : '') + text.slice(0, end);
    isHeld = end < text.length || (isHeld && end === 0);
  }
}

/** Whether it is well-formed; unless the text is complete, a truncated last character is accepted. */
function isUtf8(bytes: Uint8Array, complete: boolean): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: !complete });
    return true;
  } catch {
    return false;
  }
}

async function sampleText(source: AsyncGenerator<string, void, undefined>) {
  const held: string[] = [];
  let length = 0;
  while (length < SAMPLE) {
    const next = await source.next();
    if (next.done) break;
    held.push(next.value);
    length += next.value.length;
  }
  const sample = held.join('');
  async function* rest() {
    try {
      yield sample;
      yield* source;
    } finally {
      await source.return(undefined);
    }
  }
  return { sample: sample.slice(0, SAMPLE), rest: rest() };
}

const delimiters = [',', '\t', ';', '，', '|'] as const;
const sampledRecords = 30;

/**
 * The delimiter with which a header is recognised. Otherwise the one that occurs equally often in most of the first lines,
 * outside quotes; a comma if there is none.
 */
export function detectDelimiter(sample: string, score: ScoreRows = () => 0): string {
  const lines = unquotedLines(sample, sampledRecords);
  const candidates = delimiters.map((delimiter) => {
    const byCount = new Map<number, number>();
    for (const line of lines) {
      const columns = line.split(delimiter).length - 1;
      if (columns > 0) byCount.set(columns, (byCount.get(columns) ?? 0) + 1);
    }
    const [columns = 0, inLines = 0] = [...byCount].sort(([c1, n1], [c2, n2]) => n2 - n1 || c2 - c1)[0] ?? [];
    return { delimiter, columns, inLines, score: score(sampleRows(sample, delimiter)) };
  });
  const [best] = candidates.sort(
    (a, b) => b.score - a.score || b.inLines - a.inLines || b.columns - a.columns,
  );
  return best!.delimiter;
}

function sampleRows(sample: string, delimiter: string): readonly TableRow[] {
  const splitter = createRecordSplitter(delimiter, MAX_RECORD);
  const records = splitter.push(sample.slice(0, SAMPLE));
  // A table of one line has no line break; a sample may end within quotes, which the reader will detect.
  if (records.length === 0 && !sample.includes('"')) records.push(...splitter.end());
  return records.slice(0, sampledRecords).map(({ cells }, i) => ({
    sheet: '',
    row: i + 1,
    cells: cells.map(textCell),
  }));
}

/** Lines without quoted text, so that a quoted address does not count. */
function unquotedLines(sample: string, max: number): string[] {
  const lines: string[] = [];
  let line = '';
  let quoted = false;
  for (const char of sample) {
    if (char === '"') quoted = !quoted;
    else if (!quoted && (char === '\n' || char === '\r')) {
      if (line.trim() !== '') lines.push(line);
      line = '';
      if (lines.length >= max) return lines;
    } else if (!quoted) line += char;
  }
  if (line.trim() !== '') lines.push(line);
  return lines;
}
