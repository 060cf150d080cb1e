import { strToU8, zipSync } from 'fflate';
import { readXlsx, xlsxLimits, type XlsxLimits } from '../../src/tabular/xlsx-read.ts';
import {
  isNotice,
  readTable,
  type ReadOptions,
  type TableItem,
  type TableRow,
} from '../../src/tabular/read.ts';

export async function* chunked(bytes: Uint8Array, size = 7) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

type Options = Partial<ReadOptions> & { size?: number };

export async function readItems(bytes: Uint8Array, options: Options = {}) {
  const items: TableItem[] = [];
  const { size = 1000, ...rest } = options;
  for await (const item of readTable(chunked(bytes, size), { fileName: 'roll.xlsx', ...rest }))
    items.push(item);
  return items;
}

/** In this thread, for what the format holds; the thread of its own is tested in test/attack/workbooks.test.ts. */
export async function readBook(bytes: Uint8Array, limits: Partial<XlsxLimits> = {}) {
  const items: TableItem[] = [];
  const options = { file: 'roll.xlsx', hiddenRows: 'read' } as const;
  for await (const item of readXlsx(Buffer.from(bytes), options, { ...xlsxLimits, ...limits }))
    items.push(item);
  return items;
}

export async function readAll(bytes: Uint8Array, options: Options = {}) {
  const isBook = bytes[0] === 0x50 && bytes[1] === 0x4b;
  return (await (isBook ? readBook(bytes) : readItems(bytes, options))).filter(
    (item): item is TableRow => !isNotice(item),
  );
}

export async function join(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts);
}

const REL = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';

/** A workbook put together by hand from the parts of ECMA-376, so that reader and writer do not only agree with each other. */
export function handMade(options: {
  sheets: { name: string; xml: string; state?: string }[];
  strings?: string;
  styles?: string;
  workbookPr?: string;
}): Uint8Array {
  const parts: Record<string, Uint8Array> = {
    '[Content_Types].xml': strToU8('<Types/>'),
    '_rels/.rels': strToU8(
      `<Relationships><Relationship Id="a" Type="${REL}/officeDocument" Target="/xl/workbook.xml"/></Relationships>`,
    ),
    'xl/workbook.xml': strToU8(
      `<x:workbook xmlns:x="m" xmlns:rel="${REL}">${options.workbookPr ?? ''}<x:sheets>${options.sheets
        .map(
          (s, i) =>
            `<x:sheet name="${s.name}" sheetId="${i + 1}" ${s.state ? `state="${s.state}"` : ''} rel:id="s${i}"/>`,
        )
        .join('')}</x:sheets></x:workbook>`,
    ),
    'xl/_rels/workbook.xml.rels': strToU8(
      `<Relationships>${options.sheets
        .map(
          (_, i) =>
            `<Relationship Id="s${i}" Type="${REL}/worksheet" Target="worksheets/sheet${i + 1}.xml"/>`,
        )
        .join('')}<Relationship Id="t" Type="${REL}/sharedStrings" Target="sharedStrings.xml"/>` +
        `<Relationship Id="y" Type="${REL}/styles" Target="../xl/styles.xml"/></Relationships>`,
    ),
    'xl/sharedStrings.xml': strToU8(options.strings ?? '<sst/>'),
    'xl/styles.xml': strToU8(options.styles ?? '<styleSheet/>'),
  };
  options.sheets.forEach((s, i) => (parts[`xl/worksheets/sheet${i + 1}.xml`] = strToU8(s.xml)));
  return zipSync(parts);
}

export function sheetXml(rows: string, after = ''): string {
  return `<?xml version="1.0"?><worksheet><sheetData>${rows}</sheetData>${after}</worksheet>`;
}
