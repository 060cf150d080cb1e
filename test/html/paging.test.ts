/** Long lists in parts: what the address asks for, what is shown of it, and that nonsense shows the nearest there is. */
import { expect, test } from 'vitest';
import { html, toMarkup, type Content } from '../../src/html/html.ts';
import { pagedList, pagedTable, partOf, rowsOnPage, searchOf } from '../../src/html/paging.ts';
import { filterLinks, sortRows, sortingOf } from '../../src/html/table.ts';
import { staffContext } from '../support/result-pages.ts';

const { page } = staffContext('zh-CN');
const read = (content: Content) => toMarkup(html`${content}`).replace(/\s+/g, ' ');
const schools = Array.from({ length: 400 }, (_, i) => `第 ${i + 1} 小学`);
const show = (here: string, more: Partial<Parameters<typeof pagedTable<string>>[1]> = {}) =>
  read(
    pagedTable(
      { page, here },
      {
        caption: '学校名单',
        columns: [{ text: '学校' }],
        items: schools,
        row: (name) => [name],
        search: { label: '按学校名称查找', textOf: (name) => name },
        ...more,
      },
    ),
  );
const namesIn = (shown: string) => [...shown.matchAll(/<th scope="row" ?>([^<]*)</g)].map(([, name]) => name);

test.each([
  ['', 1],
  ['?page=1', 1],
  ['?page=8', 8],
  ['?page=9', 8],
  ['?page=99999999999999999999', 1],
  ['?page=0', 1],
  ['?page=-3', 1],
  ['?page=2.5', 1],
  ['?page=two', 1],
  ['?page=', 1],
  ['?page=2&page=3', 2],
  ['?page=%00', 1],
  ['?rows=some', 1],
])('of %s the page is %d', (query, expected) => {
  const part = partOf(`/staff/x${query}`, '', schools);
  expect([part.page, part.pages, part.from]).toEqual([expected, 8, (expected - 1) * rowsOnPage + 1]);
  expect(part.rows).toEqual(schools.slice(part.from - 1, part.from - 1 + rowsOnPage));
});

test('parts together are the list, each row once', () => {
  for (const total of [51, 99, 100, 101, 400]) {
    const items = schools.slice(0, total);
    const pages = Array.from({ length: Math.ceil(total / rowsOnPage) }, (_, i) => i + 1);
    expect(pages.flatMap((n) => partOf(`/x?page=${n}`, '', items).rows)).toEqual(items);
  }
  expect(partOf('/x?rows=all&page=3', '', schools)).toMatchObject({ isWhole: true, page: 1, pages: 1 });
  expect(partOf('/x?page=3', '', [])).toMatchObject({ rows: [], total: 0, from: 0, pages: 1 });
});

test('up to fifty rows are a plain table', () => {
  const shown = show('/staff/x?page=4', { items: schools.slice(0, rowsOnPage) });
  expect(namesIn(shown)).toHaveLength(rowsOnPage);
  for (const part of ['<nav', '<form', 'class="shown"']) expect(shown).not.toContain(part);
});

test('a long list says what it shows, where the rest is, and keeps the rest of the address', () => {
  const shown = show('/staff/x?sort=-name&group=parent&page=4', { foot: ['合计 400'] });
  expect(namesIn(shown)).toEqual([...schools.slice(150, 200), '合计 400']);
  expect(shown).toContain('显示第 151–200 条，共 400 条。');
  expect(shown).toContain('最后一行按全部 400 条合计。');
  expect(shown).toContain('href="/staff/x?sort=-name&amp;group=parent&amp;rows=all#list"');
  expect(shown).toMatch(/href="\/staff\/x\?sort=-name&amp;group=parent&amp;page=3#list" rel="prev"/);
  expect(shown).toMatch(/href="\/staff\/x\?sort=-name&amp;group=parent&amp;page=5#list" rel="next"/);
  // The first page has no number in its address, so that a page has one address.
  expect(shown).toMatch(/href="\/staff\/x\?sort=-name&amp;group=parent#list" aria-label="第 1 页，共 8 页"/);
  expect(shown).toMatch(/aria-label="第 4 页，共 8 页" aria-current="page" ?>4</);
  expect(
    [...shown.matchAll(/class="(number|gap)"[^>]*>(?: ?<a[^>]*>)?([\d…]+)/g)].map(([, , n]) => n),
  ).toEqual(['1', '2', '3', '4', '5', '…', '8']);
  expect(shown).toContain('<nav class="pager" aria-label="分页：学校名单">');
  // The search sends on what else the address says, but no page.
  expect(shown).toContain('<input type="hidden" name="sort" value="-name" />');
  expect(shown).not.toContain('type="hidden" name="page"');
  const whole = show('/staff/x?rows=all');
  expect(namesIn(whole)).toEqual(schools);
  expect(whole).toContain('显示全部 400 条。');
  expect(whole).toContain('href="/staff/x#list"');
  expect(whole).not.toContain('class="pager"');
});

test('a search is of the whole list, and takes letters as people type them', () => {
  const shown = show('/staff/x?q=%EF%BC%93%EF%BC%99%EF%BC%99+小&page=3');
  expect(namesIn(shown)).toEqual(['第 399 小学']);
  expect(shown).toContain('的有 1 条（全部 400 条）。');
  expect(shown).toMatch(/href="\/staff\/x#list" ?>清除查找/);
  const none = show(`/staff/x?q=${encodeURIComponent('<b>"')}`);
  expect(none).toContain('没有名称含“&lt;b&gt;&quot;”的');
  // Said once.
  expect(none).not.toContain('的有 0 条');
  expect(none).toContain('value="&lt;b&gt;&quot;"');
  expect(searchOf(`/x?q=${'长'.repeat(500)}`)).toHaveLength(100);
  expect(searchOf('/x?q=%20%20')).toBe('');
  // More than fifty found ones have parts of their own.
  expect(show('/staff/x?q=1&page=2')).toContain('显示第 51–100 条');
});

test('two lists of a page turn their pages apart', () => {
  const shown = show('/staff/x?page=2&page-teacher=3', { list: 'teacher' });
  expect(namesIn(shown)[0]).toBe('第 101 小学');
  expect(shown).toContain('id="list-teacher"');
  expect(shown).toContain('href="/staff/x?page=2&amp;page-teacher=4#list-teacher" rel="next"');
  // What is sorted or filtered anew begins anew, in every list.
  expect(sortingOf('/x?page=2&page-teacher=3&rows=all', ['name'], 'name').href('name', true)).toBe(
    '/x?rows=all&sort=-name',
  );
  const options = [{ value: 'a', text: 'A' }];
  expect(read(filterLinks({ label: 'x', here: '/x?page-teacher=3', name: 'f', options }))).toContain(
    '/x?f=a"',
  );
});

test('where the page answers a form, links lead to the page', () => {
  expect(show('/staff', { path: '/staff/schools' })).toContain(
    'href="/staff/schools?page=2#list" rel="next"',
  );
});

test('lists that are no tables are parted, too', () => {
  const shown = read(
    pagedList({ page, here: '/x?page=8' }, { caption: '意见', items: schools }, (rows) => rows.join('|')),
  );
  expect(shown).toContain(schools.slice(350).join('|'));
  expect(shown).not.toContain('第 350 小学');
  expect(
    read(pagedList({ page, here: '/x' }, { caption: '意见', items: ['一'] }, (rows) => rows.join())),
  ).toBe('一');
});

test('rows are sorted by what they show, and what has no value stands last either way', () => {
  const rows = [{ n: 2 }, { n: null }, { n: 10 }, { n: 1 }];
  const by = (isDown: boolean, name = 'n') =>
    sortRows(rows, { by: name, isDown }, { n: (row) => row.n }, 'zh-CN').map((row) => row.n);
  expect(by(false)).toEqual([1, 2, 10, null]);
  expect(by(true)).toEqual([10, 2, 1, null]);
  expect(by(false, 'toString')).toEqual([2, null, 10, 1]);
  const names = ['张村小学', '安村小学'];
  const sorted = sortRows(names, { by: 'name', isDown: false }, { name: (name) => name }, 'zh-CN');
  expect(sorted).toEqual(['安村小学', '张村小学']);
});
