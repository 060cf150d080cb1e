/**
 * Parses delimited text into records, chunk by chunk. As lenient as spreadsheet programs: a quote that does not open a cell is
 * text, and so is one that closes none. Each record knows its lines, because a stray quote makes one record of many lines, and
 * only this reveals it.
 */

export interface TextRecord {
  readonly cells: readonly string[];
  /** First and last line of the text, 1-based. */
  readonly from: number;
  readonly to: number;
}

export interface RecordSplitter {
  readonly push: (text: string) => TextRecord[];
  /**
   * The last record, if the text does not end with a line break.
   * @throws RecordError
   */
  readonly end: () => TextRecord[];
}

/** `quote`: it opens in this record and is not closed. `line`: an unlimited line. */
export class RecordError extends Error {
  constructor(
    readonly kind: 'quote' | 'line',
    readonly record: number,
  ) {
    super(`${kind} in record ${record}`);
  }
}

const lineBreak = /\r\n|\n|\r/g;

/** @throws RecordError if a record or a line is longer than `max` characters */
export function createRecordSplitter(delimiter: string, max: number): RecordSplitter {
  let held = '';
  /** There is no line break before this position of the buffer. */
  let searched = 0;
  let line = 0;
  let records = 0;
  let cells: string[] = [];
  let cell = '';
  let isQuoted = false;
  let from = 1;
  let firstLine: string | undefined;

  function emit(out: TextRecord[]): void {
    records += 1;
    out.push({ cells, from, to: line });
    cells = [];
    cell = '';
  }

  function readLine(text: string, ending: string, out: TextRecord[]): void {
    line += 1;
    if (!isQuoted) from = line;
    if (!isQuoted && text.startsWith('\ufeff')) text = text.slice(1);
    firstLine ??= text;
    // Concatenated files: the second begins with a byte order mark, perhaps without a line break before it.
    const glued = isQuoted ? -1 : text.indexOf('\ufeff');
    if (glued > 0 && text.slice(glued + 1) === firstLine) {
      readCells(text.slice(0, glued), ending, out);
      readCells(text.slice(glued + 1), ending, out);
    } else readCells(text, ending, out);
  }

  function readCells(text: string, ending: string, out: TextRecord[]): void {
    if (!isQuoted && !text.includes('"')) {
      cells = text.split(delimiter);
      emit(out);
      return;
    }
    let at = 0;
    let isInside = false;
    for (;;) {
      if (!isQuoted) {
        if (!isInside && text[at] === '"') {
          isQuoted = true;
          at += 1;
          continue;
        }
        const next = text.indexOf(delimiter, at);
        cells.push(cell + text.slice(at, next < 0 ? undefined : next));
        cell = '';
        isInside = false;
        if (next < 0) break;
        at = next + delimiter.length;
        continue;
      }
      const quote = text.indexOf('"', at);
      if (quote < 0) {
        cell += text.slice(at) + ending;
        if (cell.length > max) throw new RecordError('quote', records + 1);
        return;
      }
      cell += text.slice(at, quote);
      at = quote + 1;
      if (text[at] === '"') {
        cell += '"';
        at += 1;
      } else if (at === text.length || text.startsWith(delimiter, at)) {
        isQuoted = false;
        cells.push(cell);
        cell = '';
        if (at === text.length) break;
        at += delimiter.length;
      } else {
        // It has closed nothing: both quotes are text.
        isQuoted = false;
        isInside = true;
        cell = `"${cell}"`;
      }
    }
    emit(out);
  }

  function readLines(isLast: boolean): TextRecord[] {
    const out: TextRecord[] = [];
    let start = 0;
    lineBreak.lastIndex = searched;
    for (let found = lineBreak.exec(held); found; found = lineBreak.exec(held)) {
      // The second half of \r\n may still follow.
      if (!isLast && found[0] === '\r' && found.index === held.length - 1) break;
      readLine(held.slice(start, found.index), found[0], out);
      start = found.index + found[0].length;
    }
    held = held.slice(start);
    searched = held.endsWith('\r') ? held.length - 1 : held.length;
    if (held.length > max)
      throw new RecordError(isQuoted || held.includes('"') ? 'quote' : 'line', records + 1);
    return out;
  }

  return {
    push(text) {
      held += text;
      return readLines(false);
    },
    end() {
      const out = readLines(true);
      if (held !== '') readLine(held, '', out);
      held = '';
      if (isQuoted) throw new RecordError('quote', records + 1);
      return out;
    },
  };
}
