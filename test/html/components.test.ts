/** What the pieces of a page promise to every page: faults named and led to, everything escaped, states in words. */
import { expect, test } from 'vitest';
import { confirmation } from '../../src/html/confirm.ts';
import {
  checkBox,
  errorSummary,
  field,
  fold,
  postForm,
  select,
  textArea,
  type PageProblem,
} from '../../src/html/form.ts';
import { html, toMarkup, type Content } from '../../src/html/html.ts';
import {
  alertBox,
  breadcrumbs,
  emptyState,
  feedback,
  help,
  liveHead,
  progressBar,
  stepsBar,
  tabBar,
  tag,
} from '../../src/html/parts.ts';
import { addressWith, filterLinks, sortingOf, table } from '../../src/html/table.ts';
import { staffContext } from '../support/result-pages.ts';

const c = { ...staffContext('zh-CN'), csrf: 'token' };
const read = (content: Content) => toMarkup(html`${content}`).replace(/\s+/g, ' ');

test('a summary of faults names each field, with what it belongs to, and leads to it', () => {
  const problem: PageProblem = {
    message: 'http.invalid',
    issues: [
      { path: 'counties[0].residents.count', message: 'user.name-shape' },
      { path: 'profile.groups[2]', message: 'user.role' },
      { path: 'elsewhere', message: 'user.role' },
      // A name chosen by whoever wrote an uploaded file; looking for its field never ended.
      { path: 'scales.a]', message: 'user.role' },
    ],
  };
  const own = { name: 'residents', path: 'counties[0].residents.count', of: '第 1 个县', label: '常住人口' };
  const input = read(field(c, { ...own, value: '<b>', unit: '人', hint: '只填数字' }, problem));
  read(select(c, { name: 'profile', label: '计分规则', choices: [] }, problem));
  const summary = read(errorSummary(c, problem));
  expect(summary).toContain(
    '<a href="#f-counties-0-residents-count">第 1 个县 · 常住人口：请填写姓名，最多 64 个字。</a>',
  );
  // A fault within a field leads to the field; one of no field is a sentence, not a link to nowhere.
  expect(summary).toContain('<a href="#f-profile">计分规则：请选择角色。</a>');
  expect(summary).not.toContain('elsewhere');
  expect(input).toContain('id="f-counties-0-residents-count"');
  expect(input).toContain('aria-invalid="true"');
  expect(input).toContain('value="&lt;b&gt;"');
  expect(read(textArea(c, { name: 'x', label: 'y', value: '</textarea>' }))).toContain(
    '&lt;/textarea&gt;</textarea>',
  );
  expect(read(checkBox(c, { name: 'x', label: 'y', checked: true }))).toContain('checked');
});

test('a fault that names its field names it by the label, never as programs do', () => {
  const issue = (path: string, message: string, more = {}) => ({ path, message, params: { path, ...more } });
  const problem: PageProblem = {
    message: 'inspection.invalid',
    issues: [issue('lowest', 'inspection.field.least', { minimum: 0 }), issue('reason', 'inspection.reason')],
  };
  const label = '列入得分最低的题目数';
  const beside = read(field(c, { name: 'lowest', label }, problem));
  read(field(c, { name: 'reason', label: '理由' }, problem));
  const summary = read(errorSummary(c, problem));
  expect(beside).toMatch(new RegExp(`>\\s*“${label}”不能小于 0。\\s*</p>`));
  expect(summary).toContain(`<a href="#f-lowest">“${label}”不能小于 0。</a>`);
  // One that does not name its field has the label before it.
  expect(summary).toContain('<a href="#f-reason">理由：');
  expect(beside + summary).not.toContain('“lowest”');
});

test('a fault that is the whole problem, and has no field, is said once', () => {
  const params = { rows: 20 };
  const problem: PageProblem = {
    message: 'roll.header.none',
    params,
    issues: [{ path: '', message: 'roll.header.none', params }],
  };
  expect(read(errorSummary(c, problem)).match(/没有找到表头/g)).toHaveLength(1);
});

test('of forms with the same fields, the one that was sent shows what was typed, unfolded', () => {
  const problem: PageProblem = {
    message: 'http.invalid',
    kind: 'conflict',
    issues: [{ path: 'note', message: 'user.name-shape' }],
    sent: { action: '/a', fields: { no: '2', version: '1', note: '“typed”', kind: 'b', tick: 'yes' } },
  };
  const choices = ['a', 'b'].map((value) => ({ value, text: `choice ${value}` }));
  const form = (no: string) =>
    fold(
      no,
      postForm(c, { action: '/a', hidden: { no, version: '3' }, problem }, (own) => [
        textArea(c, { name: 'note', path: `note-${no}`, label: '说明', value: 'stored' }, own),
        select(c, { name: 'kind', path: `kind-${no}`, label: '类别', choices, value: 'a' }, own),
        checkBox(c, { name: 'tick', path: `tick-${no}`, label: '勾选' }, own),
      ]),
    );
  const [first, second] = [read(form('1')), read(form('2'))];
  expect(first).not.toMatch(/ open|typed|aria-invalid| checked/);
  expect(first).toContain('stored</textarea>');
  expect(second).toMatch(/^<details open>.*<form data-refused.*name="version" value="3"/);
  expect(second).toMatch(/id="note-2-fault"|id="f-note-2-fault"/);
  expect(second).toContain('“typed”</textarea>');
  expect(second).toContain('现在保存的是：stored');
  expect(second).toMatch(/value="b" selected/);
  expect(second).toContain('现在保存的是：choice a');
  expect(second).toMatch(/name="tick" value="yes" checked/);
  expect(read(errorSummary(c, problem))).toContain('href="#f-note-2"');
});

test('what was typed into a form that the page has no more is there to be copied', () => {
  const fields = { _csrf: 'a b', do: 'judge', opinion: '整改<到位>' };
  const problem: PageProblem = { message: 'http.invalid', sent: { action: '/a', fields } };
  postForm(c, { action: '/a', hidden: { do: 'plan' }, problem }, (own) =>
    field(c, { name: 'opinion', label: '意见' }, own),
  );
  const summary = read(errorSummary(c, problem));
  expect(summary).toContain('整改&lt;到位&gt;');
  expect(summary).not.toMatch(/judge|a b/);
});

test('years have four digits', () => {
  expect(read(field(c, { name: 'on', label: '日期', type: 'date' }))).toContain('max="2999-12-31"');
});

test('a table is sorted and filtered by links that keep the rest of the address', () => {
  const here = '/staff/x?group=parent&sort=-rate&page=3';
  const sorting = sortingOf(here, ['name', 'rate'], 'name');
  expect(sorting).toMatchObject({ by: 'rate', isDown: true });
  expect(sortingOf('/staff/x?sort=secret', ['name'], 'name')).toMatchObject({ by: 'name', isDown: false });
  const shown = read(
    table({
      caption: 'c',
      columns: [
        { text: '单位', sort: 'name' },
        { text: '回收率', number: true, sort: 'rate' },
      ],
      rows: [['a', 1]],
      foot: ['合计', 1],
      sorting,
    }),
  );
  expect(shown).toMatch(/aria-sort="descending"> ?<a href="\/staff\/x\?group=parent&amp;sort=rate"/);
  expect(shown).toContain('href="/staff/x?group=parent&amp;sort=name"');
  expect(shown).toContain('<tfoot>');
  const options = [
    { value: '', text: '全部' },
    { value: 'parent', text: '家长', count: 12000 },
  ];
  const filter = read(filterLinks({ label: '人员', here, name: 'group', options }));
  expect(filter).toContain('href="/staff/x?sort=-rate"');
  expect(filter).toMatch(/aria-current="true"[^>]*>家长 <span class="count" ?>12 000/);
  expect(addressWith(here, { sort: null, page: null })).toBe('/staff/x?group=parent');
});

test('states are words, and where one is, is said', () => {
  expect(read(tag('bad', '未到下限'))).toContain('未到下限');
  const crumbs = read(breadcrumbs('所在位置', [{ href: '/staff', text: '满意度调查' }], '名册'));
  expect(crumbs).toMatch(/<li aria-current="page">名册<\/li> <\/ol>/);
  const steps = [
    { text: '县和时间', note: '有 1 处要改', state: 'wrong' as const, href: '/a', isHere: true },
    { text: '封存', note: '以后', state: 'ahead' as const, href: null },
  ];
  const bar = read(stepsBar({ label: '步骤', steps }));
  expect(bar).toContain('aria-current="step"');
  expect(bar).toContain('有 1 处要改');
  const one = { key: 'a', href: '/a', text: 'A' };
  expect(tabBar('页面', [one], 'a')).toBe(false);
  expect(read(tabBar('页面', [one, { ...one, key: 'b' }], 'b'))).toMatch(/aria-current="page"/);
  expect(read(feedback('已保存'))).toContain('role="status"');
  expect(read(alertBox('warn', '提醒', '号码连号'))).toContain('<strong>提醒</strong> 号码连号');
  expect(read([emptyState('还没有', html`<p>先上传</p>`), help('这是什么', '说明')])).toContain('先上传');
});

test('progress says its percentage, never more than is done', () => {
  const bar = read(progressBar({ label: '正在读取', percent: 99.9, text: '', live: '/staff/live' }));
  expect(bar).toContain('99%');
  expect(bar).toContain('data-live="/staff/live"');
  expect(read(progressBar({ label: 'x', percent: null, text: '' }))).not.toContain('value=');
  expect(read(liveHead('/live.js'))).toContain('<noscript><meta http-equiv="refresh" content="3"');
});

test('a confirmation states numbers and consequence, and asks for its box', () => {
  const problem = {
    message: 'http.invalid',
    issues: [{ path: 'confirmed', message: 'staff.confirm.unchecked' }],
  };
  const page = read(
    confirmation(
      c,
      {
        action: '/staff/freeze',
        numbers: ['30 所学校，21,380 人'],
        consequence: '名册不能再改。',
        warnings: ['3 所学校没有名册'],
        people: 2,
        submit: '封存',
        cancel: { href: '/staff', text: '返回修改' },
      },
      problem,
    ),
  );
  for (const text of ['30 所学校', '名册不能再改。', '须两人同意', '3 所学校没有名册', '返回修改'])
    expect(page).toContain(text);
  expect(page).toMatch(/name="confirmed"[^>]*aria-invalid="true"/);
  expect(page).toContain('请先核对，再勾选这一项。');
});
