/** Files whose columns are not understood: shown, mapped by hand, and read, by page and by API. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { CampaignId } from '../../src/domain/model/ids.ts';
import { createStaff, multipart, type Staff, type Visitor } from '../support/staff.ts';
import { countyA, createWorld, dice, type World } from '../support/world.ts';

let world: World;
let staff: Staff;
let official: Visitor;
let operator: Visitor;
let id: CampaignId;
let page: string;
let api: string;
beforeAll(async () => {
  world = await createWorld();
  staff = await createStaff(world);
  official = await staff.visit('official-a');
  operator = await staff.visit('operator');
}, 30_000);
afterAll(async () => {
  await staff.close();
  await world.close();
});
beforeEach(async () => {
  ({ id } = await world.addCampaign());
  page = `/staff/campaigns/${id}/counties/${countyA}`;
  api = `/api/v1/campaigns/${id}/counties/${countyA}`;
});

const upload = (path: string, content: string, fields: Record<string, string> = {}, visitor = official) =>
  visitor.sendBare({
    method: 'POST',
    url: `${page}/${path}`,
    ...multipart({ _csrf: visitor.token, ...fields }, { name: '名册.csv', content }),
  });
const send = (path: string, content: string, query: Record<string, string> = {}) =>
  official.send({
    method: 'POST',
    url: `${api}/${path}`,
    query: { fileName: 'a.csv', ...query },
    payload: content,
    headers: { 'content-type': 'application/octet-stream' },
  });
/** What a form holds, as a browser would send it. */
function formOf(body: string): Record<string, string> {
  const values: Record<string, string> = {};
  const form = /<form[^>]*multipart[\s\S]*?<\/form>/.exec(body)?.[0] ?? '';
  for (const [, name = '', value = ''] of form.matchAll(/type="hidden" name="([^"]+)" value="([^"]*)"/g))
    values[name] = value.replaceAll('&quot;', '"').replaceAll('&amp;', '&');
  for (const [, name = '', options = ''] of form.matchAll(
    /<select[^>]*name="([^"]+)"[^>]*>([\s\S]*?)<\/select>/g,
  ))
    values[name] =
      /value="([^"]*)" selected/.exec(options)?.[1] ?? /value="([^"]*)"/.exec(options)?.[1] ?? '';
  return values;
}

const odd = '名册\n孩子在哪上学,姓名,哪个号能收到,另一个号\n甲小学,王小明,13800138000,13800138001\n';

describe('columns by hand', () => {
  beforeEach(async () => {
    expect((await upload('schools', '学校名称,类别,城乡\n甲小学,小学,城区\n')).statusCode).toBe(303);
  });

  it('on the page: first rows, masked; a choice for each field; the same file again', async () => {
    const asked = await upload('imports', odd, { group: 'parent' });
    expect(asked.statusCode).toBe(422);
    expect(asked.body).toContain('role="alert"');
    expect(asked.body).toContain('138****8000');
    expect(asked.body).not.toContain('13800138000');
    const form = formOf(asked.body);
    expect(form).toMatchObject({ map: 'yes', group: 'parent', headerRow: '2', 'column-school': '' });
    // Nothing of the file was kept.
    expect((await world.storage.listImports(id, countyA)).map((i) => i.state)).toEqual(['discarded']);

    const chosen = {
      ...form,
      headerRow: '2',
      'column-school': '0',
      'column-phone': '2',
      'column-phone-2': '3',
    };
    const twice = await upload('imports', odd, { ...chosen, 'column-phone': '0' });
    expect(twice.statusCode).toBe(422);
    expect(formOf(twice.body)).toMatchObject({ 'column-school': '0', 'column-phone': '0', headerRow: '2' });
    const other = await upload('imports', odd.replace('孩子', '学生'), chosen);
    expect([other.statusCode, other.body.includes('role="alert"')]).toEqual([422, true]);
    const read = await upload('imports', odd, chosen);
    expect(read.statusCode, read.body).toBe(303);
    const found = await world.storage.findImport((read.headers.location ?? '').split('/').at(-1)!);
    expect(found).toMatchObject({ state: 'staged', summary: { good: 1, bad: 0, unmappedColumns: 1 } });
  });

  it('on the page: also where the header is recognised and a person wants another', async () => {
    const content = '学校,班主任,联系电话,手机\n甲小学,李老师,13900139000,13800138000\n';
    const asked = await upload('imports', content, { group: 'parent', columns: 'choose' });
    expect(asked.statusCode).toBe(200);
    const form = formOf(asked.body);
    expect(form).toMatchObject({
      'column-school': '0',
      'column-phone': '2',
      'column-phone-2': '3',
      headerRow: '1',
    });
    const read = await upload('imports', content, { ...form, 'column-phone': '3', 'column-phone-2': '' });
    expect(read.statusCode, read.body).toBe(303);
  });

  it('on the page: no such column', async () => {
    const content = '学校,姓名\n甲小学,王小明\n';
    const form = formOf((await upload('imports', content, { group: 'parent' })).body);
    const read = await upload('imports', content, form);
    expect(read.statusCode, read.body).toBe(303);
    const found = await world.storage.findImport((read.headers.location ?? '').split('/').at(-1)!);
    expect(found).toMatchObject({ summary: { good: 1 } });
  });

  it('no group is chosen beforehand', async () => {
    // The page asks for the group after the file: see test/browser/official.test.ts.
    const content = '学校,电话\n甲小学,13800138000\n';
    for (const fields of [{}, { group: '' }])
      expect((await upload('imports', content, fields)).statusCode).toBe(422);
    expect(await world.storage.listImports(id, countyA)).toEqual([]);
  });

  it('by the API: a preview, and a mapping', async () => {
    const seen = await send('preview', odd, { kind: 'roll', group: 'parent' });
    expect(seen.statusCode, seen.body).toBe(200);
    expect(seen.json()).toMatchObject({ width: 4, headerRow: 0, columns: { school: [], phone: [] } });
    expect(seen.json().rows[2]).toEqual({
      row: 3,
      cells: ['甲小学', '王小明', '138****8000', '138****8001'],
    });
    const mapping = { headerRow: 2, columns: { school: [0], phone: [2, 3], grade: [] } };
    const read = await send('imports', odd, { group: 'parent', mapping: JSON.stringify(mapping) });
    expect(read.statusCode, read.body).toBe(201);
    expect(read.json()).toMatchObject({ summary: { good: 1, bad: 0 }, corrected: 0 });
    for (const wrong of ['{', '{"headerRow":0}', JSON.stringify({ ...mapping, columns: { x: [1] } })])
      expect((await send('imports', odd, { group: 'parent', mapping: wrong })).statusCode).toBe(422);
  });

  it('lists of schools as well', async () => {
    const content = '叫什么,编码号\n乙小学,77\n';
    const asked = await upload('schools', content);
    expect(asked.statusCode).toBe(422);
    const read = await upload('schools', content, {
      ...formOf(asked.body),
      headerRow: '1',
      'column-name': '0',
      'column-code': '1',
    });
    // Saved, and shown with the warnings.
    expect([read.statusCode, read.body.includes('role="status"')]).toEqual([200, true]);
    const mapping = JSON.stringify({ headerRow: 1, columns: { name: [0], code: [1] } });
    const sent = await send('schools', content.replace('乙', '丙').replace('77', '78'), { mapping });
    expect(sent.json()).toMatchObject({ saved: 1, warnings: [{}, {}] });
    const names = (await world.storage.listSchools(id, countyA)).map((s) => s.name);
    expect(names.sort()).toEqual(['丙小学', '乙小学', '甲小学']);
  });

  it('delivery reports as well', async () => {
    await world.addRoll(id, countyA, 'parent', '学校,电话\n甲小学,13800138000\n甲小学,13800138001\n');
    await world.freezeAndDraw(id, countyA, dice);
    const content = '发件,发给谁,怎么样\n13911112222,13800138000,空号\n13911112222,13800138001,发送成功\n';
    const refused = await upload('fates', content, {}, operator);
    expect(refused.body).toContain('0 人的投递结果');
    const asked = await upload('fates', content, { columns: 'choose' }, operator);
    const form = { ...formOf(asked.body), headerRow: '1', 'column-phone': '1', 'column-state': '2' };
    const read = await upload('fates', content, form, operator);
    expect(read.statusCode, read.body).toBe(200);
    expect(read.body).toContain('2 人的投递结果');
  });
});

it('columns that were chosen are kept where the file did not come with them, or is none', async () => {
  const content = '各校情况\n序号,叫什么,在城在乡\n1,甲小学,城区\n';
  const asked = await upload('schools', content, { columns: 'choose' });
  const form = { ...formOf(asked.body), headerRow: '2', 'column-name': '1' };
  const chosen = (body: string, name: string) =>
    /<option value="([^"]*)" selected/.exec(
      new RegExp(`<select[^>]* name="${name}".*?</select>`, 's').exec(body)?.[0] ?? '',
    )?.[1];
  const without = await official.sendBare({
    ...{ method: 'POST', url: `${page}/schools`, ...multipart({ _csrf: official.token, ...form }) },
  });
  const other = await upload('schools', '%PDF-1.7\n\0\u0001', form);
  for (const { statusCode, body } of [without, other]) {
    expect(statusCode).toBe(422);
    expect([chosen(body, 'column-name'), chosen(body, 'headerRow')]).toEqual(['1', '2']);
    expect(body).toContain('B 列：叫什么');
    expect(body).toMatch(/<input type="file"[^>]* aria-invalid="true"/);
    expect(body).not.toContain('甲小学');
  }
  // From there it goes on.
  const again = { ...formOf(without.body), 'column-category': '', 'column-location': '2' };
  const read = await upload('schools', content, again);
  expect([read.statusCode, read.body.includes('甲小学')]).toEqual([200, true]);
});

it('a school that is called otherwise in many rows is chosen once', async () => {
  await upload('schools', '学校名称,类别,城乡\n甲县第一小学,小学,城区\n乙小学,小学,城区\n');
  const rows = [
    '一小,13800138001',
    '乙小学,13800138002',
    '一小,13800138003',
    '二小,13800138004',
    '一小,13800138005',
    '乙小学东校区,13800138006',
  ];
  const sent = await upload('files', `学校,家长电话\n${rows.join('\n')}\n`);
  expect(sent.statusCode, sent.body).toBe(303);
  const [file] = await world.storage.listRollFiles(id, countyA);
  const address = `${page}/files/${file!.id}`;
  const bodyOf = async () => (await official.sendBare({ url: address })).body;
  const send = async (to: string, fields: Record<string, string>) =>
    official.send({
      ...{ method: 'POST', url: address + to, payload: new URLSearchParams(fields).toString() },
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
  const choose = /<form[^>]*action="[^"]*\/files\/\w+"[\s\S]*?<\/form>/.exec(await bodyOf())![0];
  await send('', { ...formOf(choose.replace('<form', '<form multipart')), group: 'parent' });
  const faulty = await bodyOf();
  expect(faulty).toContain('写成“一小”的行都这样改（这一页另有 2 行）');
  expect(faulty).not.toContain('写成“二小”的行');
  const cells = [...faulty.matchAll(/<select[^>]* name="(cell\/[^"]*)"/g)].map(([, name]) => name!);
  expect(cells).toHaveLength(5);
  // What is wrong is said once; a school of a similar name is the first to choose from.
  expect(faulty.match(/同第 \d+ 行/g)).toHaveLength(2);
  expect(faulty).toContain('相近的有：乙小学。');
  const choices = [...faulty.matchAll(/<select[^>]* name="cell\/[\s\S]*?<\/select>/g)].map(([select]) =>
    [...select.matchAll(/<option[^>]*>([^<]*)</g)].slice(1).map(([, text]) => text),
  );
  expect(choices[0]![0]).not.toBe('乙小学');
  expect(choices[4]![0]).toBe('乙小学');
  expect([...choices[4]!].sort()).toEqual([...choices[0]!].sort());
  // One of them is another school: what is chosen for a row of its own stays.
  const chosen = { [cells[0]!]: '甲县第一小学', [cells[3]!]: '乙小学' };
  const alike = cells[0]!.replace('cell', 'alike');
  const expected = /name="expected" value="([^"]+)"/.exec(faulty)![1]!;
  const done = await send('/correct', { ...chosen, [alike]: 'yes', expected });
  expect(done.statusCode, done.body).toBe(303);
  const left = await bodyOf();
  expect(left.match(/<select[^>]* name="cell\//g)).toHaveLength(2);
  expect(left).toContain('二小');
});

it('a school without contacts is removed by page and API', async () => {
  await upload('schools', '学校名称,学校代码\n甲小学,1\n乙小学,2\n丙小学,3\n');
  await world.addRoll(id, countyA, 'parent', '学校,电话\n甲小学,13800138000\n');
  const shown = await official.send({ url: `${page}/schools` });
  expect(shown.body).toContain(`${page}/schools/2/remove`);
  expect(shown.body).not.toContain(`${page}/schools/1/remove`);
  const remove = (school: string) =>
    official.send({ method: 'POST', url: `${page}/schools/${school}/remove` });
  expect((await remove('2')).headers.location).toMatch(/\/schools$/);
  expect((await remove('1')).statusCode).toBe(409);
  expect((await remove('2')).statusCode).toBe(404);
  const left = await official.send({ method: 'POST', url: `${api}/schools/3/remove` });
  expect(left.json()).toMatchObject([{ id: '1', code: '1', aliases: [] }]);
});
