/** A printed page as its PDF tells: how many sheets, and which texts lie where. */
import type { Page } from 'playwright-core';

// Only drawing needs matrices, which pdf.js takes from a native canvas; texts are read without one.
Object.assign(globalThis, { DOMMatrix: (globalThis as { DOMMatrix?: unknown }).DOMMatrix ?? class {} });
const pdfjs = import('pdfjs-dist/legacy/build/pdf.mjs');

const point = 72 / 25.4;
export interface Margins {
  readonly side: number;
  readonly end: number;
}
export const staffMargins: Margins = { side: 12, end: 14 };
const fewestItems = 4;

interface Item {
  readonly text: string;
  readonly left: number;
  readonly right: number;
  readonly base: number;
}
interface Sheet {
  readonly width: number;
  readonly height: number;
  readonly items: readonly Item[];
}

export async function sheetsOf(pdf: Uint8Array): Promise<readonly Sheet[]> {
  const task = (await pdfjs).getDocument({ data: new Uint8Array(pdf), verbosity: 0 });
  const document = await task.promise;
  const sheets: Sheet[] = [];
  for (let no = 1; no <= document.numPages; no++) {
    const page = await document.getPage(no);
    const { width, height } = page.getViewport({ scale: 1 });
    const { items } = await page.getTextContent();
    sheets.push({
      width,
      height,
      items: items.flatMap((item) => {
        if (!('str' in item) || item.str.trim() === '') return [];
        const [, , , , left, base] = item.transform as number[];
        return [{ text: item.str, left: left!, right: left! + item.width, base: base! }];
      }),
    });
  }
  await task.destroy();
  return sheets;
}

/** Texts outside the margins, sheets with next to nothing on them, and headings that end a sheet. */
export function faultsOf(
  sheets: readonly Sheet[],
  { side, end }: Margins,
  headings: readonly string[],
): string[] {
  const slack = 1;
  return sheets.flatMap(({ width, height, items }, i) => {
    const outside = items.filter(
      ({ left, right, base }) =>
        left < side * point - slack ||
        right > width - side * point + slack ||
        base < end * point - slack ||
        base > height - end * point + slack,
    );
    const last = items.reduce<Item | undefined>(
      (low, item) => (low && low.base <= item.base ? low : item),
      undefined,
    );
    return [
      ...outside.map(({ text }) => `sheet ${i + 1}: ‘${text}’ crosses the margin`),
      ...(i > 0 && items.length < fewestItems ? [`sheet ${i + 1}: only ${items.length} texts`] : []),
      ...(i < sheets.length - 1 && last && headings.includes(last.text.trim())
        ? [`sheet ${i + 1}: ends with the heading ‘${last.text}’`]
        : []),
    ];
  });
}

export async function printed(page: Page, margins: Margins) {
  const headings = await page
    .locator('h1,h2,h3')
    .evaluateAll((all) => all.map((heading: any) => heading.textContent.trim() as string));
  const pdf = await page.pdf({ format: 'A4', preferCSSPageSize: true, printBackground: true });
  const sheets = await sheetsOf(pdf);
  return { count: sheets.length, faults: faultsOf(sheets, margins, headings) };
}
