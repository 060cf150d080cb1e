/** A printed page as its PDF tells: how many sheets, which texts lie where, and what is missing. */
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
/** Of the height of a sheet that another follows: what keeps together does not take more than the rest. */
const leastShare = 0.4;

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
      ...(i < sheets.length - 1 && last && last.base > height * (1 - leastShare)
        ? [`sheet ${i + 1}: all but empty, and another follows`]
        : []),
      ...(i > 0 && items.length < fewestItems ? [`sheet ${i + 1}: only ${items.length} texts`] : []),
      ...(i < sheets.length - 1 && last && headings.includes(last.text.trim())
        ? [`sheet ${i + 1}: ends with the heading ‘${last.text}’`]
        : []),
    ];
  });
}

/** Fonts draw some characters with the glyph of a radical, and the PDF then names that one. */
const pairs =
  '⻅见⻆角⻉贝⻋车⻓长⻔门⻘青⻚页⻛风⻜飞⻝食⻢马⻣骨⻤鬼⻥鱼⻦鸟⻨麦⻩黄⻬齐⻮齿⻰龙⺠民⺟母⻄西';
const characters = new Map(pairs.match(/../g)!.map((pair): [string, string] => [pair[0]!, pair[1]!]));

/** As it can be found again: without spaces, and with one form of each character. */
export const squeeze = (text: string) =>
  text
    .replace(/[\u2e80-\u2eff]/g, (sign) => characters.get(sign) ?? sign)
    .normalize('NFKC')
    // The glyph of a slash, too, is named after another sign.
    .replaceAll('\u2215', '/')
    .replace(/[\s\u200b\u00ad]/g, '');

export const textOf = (sheets: readonly Sheet[]) =>
  sheets.map(({ items }) => items.map(({ text }) => squeeze(text)).join('')).join('');

/** Is it there, whole or in a few pieces? Lines of a narrow column are not always written one after the other, and a sheet may end between them. */
function isRead(read: string, text: string, pieces = mostPieces): boolean {
  if (read.includes(text)) return true;
  if (pieces === 1) return false;
  for (let cut = text.length - shortestPiece; cut >= shortestPiece; cut--)
    if (read.includes(text.slice(0, cut)) && isRead(read, text.slice(cut), pieces - 1)) return true;
  return false;
}
const mostPieces = 3;
const shortestPiece = 2;

/**
 * Texts that are to be printed, but are not on the sheets: folded sections that stay shut, and what the browser cut off beyond the margin. (Recent
 * versions of Chromium leave such texts out of the PDF; earlier ones wrote them outside of the margins.)
 */
async function lostFaults(page: Page, sheets: readonly Sheet[]): Promise<string[]> {
  await page.emulateMedia({ media: 'print' });
  const { folded, open }: { folded: readonly (readonly [string, readonly string[]])[]; open: string[] } =
    await page.evaluate(() => {
      const { document: d, getComputedStyle: styleOf } = globalThis as any;
      const isPrinted = (node: any): boolean =>
        node === d.documentElement || (styleOf(node).display !== 'none' && isPrinted(node.parentElement));
      const textsIn = (node: any, leaveOut: string): string[] =>
        [...node.childNodes].flatMap((inner: any) => {
          if (inner.nodeType === 3) return [inner.data as string];
          if (inner.nodeType !== 1 || inner.matches(leaveOut)) return [];
          // Clipped away: said to screen readers alone.
          const { display, clip, visibility } = styleOf(inner);
          return display === 'none' || clip !== 'auto' || visibility === 'hidden'
            ? []
            : textsIn(inner, leaveOut);
        });
      return {
        folded: [...d.querySelectorAll('details')]
          .filter(isPrinted)
          .map((fold: any) => [
            fold.querySelector('summary').textContent.trim(),
            [...fold.children]
              .filter((child: any) => child.tagName !== 'SUMMARY' && isPrinted(child))
              .flatMap((child: any) => textsIn(child, 'script, style')),
          ]),
        // What fields and drawings show is no text of the document.
        open: textsIn(d.body, 'details, script, style, template, noscript, select, textarea, svg'),
      };
    });
  await page.emulateMedia({ media: null });
  const read = textOf(sheets);
  const isLost = (text: string) => !isRead(read, squeeze(text));
  return [
    ...folded
      .filter(([, texts]) => texts.some(isLost))
      .map(([title]) => `‘${title}’ is printed without what is folded in it`),
    ...open.filter(isLost).map((text) => `‘${text.trim()}’ is cut off`),
  ];
}

/** Headings of neighbouring columns that would be read as one word: those of a column of numbers end where the next one's begin. */
export async function headFaults(page: Page): Promise<string[]> {
  await page.emulateMedia({ media: 'print' });
  const pairs = await page.evaluate(() => {
    const { document: d } = globalThis as any;
    const placeOf = (cell: any) => {
      const range = d.createRange();
      range.selectNodeContents(cell);
      const { left, right, width } = range.getBoundingClientRect();
      return { left, right, width, text: cell.textContent.trim() as string };
    };
    return [...d.querySelectorAll('thead tr')].flatMap((row: any) => {
      const heads = [...row.cells].map(placeOf).filter(({ width }) => width > 0);
      return heads.slice(1).flatMap((next, i) => {
        const before = heads[i]!;
        return next.left - before.right < 4 ? [`‘${before.text}’ and ‘${next.text}’ touch`] : [];
      });
    });
  });
  await page.emulateMedia({ media: null });
  return pairs;
}

export async function printed(page: Page, margins: Margins) {
  const headings = await page
    .locator('h1,h2,h3,summary')
    .evaluateAll((all) => all.map((heading: any) => heading.textContent.trim() as string));
  const pdf = await page.pdf({ format: 'A4', preferCSSPageSize: true, printBackground: true });
  const sheets = await sheetsOf(pdf);
  return {
    count: sheets.length,
    text: textOf(sheets),
    faults: [
      ...faultsOf(sheets, margins, headings),
      ...(await lostFaults(page, sheets)),
      ...(await headFaults(page)),
    ],
  };
}
