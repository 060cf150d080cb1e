/** Pages that are sent again while nothing changes: whole, with a token of their own, to nobody else, and not a moment longer. */
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { takesGzip } from '../../src/http/plugins/encoding.ts';
import { KeptPage } from '../../src/http/plugins/kept-page.ts';
import { updateUser } from '../../src/operations/user/users.ts';
import { createStaff, multipart, type Staff, type Visitor } from '../support/staff.ts';
import { countyA, createWorld, csv, type World } from '../support/world.ts';

const mark = 'token-0123456789abcdef';

test.each([
  ['one form', `<form>${mark}</form>`],
  ['many', `${mark}满意度${mark}${mark}<p>${'学校'.repeat(40_000)}</p>${mark}`],
  ['none', '<p>县</p>'],
  ['nothing', ''],
])('a kept page with %s is a sound gzip file with each reply’s own token', (_name, markup) => {
  const page = new KeptPage(markup, mark);
  for (const token of ['a', 'Xy7_-'.repeat(11), 'b'.repeat(600)])
    // Node checks the sum and the length at the end.
    expect(gunzipSync(page.gzip(token)).toString()).toBe(markup.replaceAll(mark, token));
});

test('no token is ever compressed: the length tells nothing of it', () => {
  const page = new KeptPage(`<input value="secret-abc">${mark}`, mark);
  expect(page.gzip('secret-abc').length).toBe(page.gzip('tuvwxyz123').length);
  expect(page.gzip('secret-abc').includes('secret-abc')).toBe(true);
});

test.each([
  [undefined, false],
  ['', false],
  ['br', false],
  ['gzip, deflate, br', true],
  ['br;q=1.0, GZIP;q=0.5', true],
  ['gzip;q=0, br', false],
  ['gzip; q=0.0', false],
  ['gzip;q=0.01', true],
  ['xgzip', false],
] as const)('of “%s” gzip is taken: %s', (header, takes) => expect(takesGzip(header)).toBe(takes));

let world: World;
let staff: Staff;
let official: Visitor;
let operator: Visitor;
let page: string;
beforeAll(async () => {
  world = await createWorld();
  staff = await createStaff(world);
  official = await staff.visit('official-a');
  operator = await staff.visit('operator');
  const { id } = await world.addCampaign();
  page = `/staff/campaigns/${id}/counties/${countyA}/schools`;
  await addSchools(['甲小学', '乙小学']);
}, 30_000);
afterAll(async () => {
  await staff.close();
  await world.close();
});

async function addSchools(names: readonly string[]): Promise<void> {
  const content = csv(
    ['学校名称', '学校类别', '城乡类别'],
    names.map((name) => [name, '小学', '城区']),
  );
  const sent = await official.sendBare({
    method: 'POST',
    url: page,
    ...multipart({ _csrf: official.token }, { name: '学校.csv', content }),
  });
  expect(sent.statusCode, sent.body).toBe(303);
}

async function look(visitor: Visitor, url = page, headers: Record<string, string> = {}) {
  const reply = await visitor.sendBare({
    url,
    headers: { 'accept-encoding': 'gzip, br', 'accept-language': 'zh-CN', ...headers },
  });
  expect(reply.statusCode).toBe(200);
  const isKept = reply.headers['content-encoding'] === 'gzip';
  const plain = isKept ? gunzipSync(reply.rawPayload).toString() : '';
  const tokens = new Set([...plain.matchAll(/name="_csrf" value="([^"]*)"/g)].map(([, token]) => token!));
  return {
    isKept,
    plain,
    tokens,
    headers: reply.headers,
    body: plain.replaceAll([...tokens][0] ?? '\0', ''),
  };
}

/** Until it is sent from what is kept. */
async function settle(visitor: Visitor, url = page): Promise<Awaited<ReturnType<typeof look>>> {
  for (let i = 0; i < 3; i++) await look(visitor, url);
  const reply = await look(visitor, url);
  expect(reply.isKept).toBe(true);
  return reply;
}

test('a page looked at again is the same but for its token, which forms take', async () => {
  const first = await settle(official);
  const second = await look(official);
  expect(second.body).toBe(first.body);
  expect([first.tokens.size, second.tokens.size]).toEqual([1, 1]);
  expect([...second.tokens]).not.toEqual([...first.tokens]);
  // As it is made anew for who takes no compression.
  const anew = await official.sendBare({ url: page, headers: { 'accept-language': 'zh-CN' } });
  const [, token = ''] = /name="_csrf" value="([^"]*)"/.exec(anew.body) ?? [];
  expect(anew.body.replaceAll(token, '')).toBe(second.body);
  expect(second.headers).toMatchObject({
    'cache-control': 'no-store',
    'content-security-policy': expect.any(String),
  });
  const sent = await official.sendBare({
    method: 'POST',
    url: '/staff/language',
    payload: new URLSearchParams({ _csrf: [...second.tokens][0]!, language: 'zh-CN', back: page }).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  });
  expect(sent.statusCode, sent.body).toBe(303);
});

test('what is kept for one reader, address or language is sent to no other', async () => {
  const own = await settle(official);
  const others = await settle(operator);
  expect(own.body).toContain('乙小学');
  expect(others.body).not.toBe(own.body);
  for (const url of [`${page}?sort=-name`, `${page}?page=2`])
    expect((await look(official, url)).isKept).toBe(false);
  const english = await operator.sendBare({
    url: page,
    headers: { 'accept-encoding': 'gzip', 'accept-language': 'en' },
  });
  const text = gunzipSync(english.rawPayload).toString();
  expect(text).toContain('lang="en"');
});

test('a change is seen at once, and what was done is said once', async () => {
  await settle(official);
  await addSchools(['丙小学']);
  const after = await look(official);
  expect(after.isKept).toBe(false);
  expect((await settle(official)).body).toContain('丙小学');
  const school = /\/schools\/([^/"]+)\/remove/.exec((await settle(official)).body)![1]!;
  const removed = await official.sendBare({
    method: 'POST',
    url: `${page}/${school}/remove`,
    payload: new URLSearchParams({ _csrf: official.token }).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  });
  expect(removed.statusCode).toBe(303);
  const [cookie = ''] = String(removed.headers['set-cookie']).split(';');
  const said = await staff.app.inject({ url: page, headers: { cookie } });
  expect(said.body).toContain('role="status"');
  expect(said.body).not.toContain(`/schools/${school}/remove`);
  expect((await settle(official)).body).not.toContain('role="status"');
});

test('a reader who is called otherwise is called so, and one whose account ends gets nothing', async () => {
  expect((await settle(operator)).body).toContain('operator');
  const { administrator } = world.actors;
  const { id } = staff.users.operator;
  await updateUser(staff.deps, administrator, id, { name: '林操作员' });
  const again = await staff.visit('operator');
  expect((await settle(again)).body).toContain('林操作员');
  await updateUser(staff.deps, administrator, id, { disabled: true });
  for (const visitor of [operator, again]) {
    const after = await visitor.sendBare({ url: page, headers: { 'accept-encoding': 'gzip' } });
    expect([after.statusCode, after.headers['content-encoding']]).toEqual([303, undefined]);
  }
});
