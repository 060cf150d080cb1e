/**
 * Bytes to rows. The kind of file is detected from its content, never from its name, because clerks rename files. Text is
 * streamed. An .xlsx is kept in memory compressed, because its directory is at its end and its texts may follow its rows, and is
 * read in a separate thread.
 */
import { AppError } from '../domain/errors.ts';
import { isNotice, type HiddenRows, type TableItem, type TableRow } from '../domain/frame/roll/table.ts';
import { readText, type ScoreRows } from './text.ts';
import { readWorkbook } from './xlsx-worker.ts';

export { isNotice, type CellValue, type TableItem, type TableRow } from '../domain/frame/roll/table.ts';

export interface ReadOptions {
  /** As the sender named it; used only in messages. */
  readonly fileName: string;
  /** Rows with a value; blank ones do not count. */
  readonly maxRows?: number;
  /** Limit of the file as sent. An .xlsx is also limited to `limits.xlsxBytes`. */
  readonly maxBytes?: number;
  /** `read` by default; either is reported by a notice. */
  readonly hiddenRows?: HiddenRows;
  /** How well rows match the expected table: decides how a text is split. */
  readonly score?: ScoreRows;
}

const limits = {
  rows: 2_000_000,
  bytes: 512 * 1024 * 1024,
  xlsxBytes: 96 * 1024 * 1024,
} as const;

/**
 * Rows that have a value, in order, sheet after sheet, and notices about skipped content. Throws AppError: `invalid`
 * (tabular.empty, .xls, .encrypted, .html, .zip, .not-xlsx, .encoding, .binary, .quote, .columns …), `too-large` (tabular.bytes,
 * .rows, .inflated, .cells, .merges, .memory). Ending the iteration early closes the source.
 */
export async function* readTable(
  source: AsyncIterable<Uint8Array>,
  options: ReadOptions,
): AsyncGenerator<TableItem, void, undefined> {
  const file = options.fileName;
  const maxBytes = options.maxBytes ?? limits.bytes;
  const maxRows = options.maxRows ?? limits.rows;
  const input = bounded(source, maxBytes, file);
  try {
    const { head, all } = await peek(input, 4096);
    if (head.length === 0) throw new AppError('invalid', 'tabular.empty', { params: { file } });
    let items: AsyncIterable<TableItem>;
    if (startsWith(head, OLE2)) throw await ole2Error(all, file);
    else if (startsWith(head, ZIP) || startsWith(head, ZIP_EMPTY)) {
      const bytes = await collect(bounded(all, Math.min(maxBytes, limits.xlsxBytes), file));
      items = readWorkbook({ bytes, file, hiddenRows: options.hiddenRows ?? 'read' });
    } else {
      refuseOtherKinds(head, file);
      items = readText(all, file, options.score);
    }
    let count = 0;
    for await (const item of items) {
      if (!isNotice(item)) {
        if (!hasValue(item)) continue;
        count += 1;
        if (count > maxRows)
          throw new AppError('too-large', 'tabular.rows', { params: { file, max: maxRows } });
      }
      yield item;
    }
    if (count === 0) throw new AppError('invalid', 'tabular.empty', { params: { file } });
  } finally {
    // Not awaited: a stalled upload must not block a caller that has stopped reading.
    input.return(undefined).catch(() => undefined);
  }
}

/** Sheets are formatted far below their last row: such rows neither count nor reach a parser. */
function hasValue(row: TableRow): boolean {
  return (
    row.marks !== undefined ||
    row.cells.some((cell) => (typeof cell === 'string' ? cell.trim() !== '' : cell !== null))
  );
}

const OLE2 = [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1];
const ZIP = [0x50, 0x4b, 0x03, 0x04];
const ZIP_EMPTY = [0x50, 0x4b, 0x05, 0x06];

function startsWith(bytes: Uint8Array, prefix: readonly number[]): boolean {
  return bytes.length >= prefix.length && prefix.every((byte, i) => bytes[i] === byte);
}

/** Formats that school systems really export under the name .xls or .csv, and that are not text tables. */
function refuseOtherKinds(head: Uint8Array, file: string): void {
  const text = Buffer.from(head).toString('latin1').replaceAll('\0', '').trimStart().toLowerCase();
  const start = text.replace(/^(\u00ef\u00bb\u00bf|\u00ff\u00fe|\u00fe\u00ff)/, '').trimStart();
  if (/^(<!doctype html|<html|<table|<meta|<head|<style|<\?xml|mime-version:)/.test(start))
    throw new AppError('invalid', 'tabular.html', { params: { file } });
  if (/^(%pdf-|\{\\rtf|rar!|7z\u00bc\u00af|\u001f\u008b|\u0089png|\u00ff\u00d8\u00ff|gif8)/.test(start))
    throw new AppError('invalid', 'tabular.binary', { params: { file } });
}

/** Old .xls and password-protected .xlsx use the same container; the second has a stream of this name. */
async function ole2Error(bytes: AsyncIterable<Uint8Array>, file: string): Promise<AppError> {
  const name = Buffer.from('EncryptedPackage', 'utf16le');
  let carry = Buffer.alloc(0);
  for await (const chunk of bytes) {
    const window = Buffer.concat([carry, chunk]);
    if (window.includes(name)) return new AppError('invalid', 'tabular.encrypted', { params: { file } });
    carry = window.subarray(-name.length);
  }
  return new AppError('invalid', 'tabular.xls', { params: { file } });
}

async function* bounded(
  source: AsyncIterable<Uint8Array>,
  max: number,
  file: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  let total = 0;
  for await (const chunk of source) {
    total += chunk.length;
    if (total > max) {
      const megabytes = Math.floor(max / (1024 * 1024));
      throw new AppError('too-large', 'tabular.bytes', { params: { file, megabytes } });
    }
    if (chunk.length > 0) yield chunk;
  }
}

/** The first bytes, and all bytes including these. */
async function peek(source: AsyncGenerator<Uint8Array, void, undefined>, size: number) {
  const held: Uint8Array[] = [];
  let length = 0;
  while (length < size) {
    const next = await source.next();
    if (next.done) break;
    held.push(next.value);
    length += next.value.length;
  }
  const start: Uint8Array = Buffer.concat(held);
  async function* chain() {
    if (start.length > 0) yield start;
    yield* source;
  }
  return { head: start.subarray(0, size), all: chain() };
}

/** In its own memory, which can be transferred to a thread. */
async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    parts.push(chunk);
    length += chunk.length;
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
