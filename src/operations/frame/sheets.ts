/**
 * Reads a clerk's file, sheet by sheet: the header is found in the first rows, the other rows are passed on as they arrive. The
 * result of each sheet, and what the reader skipped, are part of the result. Used for rolls and lists of schools.
 */
import { AppError, type Issue } from '../../domain/errors.ts';
import {
  HEADER_WITHIN,
  mapHeader,
  type HeaderKind,
  type HeaderMapping,
  type MappingOverride,
} from '../../domain/frame/roll/header.ts';
import { previewSheet, type TablePreview } from '../../domain/frame/roll/preview.ts';
import { createRepeatFinder, findTableBeside } from '../../domain/frame/roll/repeats.ts';
import { isNotice, type TableItem, type TableRow } from '../../domain/frame/roll/table.ts';

interface SheetRows {
  readonly sheet: string;
  /** The first rows, at most as many as requested. */
  readonly head: readonly TableRow[];
  /** The following rows; those not consumed are skipped. */
  readonly rest: AsyncIterable<TableRow>;
}

export interface SheetOptions<F extends string> {
  readonly kind: HeaderKind<F>;
  /** Chosen by a person. */
  readonly mapping?: MappingOverride<F> | undefined;
  /** Rows may come without a header: `startSheet` then gets a mapping without columns. */
  readonly headless?: boolean;
}

/** Beside the error, not in it: a log that prints errors must not print a clerk's rows. */
const previews = new WeakMap<AppError, TablePreview<string>>();

/** The first rows of the table whose header was not recognised, if that is the error. */
export function findPreview(error: unknown): TablePreview<string> | undefined {
  return error instanceof AppError ? previews.get(error) : undefined;
}

/**
 * @param startSheet returns the function that takes the rows of a sheet, including the header
 * @returns notices: for each sheet if the file has several, about hidden content; in the order of the file
 * @throws AppError the header's fault if no sheet has one, see `findPreview`; errors of readTable
 */
export async function readSheets<F extends string>(
  items: AsyncIterable<TableItem>,
  { kind, mapping, headless = false }: SheetOptions<F>,
  startSheet: (mapping: HeaderMapping<F>, sheet: string) => (row: TableRow) => Promise<void> | undefined,
): Promise<readonly Issue[]> {
  const notices: Issue[] = [];
  let unread: AppError | undefined;
  let isRead = false;
  /** In the order of the file. */
  const sheets = new Set<string>();
  const take = (item: TableItem): TableRow | undefined => {
    if (!isNotice(item)) {
      sheets.add(item.sheet);
      return item;
    }
    sheets.add(item.notice.path);
    notices.push(item.notice);
    return undefined;
  };
  for await (const { sheet, head, rest } of splitSheets(items, HEADER_WITHIN, take)) {
    const isChosen = mapping !== undefined && (mapping.sheet ?? sheet) === sheet;
    if (isChosen && mapping.fingerprint !== undefined)
      assertSameTable(mapping.fingerprint, previewSheet(sheet, head, kind));
    const found = mapHeader(head, kind, isChosen ? mapping : undefined);
    const header = !found.ok && headless && !isChosen ? withoutHeader(kind) : found;
    if (!header.ok) {
      if (unread === undefined) {
        unread = new AppError('invalid', header.fault.message, { params: header.fault.params ?? {} });
        previews.set(unread, previewSheet(sheet, head, kind));
      }
      notices.push({ path: sheet, message: 'roll.sheet-without-header', params: { sheet } });
      continue;
    }
    const beside = findTableBeside(head, header);
    if (beside) throw new AppError('invalid', beside.message, { params: { ...beside.params, sheet } });
    isRead = true;
    const takeRow = startSheet(header, sheet);
    const isRepeat = createRepeatFinder(head, header.headerRow);
    let repeats = 0;
    let rows = 0;
    for (const row of head) {
      if (isRepeat(row)) {
        repeats += 1;
        continue;
      }
      if (row.row > header.headerRow) rows += 1;
      await takeRow(row);
    }
    for await (const row of rest) {
      if (isRepeat(row)) {
        repeats += 1;
        continue;
      }
      rows += 1;
      await takeRow(row);
    }
    if (repeats > 0)
      notices.push({ path: sheet, message: 'roll.rows-repeated', params: { sheet, rows: repeats } });
    notices.unshift({ path: sheet, message: 'roll.sheet-read', params: { sheet, rows } });
  }
  if (!isRead)
    throw unread ?? new AppError('invalid', 'roll.header.none', { params: { rows: HEADER_WITHIN } });
  const order = [...sheets];
  const sorted = notices.toSorted((a, b) => order.indexOf(a.path) - order.indexOf(b.path));
  return sheets.size > 1 ? sorted : sorted.filter((n) => n.message !== 'roll.sheet-read');
}

function assertSameTable(fingerprint: string, preview: TablePreview<string>): void {
  if (preview.fingerprint === fingerprint) return;
  const error = new AppError('invalid', 'roll.mapping.other-file');
  previews.set(error, preview);
  throw error;
}

function withoutHeader<F extends string>(kind: HeaderKind<F>): { readonly ok: true } & HeaderMapping<F> {
  const columns = Object.fromEntries(kind.fields.map((f) => [f, []])) as unknown as Record<F, number[]>;
  return { ok: true, headerRow: 0, columns, unmapped: 0 };
}

/** The first rows of a file: of the sheet with that name, else of its first sheet. */
export async function previewSheets<F extends string>(
  items: AsyncIterable<TableItem>,
  kind: HeaderKind<F>,
  wanted?: string,
): Promise<TablePreview<F>> {
  const rowOf = (item: TableItem) => (isNotice(item) ? undefined : item);
  for await (const { sheet, head } of splitSheets(items, HEADER_WITHIN, rowOf))
    if (wanted === undefined || sheet === wanted) return previewSheet(sheet, head, kind);
  throw new AppError('invalid', 'roll.header.none', { params: { rows: HEADER_WITHIN } });
}

async function* splitSheets(
  items: AsyncIterable<TableItem>,
  headLength: number,
  rowOf: (item: TableItem) => TableRow | undefined,
): AsyncGenerator<SheetRows, void, undefined> {
  const iterator = items[Symbol.asyncIterator]();
  const nextRow = async (): Promise<TableRow | undefined> => {
    for (;;) {
      const next = await iterator.next();
      if (next.done === true) return undefined;
      const row = rowOf(next.value);
      if (row !== undefined) return row;
    }
  };
  let next = await nextRow();
  const take = async (sheet: string): Promise<TableRow | undefined> => {
    if (next === undefined || next.sheet !== sheet) return undefined;
    const row = next;
    next = await nextRow();
    return row;
  };
  try {
    while (next !== undefined) {
      const { sheet }: TableRow = next;
      const head: TableRow[] = [];
      while (head.length < headLength) {
        const row = await take(sheet);
        if (row === undefined) break;
        head.push(row);
      }
      async function* remaining() {
        for (;;) {
          const row = await take(sheet);
          if (row === undefined) return;
          yield row;
        }
      }
      yield { sheet, head, rest: remaining() };
      while ((await take(sheet)) !== undefined);
    }
  } finally {
    await iterator.return?.();
  }
}
