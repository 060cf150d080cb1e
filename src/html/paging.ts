/**
 * Long tables in pages. The state is in the address (`page`, `rows=all`, `q`), so that it can be shared, needs no script and
 * survives the back button. Sorting, filters and the search work on the whole list, and totals are passed for it; only the rows
 * of the page are rendered. If a page has several long tables, each has a name, which its parameters end with: `page-parent`.
 */
import { attributes, html, type Content, type Html } from './html.ts';
import type { PageContext } from './layout.ts';
import { addressWith, formatCount, table, type Column, type Row, type Sorting } from './table.ts';

export const rowsOnPage = 50;
/** Maximum length of a search: longer than any name. */
const longestSearch = 100;

/** What a long table needs from its page. */
export interface ListContext {
  readonly page: PageContext;
  /** The page's own address. */
  readonly here: string;
}

export interface Part<T> {
  readonly rows: readonly T[];
  /** From 1; the nearest existing page. */
  readonly page: number;
  readonly pages: number;
  /** Number of the first row, from 1; 0 for an empty list. */
  readonly from: number;
  readonly total: number;
  readonly isWhole: boolean;
}

const parameter = (name: string, list: string) => (list === '' ? name : `${name}-${list}`);
/** Target of the links to pages. */
export const listId = (list: string) => (list === '' ? 'list' : `list-${list}`);

/** The requested page of a list, or the nearest existing one. */
export function partOf<T>(here: string, list: string, items: readonly T[]): Part<T> {
  const { searchParams } = new URL(here, 'http://x');
  const total = items.length;
  const isWhole = total <= rowsOnPage || searchParams.get(parameter('rows', list)) === 'all';
  if (isWhole) return { rows: items, page: 1, pages: 1, from: Math.min(1, total), total, isWhole };
  const pages = Math.ceil(total / rowsOnPage);
  const asked = /^\d{1,9}$/.exec(searchParams.get(parameter('page', list)) ?? '');
  const page = Math.min(pages, Math.max(1, Number(asked?.[0] ?? 1)));
  const start = (page - 1) * rowsOnPage;
  return { rows: items.slice(start, start + rowsOnPage), page, pages, from: start + 1, total, isWhole };
}

/** The search text; '' for none. */
export function searchOf(here: string, list = ''): string {
  const asked = new URL(here, 'http://x').searchParams.get(parameter('q', list)) ?? '';
  return asked.slice(0, longestSearch).trim();
}

/** A search ignores width (full or half) and case. */
const folded = (text: string) => text.normalize('NFKC').toLowerCase().replace(/\s+/g, '');

export function contains(text: string, search: string): boolean {
  return folded(text).includes(folded(search));
}

/** The page's address, also if the page is the response to a form, whose own address cannot be opened. */
export function listAddress(here: string, path: string | undefined): string {
  return path !== undefined && here.split('?', 1)[0] !== path ? path : here;
}

export interface PagedTable<T> {
  readonly caption: string;
  readonly columns: readonly Column[];
  /** The whole list, filtered and sorted; `row` is called for the shown ones. */
  readonly items: readonly T[];
  readonly row: (item: T) => Row;
  readonly stack?: boolean;
  readonly sorting?: Sorting;
  /** Totals of the whole list, whatever page is shown. */
  readonly foot?: Row;
  /** Distinguishes several long tables of a page; used in addresses. */
  readonly list?: string;
  /** The searched text of a row, and its label. */
  readonly search?: { readonly label: string; readonly textOf: (item: T) => string };
  /** Address of the page, if this one is the response to a form. */
  readonly path?: string;
}

/**
 * A table of any length: short ones unchanged, longer ones in pages with a search by name, and a link to all rows for printing
 * and the browser's own search.
 */
export function pagedTable<T>(c: ListContext, o: PagedTable<T>): Html {
  const { t } = c.page;
  const list = o.list ?? '';
  const here = listAddress(c.here, o.path);
  const search = o.search === undefined ? '' : searchOf(here, list);
  const found =
    search === '' ? o.items : o.items.filter((item) => contains(o.search?.textOf(item) ?? '', search));
  const part = partOf(here, list, found);
  const own = (rows: readonly T[]) =>
    table({
      caption: o.caption,
      columns: o.columns,
      rows: rows.map(o.row),
      ...(o.stack !== undefined && { stack: o.stack }),
      ...(o.sorting && { sorting: o.sorting }),
      ...(o.foot && { foot: o.foot }),
    });
  if (o.items.length <= rowsOnPage && search === '') return own(o.items);
  return html`<div class="list" id="${listId(list)}">
    ${o.search && searchForm(c, here, list, o.search.label, search)}
    <p class="shown">${shownText(c, part, o.items.length, search)} ${lengthLink(c, here, list, part)}</p>
    ${
      part.total === 0
        ? html`<p>${t('list.none', { search, all: formatCount(o.items.length) })}</p>`
        : html`${own(part.rows)}${
            o.foot !== undefined &&
            part.rows.length < o.items.length &&
            html`<p class="quiet">${t('list.foot', { total: formatCount(o.items.length) })}</p>`
          }${pager(c, o.caption, here, list, part)}`
    }
  </div>`;
}

/** The whole list in pages without a table: the caller renders the `rows`. */
export function pagedList<T>(
  c: ListContext,
  o: {
    readonly caption: string;
    readonly items: readonly T[];
    readonly list?: string;
    readonly path?: string;
  },
  show: (rows: readonly T[]) => Content,
): Content {
  const list = o.list ?? '';
  const here = listAddress(c.here, o.path);
  const part = partOf(here, list, o.items);
  if (o.items.length <= rowsOnPage) return show(o.items);
  return html`<div class="list" id="${listId(list)}">
    <p class="shown">${shownText(c, part, part.total, '')} ${lengthLink(c, here, list, part)}</p>
    ${show(part.rows)}${pager(c, o.caption, here, list, part)}
  </div>`;
}

function shownText({ page: { t } }: ListContext, part: Part<unknown>, all: number, search: string): Content {
  const from = formatCount(part.from);
  const to = formatCount(part.from + part.rows.length - 1);
  const total = formatCount(part.total);
  return html`${search !== '' && part.total > 0 && html`<strong>${t('list.found', { search, found: total, all: formatCount(all) })}</strong> `}${
    part.isWhole
      ? search === '' && t('list.whole', { total })
      : html`${t('list.shown', { from, to, total })}<span class="on-paper"> ${t('list.print')}</span>`
  }`;
}

/** To the whole list, or back to parts of it. */
function lengthLink({ page: { t } }: ListContext, here: string, list: string, part: Part<unknown>): Content {
  if (part.total <= rowsOnPage) return null;
  const page = parameter('page', list);
  const rows = parameter('rows', list);
  const href = addressWith(here, part.isWhole ? { [rows]: null } : { [rows]: 'all', [page]: null });
  return html`<a href="${href}#${listId(list)}"
    >${part.isWhole ? t('list.parts', { rows: rowsOnPage }) : t('list.all', { total: formatCount(part.total) })}</a
  >`;
}

function searchForm(c: ListContext, here: string, list: string, label: string, search: string): Html {
  const { t } = c.page;
  const url = new URL(here, 'http://x');
  const name = parameter('q', list);
  const dropped = new Set([name, parameter('page', list)]);
  const kept = [...url.searchParams].filter(([key]) => !dropped.has(key));
  return html`<form
    class="find"
    method="get"
    action="${url.pathname}#${listId(list)}"
    role="search"
    aria-label="${label}"
  >
    ${kept.map(([key, value]) => html`<input type="hidden" name="${key}" value="${value}" />`)}<label
      for="find-${listId(list)}"
      >${label}</label
    >
    <input${attributes({ type: 'search', id: `find-${listId(list)}`, name, value: search, maxlength: longestSearch, autocomplete: 'off' })} />
    <button class="secondary">${t('list.find')}</button>${
      search !== '' &&
      html` <a href="${addressWith(here, { [name]: null, [parameter('page', list)]: null })}#${listId(list)}"
        >${t('list.clear')}</a
      >`
    }
  </form>`;
}

/** Page numbers to show: the first, the last, and those around the current one; 0 for a gap. */
function shownNumbers(page: number, pages: number): readonly number[] {
  const wanted = [1, page - 1, page, page + 1, pages].filter((n) => n >= 1 && n <= pages);
  const numbers = [...new Set(wanted)].sort((a, b) => a - b);
  return numbers.flatMap((n, i) => {
    const gap = n - (numbers[i - 1] ?? n);
    // A gap of one page is that page.
    return gap === 2 ? [n - 1, n] : gap > 2 ? [0, n] : [n];
  });
}

function pager(c: ListContext, caption: string, here: string, list: string, part: Part<unknown>): Content {
  const { t } = c.page;
  const { page, pages } = part;
  if (pages === 1) return null;
  const href = (n: number) =>
    `${addressWith(here, { [parameter('page', list)]: n === 1 ? null : String(n) })}#${listId(list)}`;
  const step = (n: number, rel: 'prev' | 'next') =>
    n >= 1 &&
    n <= pages &&
    html`<li>
      <a href="${href(n)}" rel="${rel}"
        >${rel === 'prev' && html`<span aria-hidden="true">← </span>`}${t(`list.${rel}`)}${
          rel === 'next' && html`<span aria-hidden="true"> →</span>`
        }</a
      >
    </li>`;
  return html`<nav class="pager" aria-label="${t('list.pager', { list: caption })}">
    <ul>
      ${step(page - 1, 'prev')}${shownNumbers(page, pages).map((n) =>
        n === 0
          ? html`<li class="gap" aria-hidden="true">…</li>`
          : html`<li class="number">
              <a
                href="${href(n)}"
                aria-label="${t('list.page', { page: n, pages })}"
                ${attributes({ 'aria-current': n === page ? 'page' : null })}
                >${n}</a
              >
            </li>`,
      )}${step(page + 1, 'next')}
    </ul>
  </nav>`;
}
