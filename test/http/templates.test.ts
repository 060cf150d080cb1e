/** Questionnaires and rule profiles on the page: a file with faults, versions, previews, what differs, adapting, withdrawing, and what a new campaign is offered. */
import Database from 'better-sqlite3';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { xlsxChunks } from '../../src/tabular/write.ts';
import { createStaff, multipart, type Staff, type Visitor } from '../support/staff.ts';
import { createWorld, type World } from '../support/world.ts';

let world: World;
let staff: Staff;
let operator: Visitor;
beforeAll(async () => {
  world = await createWorld();
  staff = await createStaff(world);
  operator = await staff.visit('operator');
}, 30_000);
afterAll(async () => {
  await staff.close();
  await world.close();
});

const shipped = (name: string) =>
  readFileSync(new URL(`../../survey-templates/${name}.json`, import.meta.url), 'utf8');
const upload = (content: string, fields: Readonly<Record<string, string>> = {}, name = 'ours.json') =>
  operator.sendBare({
    method: 'POST',
    url: '/staff/templates',
    ...multipart({ _csrf: operator.token, note: '', ...fields }, { name, content }),
  });
const get = async (url: string, visitor = operator) => {
  const reply = await visitor.send({ url });
  expect(reply.statusCode, url).toBe(200);
  return reply.body;
};
const post = (url: string, fields: Readonly<Record<string, string>>, visitor = operator) =>
  visitor.sendBare({
    method: 'POST',
    url,
    payload: new URLSearchParams({ ...fields, _csrf: visitor.token }).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  });
const stored = () => staff.deps.storage.listTemplateVersions();
/** Fields of a form, as its page fills them. */
function fieldsOf(page: string): Record<string, string> {
  const fields: Record<string, string> = {};
  const text = (html: string) =>
    html
      .replace(/&quot;/g, '"')
      .replace(/&#39;/g, "'")
      .replace(/&lt;/g, '<')
      .replace(/&amp;/g, '&');
  for (const [input] of page.matchAll(/<input[^>]*>/g)) {
    const name = /name="([^"]*)"/.exec(input)?.[1];
    if (name === undefined || (/type="checkbox"/.test(input) && !/ checked/.test(input))) continue;
    fields[name] = text(/value="([^"]*)"/.exec(input)?.[1] ?? '');
  }
  for (const [, name, value] of page.matchAll(/<textarea[^>]*name="([^"]*)"[^>]*>\n?([^<]*)</g))
    fields[name!] = text(value!);
  for (const [, name, inner] of page.matchAll(/<select[^>]*name="([^"]*)"[^>]*>(.*?)<\/select>/gs))
    fields[name!] = /value="([^"]*)" selected/.exec(inner!)?.[1] ?? /value="([^"]*)"/.exec(inner!)?.[1] ?? '';
  return fields;
}

describe('a file', () => {
  it('with faults is not kept: each with its line, what stands there, and the item’s own words', async () => {
    const lines = shipped('parent-2017').split('\n');
    const at = lines.findIndex((line) => line.includes('"dimension": "quality"'));
    lines[at] = lines[at]!.replace('quality', 'no-such');
    const reply = await upload(lines.join('\n'));
    expect(reply.statusCode).toBe(422);
    expect(reply.body).toContain(`第 ${at + 1} 行`);
    expect(reply.body).toContain('老师教课的水平');
    expect(reply.body).toContain('<code class="excerpt">&quot;dimension&quot;: &quot;no-such&quot;,</code>');
    const slip = await upload(lines.join('\n').replace('"groups": ["parent"],', '"groups": ["parent"]'));
    expect(slip.statusCode).toBe(422);
    expect(slip.body).toContain('第 5 行');
    expect(slip.body).toContain('缺少英文逗号');
    for (const content of ['', 'PK nonsense', '<html>', '"x"', '\u0000{}', '{"items": '.repeat(500)])
      expect((await upload(content)).statusCode, content.slice(0, 20)).toBeGreaterThanOrEqual(422);
    expect((await upload(shipped('parent-2017'))).statusCode, 'as shipped').toBe(409);
    expect((await upload(`${' '.repeat(1024 * 1024)}{}`)).statusCode).toBe(413);
    expect(await stored()).toEqual([]);
  });

  it('without one becomes a version, with its findings in words; the same again is refused', async () => {
    const ours = shipped('parent-2017').replace('"老师教课的水平"', '"老师教课的水平和态度"');
    const reply = await upload(ours, { note: '第一题改了说法' });
    expect(reply.statusCode, reply.body).toBe(303);
    expect(reply.headers.location).toBe('/staff/templates/1');
    const page = await get('/staff/templates/1');
    for (const text of ['第 1 版', '第一题改了说法', '可能一题问了两件事', '各类人员共有的题要一字不差'])
      expect(page).toContain(text);
    expect(page.replace(/<[^>]*>/g, ' ')).not.toMatch(/teaching|core-words|parent-2017|checked-here/);
    expect((await upload(ours)).statusCode).toBe(409);
    const again = await upload(ours.replace('和态度', '和方法'));
    expect(again.headers.location).toBe('/staff/templates/2');
    expect((await stored()).map(({ no, id, version, kind }) => [no, id, version, kind])).toEqual([
      [2, 'parent-2017', 2, 'questionnaire'],
      [1, 'parent-2017', 1, 'questionnaire'],
    ]);
  });

  it('may be a workbook of XLSForm, for whom the form says', async () => {
    const chunks: Uint8Array[] = [];
    const sheets = [
      {
        name: 'survey',
        header: ['type', 'name', 'label'],
        rows: [
          ['select_one sat', 'q1', '学校的食堂（饭菜）'],
          ['select_one sat', 'q2', '学校的操场'],
        ],
      },
      {
        name: 'choices',
        header: ['list_name', 'name', 'label'],
        rows: ['非常满意', '满意', '基本满意', '不满意', '不了解'].map((label, i) => [
          'sat',
          String(i + 1),
          label,
        ]),
      },
    ];
    for await (const chunk of xlsxChunks(sheets)) chunks.push(chunk);
    const send = (fields: Readonly<Record<string, string>>, file = Buffer.concat(chunks)) => {
      const body = multipart(
        { _csrf: operator.token, ...fields },
        { name: 'canteen.xlsx', content: '\u0001' },
      );
      const [before = '', after = ''] = body.payload.split('\u0001');
      return operator.sendBare({
        ...{ method: 'POST' as const, url: '/staff/templates', headers: body.headers },
        payload: Buffer.concat([Buffer.from(before), file, Buffer.from(after)]),
      });
    };
    const nobody = await send({});
    expect(nobody.statusCode).toBe(422);
    expect(nobody.body).toContain('请指明这份问卷的调查对象');
    const reply = await send({ groups: 'parent' });
    expect(reply.statusCode, reply.body).toBe(303);
    const page = await get(reply.headers.location as string);
    expect(page).toContain('XLSForm 工作簿');
    expect(page).toContain('学校的食堂（饭菜）');
    const preview = await get(`${reply.headers.location as string}/preview`);
    expect(preview).toContain('学校的操场');
    expect(preview).toContain('您满不满意？');
  });
});

describe('a version', () => {
  it('is previewed in each language, for each group, in either order of options', async () => {
    const chinese = await get('/staff/templates/1/preview?in=zh-CN&group=parent');
    expect(chinese).toContain('老师教课的水平和态度');
    expect(chinese).toContain('第一小学');
    const english = await get('/staff/templates/1/preview?in=en');
    expect(english).toContain('How well teachers teach');
    const order = (page: string) => [page.indexOf('非常满意'), page.indexOf('不满意</')];
    const reversed = order(await get('/staff/templates/1/preview?in=zh-CN&reversed=1'));
    expect(order(chinese)[0]).toBeLessThan(order(chinese)[1]!);
    expect(reversed[1]).toBeLessThan(reversed[0]!);
    expect(await get('/staff/templates/principal-2017/preview')).not.toContain('第一小学');
  });

  it('is filled in as a respondent does, to the end, and nothing is stored', async () => {
    const url = '/staff/templates/principal-2017/preview?in=zh-CN';
    const send = (fields: Readonly<Record<string, string>>) =>
      operator.sendBare({
        ...{ method: 'POST', url, payload: new URLSearchParams(fields).toString() },
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      });
    const { _csrf, _language } = fieldsOf(await get(url)) as { _csrf: string; _language: string };
    const nothing = await send({ _csrf, _language });
    expect(nothing.statusCode).toBe(422);
    expect(nothing.body).toContain('请');
    expect(nothing.body).toContain('id="send"');
    const one = await send({ _csrf, _language, _step: 'one' });
    expect(one.statusCode).toBe(200);
    expect(one.body).toContain('name="_at" value="1"');
    const large = await send({ _csrf, _language, _size: 'large' });
    expect(large.body).toContain('name="_large" value="1"');
    const english = await send({ _csrf, _language, _lang: 'en' });
    expect(english.body).toContain('<html lang="en"');
    const foreign = await send({ _language });
    expect(foreign.statusCode).toBe(403);

    const file = new Database(join(world.dataDir, 'manyi.db'), { readonly: true });
    const changes = file.prepare('PRAGMA data_version').pluck();
    const before = changes.get();
    // The last option of every rating, and nothing else.
    const whole = await send(fieldsOf(await get(url)));
    expect(whole.statusCode).toBe(303);
    const end = await get(whole.headers.location as string);
    expect(end).toContain('没有保存');
    expect(end).toContain('谢谢您');
    expect(end).toContain(`href="${url}"`);
    expect(changes.get()).toBe(before);
    file.close();
  });

  it('is compared with another, and a profile with a profile', async () => {
    const page = await get('/staff/templates/compare?a=parent-2017&b=1');
    expect(page).toContain('老师教课的水平和态度');
    expect(page.match(/<tr>/g)).toHaveLength(2);
    const same = await operator.send({ url: '/staff/templates/compare?a=1&b=1' });
    expect(same.statusCode).toBe(422);
    expect(same.body).toContain('<a href="#f-compare-b">后来的：两次选了同一份，请换一份。</a>');
    // Nothing is chosen beforehand, so nothing twice.
    expect((await get('/staff/templates')).match(/<option value="" selected>请选择/g)).toHaveLength(2);
    const profiles = await get('/staff/templates/compare?a=basic-2012&b=quality-2017');
    expect(profiles).toContain('85 分（含）');
    expect(profiles).toContain('85%（含）');
    const mixed = await operator.send({ url: '/staff/templates/compare?a=basic-2012&b=1' });
    expect(mixed.statusCode).toBe(422);
    expect((await operator.send({ url: '/staff/templates/compare?a=x&b=1' })).statusCode).toBe(404);
  });

  it('takes back all that its fields let anybody type, and shows it again', async () => {
    const url = '/staff/templates/parent-2012/adapt';
    const page = await get(url);
    const own = fieldsOf(page);
    // The longest that a browser lets anybody type or paste, and in a box without such a limit more than the questionnaire takes.
    const typed: Record<string, string> = {};
    for (const [, name, most] of page.matchAll(
      /<input type="text"[^>]* name="([^"]+)"[^>]* maxlength="(\d+)"/g,
    ))
      typed[name!] = `${name!} ${'满'.repeat(Number(most))}`.slice(0, Number(most));
    const boxes = [...page.matchAll(/<textarea[^>]* name="([^"]+)"/g)].map(([, name]) => name!);
    for (const name of boxes) typed[name] = `${name} ${'意'.repeat(10_000)}`;
    expect(Object.keys(typed).length).toBeGreaterThan(100);
    const again = await post(url, { ...own, ...typed });
    expect(again.statusCode).toBe(422);
    const shown = fieldsOf(again.body);
    for (const [name, text] of Object.entries(typed)) expect(shown[name] === text, name).toBe(true);
    expect(again.body).toContain('开头说明（中文）：太长，最多 2000 个字。请删减。');
  });

  it('can be adapted: the page’s own values change nothing, an empty text is shown at its field', async () => {
    const url = '/staff/templates/teacher-2017/adapt';
    const own = fieldsOf(await get(url));
    const same = await post(url, own);
    expect(same.statusCode, same.body).toBe(303);
    const made = await get(same.headers.location as string);
    expect(made).toContain('改编');
    const differences = await get(
      `/staff/templates/compare?a=teacher-2017&b=${(same.headers.location as string).split('/').at(-1)}`,
    );
    expect(differences).toContain('两份内容相同');

    const empty = await post(url, { ...own, 'text.teaching.en': ' ', 'title.zh-CN': '教师问卷（本市）' });
    expect(empty.statusCode).toBe(422);
    expect(empty.body).toContain('href="#f-text-teaching-en"');
    expect(empty.body).toContain('value="教师问卷（本市）"');

    const { 'ask.workload': _, ...less } = own;
    const changed = await post(url, {
      ...less,
      ...{
        'title.zh-CN': '教师问卷（本市）',
        'place.teaching': '1',
        'ask.high-school-places': 'yes',
        note: '少一题，多一题',
      },
    });
    expect(changed.statusCode, changed.body).toBe(303);
    const page = await get(changed.headers.location as string);
    for (const text of ['教师问卷（本市）', '第 2 版', '没有计分题涵盖规定内容“减负”'])
      expect(page).toContain(text);
    const document = JSON.parse(await get(`${changed.headers.location as string}/file`)) as {
      items: { id: string }[];
    };
    const ids = document.items.map((item) => item.id);
    expect(ids[0]).toBe('teaching');
    expect(ids).toContain('high-school-places');
    expect(ids.filter((id) => id.startsWith('workload'))).toEqual([]);
  });
});

describe('a campaign', () => {
  it('is offered what is not withdrawn, and keeps what it has', async () => {
    const profile = shipped('profiles/quality-2017').replace(
      '优质均衡：社会认可度（85%）',
      '本省优质均衡规则',
    );
    const added = await upload(profile, { note: '本省' });
    const url = added.headers.location as string;
    const key = url.split('/').at(-1)!;
    const form = await get('/staff/campaigns/new');
    expect(form).toContain('本省优质均衡规则');
    const id = /name="id" value="([^"]*)"/.exec(form)![1]!;
    const reply = await post('/staff/campaigns', {
      ...{ id, name: '春季调查', purpose: 'self-check', commissioner: '示范市教育督导室' },
      ...{ commissionerPhone: '0531-88886666', demo: 'yes', profile: key },
      ...{ exceptions: 'student', reason: '县里没有学生卷' },
    });
    expect(reply.statusCode, reply.body).toBe(303);
    expect(await get(url)).toContain('草稿，还可以换');

    const none = await post(`${url}/withdraw`, { reason: ' ' });
    expect(none.statusCode).toBe(422);
    expect(none.body).toContain('请写明理由');
    expect((await post(`${url}/withdraw`, { reason: '门槛写错了' })).statusCode).toBe(303);
    expect((await post(`${url}/withdraw`, { reason: '再来一次' })).statusCode).toBe(409);
    expect((await post('/staff/templates/parent-2017/withdraw', { reason: 'x' })).statusCode).toBe(409);
    const page = await get(url);
    expect(page).toContain('门槛写错了');
    expect(page).toContain('春季调查');
    expect(await get('/staff/campaigns/new')).not.toContain('本省优质均衡规则');
    expect(await get(`/staff/campaigns/${id}/setup/rules`)).toContain('本省优质均衡规则');
  });

  it('has a version that nothing changes or takes away, not even by hand', async () => {
    const before = await stored();
    const { readdirSync } = await import('node:fs');
    const file = readdirSync(world.directory, { recursive: true })
      .map(String)
      .find((f) => f.endsWith('.db'))!;
    const raw = new Database(`${world.directory}/${file}`);
    for (const sql of [
      "UPDATE templates SET hash = (SELECT hash FROM documents WHERE kind = 'profile' LIMIT 1) WHERE no = 1",
      'UPDATE templates SET withdrawn = NULL WHERE withdrawn IS NOT NULL',
      'DELETE FROM templates',
    ])
      expect(() => raw.exec(sql), sql).toThrow('a version never changes');
    raw.close();
    expect(await stored()).toEqual(before);
  });
});

it('who may: inspectors look, officials do not, and every change stands in the trail', async () => {
  const inspector = await staff.visit('inspector-a');
  expect(await get('/staff/templates/1', inspector)).not.toContain('/staff/templates/1/adapt');
  expect((await post('/staff/templates/1/withdraw', { reason: '理由' }, inspector)).statusCode).toBe(403);
  const official = await staff.visit('official-a');
  for (const url of ['/staff/templates', '/staff/templates/1', '/staff/templates/1/preview'])
    expect((await official.send({ url })).statusCode).toBe(403);
  const trail = await get('/staff/trail', await staff.visit('admin'));
  for (const text of ['添加问卷或规则', '撤回问卷或规则', '门槛写错了', '本省优质均衡规则'])
    expect(trail).toContain(text);
});
