/**
 * Tables of staff pages, and links that sort and filter them: the state is in the address, so that it can be shared and needs no
 * script.
 */
import { attributes, html, type Content, type Html } from './html.ts';

export interface Column {
  readonly text: Content;
  readonly number?: boolean;
  /** Name in the address, if the column can be sorted. */
  readonly sort?: string;
}
export type Row = readonly Content[];

/** The column by which a table is sorted, and the sortable ones. */
export interface Sorting {
  readonly by: string;
  readonly isDown: boolean;
  readonly href: (by: string, isDown: boolean) => string;
}

/** `?sort=name` or `?sort=-name`, if it is one of the names; else the page's default. */
export function sortingOf(here: string, names: readonly string[], own: string): Sorting {
  const asked = new URL(here, 'http://x').searchParams.get('sort') ?? '';
  const chosen = names.includes(asked.replace(/^-/, '')) ? asked : own;
  return {
    by: chosen.replace(/^-/, ''),
    isDown: chosen.startsWith('-'),
    href: (by, isDown) => addressWith(here, { sort: isDown ? `-${by}` : by, ...firstPages(here) }),
  };
}

/** The page's address with other parameters; null removes one. */
export function addressWith(here: string, changes: Readonly<Record<string, string | null>>): string {
  const url = new URL(here, 'http://x');
  for (const [name, value] of Object.entries(changes))
    if (value === null) url.searchParams.delete(name);
    else url.searchParams.set(name, value);
  return url.pathname + url.search;
}

/** Sorted by a column, instead of the order of the rows. Rows without a value come last either way. */
export function sortRows<T>(
  rows: readonly T[],
  { by, isDown }: Pick<Sorting, 'by' | 'isDown'>,
  keys: Readonly<Record<string, (row: T) => string | number | null>>,
  language: string,
): readonly T[] {
  const keyOf = Object.hasOwn(keys, by) ? keys[by] : undefined;
  if (!keyOf) return rows;
  const { compare } = new Intl.Collator(language, { numeric: true });
  const order = (a: string | number, b: string | number) =>
    typeof a === 'number' && typeof b === 'number' ? a - b : compare(String(a), String(b));
  return rows
    .map((row) => ({ row, key: keyOf(row) }))
    .sort((a, b) => {
      if (a.key === null || b.key === null) return Number(a.key === null) - Number(b.key === null);
      return isDown ? order(b.key, a.key) : order(a.key, b.key);
    })
    .map(({ row }) => row);
}

/** Parameters that reset every list of the page to its first page: a changed sort order or filter starts again. */
export function firstPages(here: string): Readonly<Record<string, null>> {
  const names = [...new URL(here, 'http://x').searchParams.keys()];
  return Object.fromEntries(names.filter((name) => /^page(?:-|$)/.test(name)).map((name) => [name, null]));
}

/** Rows from this many on get a head that stays in view. */
const longTable = 15;

/**
 * The first cell of a row is its header, and stays in view. Wide tables scroll in their own box, which the keyboard reaches and
 * whose name is the caption; with `stack`, a narrow screen shows each row as a block with the columns' names before the cells.
 */
export function table(o: {
  /** Read aloud, and visible only if no heading above the table says the same. */
  readonly caption: string;
  /** The same words with markup, if part of them is in another language. */
  readonly markedCaption?: Html;
  readonly showCaption?: boolean;
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
  readonly stack?: boolean;
  readonly sorting?: Sorting;
  /** The last row, with the totals. */
  readonly foot?: Row;
}): Html {
  const cell = (i: number) => {
    const column = o.columns[i];
    return attributes({
      class: column?.number === true ? 'number' : null,
      'data-label':
        o.stack === true && i > 0 && typeof column?.text === 'string' && column.text !== ''
          ? column.text
          : null,
    });
  };
  const head = (i: number) => attributes({ class: o.columns[i]?.number === true ? 'number' : null });
  const line = (row: Row) =>
    html`<tr>
      ${row.map((content, i) =>
        i === 0 ? html`<th scope="row" ${head(i)}>${content}</th>` : html`<td${cell(i)}>${content}</td>`,
      )}
    </tr>`;
  const isLong = o.rows.length >= longTable;
  return html`<div class="scroll${isLong ? ' long' : ''}" role="region" aria-label="${o.caption}" tabindex="0"><table${attributes({ class: o.stack === true ? 'stack' : null })}><caption${attributes({ class: o.showCaption === true ? null : 'unseen' })}>${o.markedCaption ?? o.caption}</caption><thead><tr>${o.columns.map((col, i) => headCell(col, head(i), o.sorting))}</tr></thead><tbody>${o.rows.map(line)}</tbody>${
    o.foot !== undefined &&
    html`<tfoot>
      ${line(o.foot)}
    </tfoot>`
  }</table></div>`;
}

function headCell(column: Column, marks: Html, sorting: Sorting | undefined): Html {
  const { sort } = column;
  if (sort === undefined || sorting === undefined) return html`<th scope="col" ${marks}>${column.text}</th>`;
  const isChosen = sorting.by === sort;
  // Numbers descending first, names ascending first.
  const isDown = isChosen ? !sorting.isDown : column.number === true;
  const order = isChosen ? (sorting.isDown ? 'descending' : 'ascending') : null;
  return html`<th scope="col" ${marks} ${attributes({ 'aria-sort': order })}>
    <a href="${sorting.href(sort, isDown)}"
      >${column.text}<span class="order" aria-hidden="true"
        >${isChosen ? (sorting.isDown ? ' ▼' : ' ▲') : ' ⇅'}</span
      ></a
    >
  </th>`;
}

/** Links that filter a table: the chosen one is marked, and each has its count. */
export function filterLinks(o: {
  readonly label: string;
  readonly here: string;
  readonly name: string;
  /** The empty value shows everything. */
  readonly options: readonly { readonly value: string; readonly text: string; readonly count?: number }[];
}): Html {
  const chosen = new URL(o.here, 'http://x').searchParams.get(o.name) ?? '';
  return html`<nav class="filter" aria-label="${o.label}">
    <span class="filter-name" aria-hidden="true">${o.label}</span>
    <ul>
      ${o.options.map(
        ({ value, text, count }) =>
          html`<li>
            <a
              href="${addressWith(o.here, { [o.name]: value === '' ? null : value, ...firstPages(o.here) })}"
              ${attributes({ 'aria-current': value === chosen ? 'true' : null })}
              >${text}${count !== undefined && html` <span class="count">${formatCount(count)}</span>`}</a
            >
          </li>`,
      )}
    </ul>
  </nav>`;
}

export function formatCount(n: number): string {
  return String(Math.round(n)).replace(/\B(?=(?:\d{3}){1,7}$)/g, '\u202f');
}
