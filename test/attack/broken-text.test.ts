/**
 * Characters that no writing holds, sent to every door: NUL and other control characters, halves of surrogate pairs, noncharacters, broken UTF-8. What staff
 * and programs send is refused by name; what respondents write is cleaned (domain/questionnaire/text.ts), so that nobody's answer is lost for one invisible
 * character. Nothing of it is ever stored.
 */
import Database from 'better-sqlite3';
import { join } from 'node:path';
import type { InjectOptions, LightMyRequestResponse } from 'fastify';
import { zipSync, strToU8 } from 'fflate';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findUnreadable } from '../../src/domain/line.ts';
import { closeCampaign } from '../../src/operations/campaign/closing.ts';
import { listComments } from '../../src/operations/answer/comments.ts';
import type { Campaign } from '../../src/domain/model/campaign.ts';
import { createStaff, multipart, type Staff, type Visitor } from '../support/staff.ts';
import { countyA, createWorld, readTemplate, type World } from '../support/world.ts';

let world: World;
let staff: Staff;
let admin: Visitor;
let operator: Visitor;
let inspector: Visitor;
let draft: Campaign;
let opened: Campaign;
let codes: readonly string[];
beforeAll(async () => {
  world = await createWorld();
  staff = await createStaff(world);
  admin = await staff.visit('admin');
  operator = await staff.visit('operator');
  inspector = await staff.visit('inspector-a');
  draft = await world.addCampaign({ name: 'draft' });
  opened = await world.openedCampaign({ name: 'opened', counties: [world.campaignInput().counties[0]!] });
  const sent = await world.sentCodes(opened.id, countyA);
  codes = sent.filter((c) => c.group === 'parents').map((c) => c.code.replace(/\s/g, ''));
}, 120_000);
afterAll(async () => {
  await staff.close();
  await world.close();
});

/** As percent signs in a form or an address. */
const escaped = [
  '%00',
  '%01',
  '%08',
  '%0B',
  '%1B',
  '%7F',
  '%C2%85',
  '%ff',
  '%c3%28',
  '%ed%a0%80',
  '%ef%bf%bf',
];
/** As JSON writes it. */
const inJson = [
  '\\u0000',
  '\\u0001',
  '\\u001b',
  '\\u007f',
  '\\u0085',
  '\\ud800',
  '\\udc00',
  '\\uffff',
  '\\ufffd',
];

let requests = 0;
const nextAddress = () => `10.1.${(++requests >> 8) & 255}.${requests & 255}`;
const inject = (options: InjectOptions, as: Visitor | null): Promise<LightMyRequestResponse> => {
  const remoteAddress = nextAddress();
  return as ? as.send({ ...options, remoteAddress }) : staff.app.inject({ ...options, remoteAddress });
};
const fill = (pattern: string) =>
  pattern
    .replace(':campaign', draft.id)
    .replace(':county', countyA)
    .replace(':code', codes.at(-1)!)
    .replace(/:(\w+)/g, '000000000000')
    .replace('*', '0');

const form = 'application/x-www-form-urlencoded';
const asForm = (text: string): InjectOptions => ({ headers: { 'content-type': form }, payload: text });
const asJson = (text: string | Buffer): InjectOptions => ({
  headers: { 'content-type': 'application/json' },
  payload: text,
});

/** Where cleaning leaves U+FFFD for what could not be read: the rules of texts and of file names. */
const replaced = ['texts.body', 'imports.file_name'];

/** Every text of every table, as it lies there. */
function storedFaults(): readonly string[] {
  const db = new Database(join(world.dataDir, 'manyi.db'), { readonly: true });
  try {
    const tables = db
      .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
      .pluck()
      .all() as string[];
    return tables.flatMap((table) =>
      db
        .prepare(`SELECT * FROM "${table}"`)
        .all()
        .flatMap((row) =>
          Object.entries(row as object).flatMap(([column, value]: [string, unknown]) => {
            const name = `${table}.${column}`;
            const shown = replaced.includes(name) ? String(value).replaceAll('\ufffd', '') : value;
            return findUnreadable(shown).map(() => name);
          }),
        ),
    );
  } finally {
    db.close();
  }
}

const routes = (from: string) =>
  [...new Map(staff.app.declaredRoutes.map((r) => [`${r.method} ${r.url}`, r])).values()].filter(
    ({ url, method }) => url.startsWith(from) && !['HEAD', 'OPTIONS'].includes(String(method)),
  );

describe('doors of the staff and of programs', () => {
  test('every route of the API refuses it, in the address, the query and the body, and says where', async () => {
    const all = routes('/api/v1/');
    expect(all.length).toBeGreaterThan(50);
    for (const { method, url } of all) {
      const to = { method: method as 'POST', url: fill(url) };
      const seen = `${method} ${url}`;
      const refused = async (options: InjectOptions, path: string) => {
        let reply = await inject({ ...to, ...options }, admin);
        for (const other of [operator, inspector])
          if (reply.statusCode === 403) reply = await inject({ ...to, ...options }, other);
        expect(reply.statusCode, `${seen} ${JSON.stringify(options)} ${reply.body}`).toBe(422);
        expect(reply.json(), seen).toMatchObject({ code: 'text.control', issues: [{ path }] });
      };
      for (const bad of ['%00', '%ff', '%ed%a0%80']) await refused({ url: `${to.url}?q=x${bad}` }, 'q');
      if (method === 'GET') continue;
      // Bytes are for readers of files.
      const probe = await inject({ ...to, ...asJson('{"deep":[{"name":"\\u0000"}]}') }, admin);
      if (probe.statusCode === 415) continue;
      for (const bad of inJson) await refused(asJson(`{"deep":[{"name":"云溪${bad}县"}]}`), 'deep.0.name');
      await refused(asJson(Buffer.from([...Buffer.from('{"name":"'), 0xff, ...Buffer.from('"}')])), 'name');
      await refused(asJson('{"a":{"\\u0000":1}}'), 'a');
    }
  });

  test('every form of the pages refuses it with a page', async () => {
    const all = routes('/staff').filter(({ method }) => method === 'POST');
    expect(all.length).toBeGreaterThan(20);
    for (const { url } of all)
      for (const bad of escaped) {
        const reply = await inject(
          { method: 'POST', url: fill(url), ...asForm(`_csrf=${admin.token}&name=a${bad}b`) },
          admin,
        );
        const seen = `${url} ${bad} ${reply.statusCode}`;
        expect(reply.statusCode, seen).toBeGreaterThanOrEqual(400);
        expect(reply.statusCode, seen).toBeLessThan(500);
      }
  });

  test('a campaign is not made of it, nor found by it', async () => {
    const one = await inject(
      { method: 'POST', url: '/staff/campaigns', ...asForm(`_csrf=${operator.token}&name=%E4%BA%91%00`) },
      operator,
    );
    expect(one.statusCode).toBe(422);
    expect(one.body).toContain('含有看不见的控制字符');
    for (const bad of escaped) {
      const reply = await inject({ method: 'GET', url: `/staff/campaigns/${bad}` }, operator);
      expect([400, 404, 422], bad).toContain(reply.statusCode);
    }
  });

  test('its own texts still pass: lines, tabs, marks of right-to-left writing, signs beyond the BMP', () => {
    expect(findUnreadable(['a\r\n\tb', '𠮷野小学', 'مدرسة\u200f', { 名: 'क्\u200dष' }])).toEqual([]);
    expect(findUnreadable(Buffer.from([0]))).toEqual([]);
  });

  test('however deep it lies', () => {
    let deep: unknown = '\0';
    for (let i = 0; i < 100_000; i++) deep = [deep];
    expect(findUnreadable(deep)).toHaveLength(1);
  });
});

describe('files', () => {
  const upload = (
    path: string,
    name: string,
    content: string | Buffer,
    fields: Record<string, string> = {},
  ) => {
    const body = multipart({ _csrf: operator.token, ...fields }, { name, content: 'CONTENT' });
    const [before, after] = body.payload.split('CONTENT');
    const payload = Buffer.concat([Buffer.from(before!), Buffer.from(content), Buffer.from(after!)]);
    const url = `/api/v1/campaigns/${draft.id}/counties/${countyA}/${path}`;
    return inject({ method: 'POST', url, headers: body.headers, payload }, operator);
  };
  const header = '学校代码,学校名称,学校类别,城乡类别,乡镇,中心校,学生数,教职工数';

  test('a field beside the file, and the name of the file in the query', async () => {
    const reply = await upload('schools', 'a.csv', `${header}\n`, { hiddenRows: '\0' });
    expect(reply.statusCode).toBe(422);
    const named = await inject(
      {
        method: 'POST',
        url: `/api/v1/campaigns/${draft.id}/counties/${countyA}/schools?fileName=a%00.csv`,
        headers: { 'content-type': 'application/octet-stream' },
        payload: `${header}\n`,
      },
      operator,
    );
    expect(named.statusCode, named.body).toBe(422);
  });

  test.each([
    ['a name that holds NUL', 'x\0\ud800.csv', '一小'],
    ['cells with control characters', 'a.csv', '一\u0001小\u001b'],
    ['cells with noncharacters', 'a.csv', '一\uffff小'],
    ['cells with U+FFFD', 'a.csv', '一\ufffd小'],
    ['cells of broken UTF-8', 'a.csv', Buffer.from([0xe4, 0xb8, 0x80, 0xff, 0xe5])],
  ])('%s', async (_, name, school) => {
    const row = Buffer.concat([
      Buffer.from(`${header}\n1,`),
      Buffer.from(school),
      Buffer.from(',小学,镇区,城关镇,,100,10\n'),
    ]);
    for (const path of ['schools', 'imports?group=parent']) {
      const reply = await upload(path, name, row);
      expect(reply.statusCode, `${path} ${reply.body}`).toBeLessThan(500);
    }
    expect(storedFaults()).toEqual([]);
  });

  test('an .xlsx whose cells and sheet write control characters out', async () => {
    const cell = (text: string) => `<c t="inlineStr"><is><t>${text}</t></is></c>`;
    const line = (cells: readonly string[]) => `<row>${cells.map(cell).join('')}</row>`;
    const bad = '_x0000_一_xD800_小_x001B__xFFFF_';
    const book = zipSync({
      '[Content_Types].xml': strToU8(
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
      ),
      '_rels/.rels': strToU8(
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>',
      ),
      'xl/workbook.xml': strToU8(
        `<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="${bad}" sheetId="1" r:id="r1"/></sheets></workbook>`,
      ),
      'xl/_rels/workbook.xml.rels': strToU8(
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
      ),
      'xl/worksheets/sheet1.xml': strToU8(
        `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>${line(header.split(','))}${line(['1', bad, '小学', '镇区', bad, '', '100', '10'])}</sheetData></worksheet>`,
      ),
    });
    for (const path of ['schools', 'imports?group=parent']) {
      const reply = await upload(path, 'a.xlsx', Buffer.from(book));
      expect(reply.statusCode, `${path} ${reply.body}`).toBeLessThan(500);
      expect(findUnreadable(reply.json()), reply.body).toEqual([]);
    }
    expect(storedFaults()).toEqual([]);
  });
});

describe('doors of respondents', () => {
  const { items } = readTemplate('parent-2012.json') as { items: { id: string; type: string }[] };
  const ratings = items.filter((i) => i.type === 'rating').map((i) => i.id);
  const comment = items.find((i) => i.type === 'text')!.id;

  test('a comment is cleaned by the rule of texts, and stored; nobody is told off', async () => {
    const sheet = ratings.map((id) => `${id}=satisfied`).join('&');
    for (const [i, bad] of escaped.entries()) {
      const url = `/s/${codes[i]!}`;
      const reply = await inject(
        { method: 'POST', url, ...asForm(`${sheet}&${comment}=f${i}x${bad}y`) },
        null,
      );
      expect(reply.statusCode, `${bad} ${reply.body.slice(0, 200)}`).toBe(303);
    }
    const json = Object.fromEntries(ratings.map((id) => [id, 'satisfied']));
    for (const [i, bad] of inJson.entries()) {
      const text = JSON.stringify({ answers: { ...json, [comment]: `j${i}xBADy` } }).replace('BAD', bad);
      const url = `/s/${codes[escaped.length + i]!}`;
      const reply = await inject({ method: 'POST', url, ...asJson(text) }, null);
      expect(reply.statusCode, `${bad} ${reply.body.slice(0, 200)}`).toBe(200);
    }
    await closeCampaign(world.deps, world.actors.operator, opened.id);
    const { comments } = await listComments(world.deps, world.actors.inspector, opened.id, countyA);
    const texts = new Map(comments.map(({ text }) => [/^(\w\d+)x/.exec(text)![1], text]));
    expect(texts.size).toBe(escaped.length + inJson.length);
    // U+FFFD says that something could not be read.
    const cleaned: Record<string, string> = {
      '%C2%85': '\n',
      '%ff': '\ufffd',
      '%c3%28': '\ufffd(',
      '%ed%a0%80': '\ufffd\ufffd\ufffd',
    };
    for (const [i, bad] of escaped.entries())
      expect(texts.get(`f${i}`), bad).toBe(`f${i}x${cleaned[bad] ?? ''}y`);
    const half = '\ufffd';
    const cleanedJson: Record<string, string> = {
      '\\u0085': '\n',
      '\\ud800': half,
      '\\udc00': half,
      '\\ufffd': half,
    };
    for (const [i, bad] of inJson.entries())
      expect(texts.get(`j${i}`), bad).toBe(`j${i}x${cleanedJson[bad] ?? ''}y`);
  });

  test('no public route fails over it, in the address, the query, the body or a header', async () => {
    const all = staff.app.declaredRoutes.filter(({ url }) => !/^\/(staff|api)/.test(url));
    for (const { method, url } of all)
      for (const bad of ['%00', '%ff', '%ed%a0%80', '%1b']) {
        const to = { method: method as 'POST', url: fill(url) };
        const wrong = url.replace(/:\w+|\*/g, bad);
        const replies = [
          await inject({ ...to, url: wrong }, null),
          await inject({ ...to, url: `${to.url}?lang=${bad}&size=${bad}&q=${bad}&code=${bad}` }, null),
          await inject({ ...to, headers: { 'accept-language': 'zh\x7f\xff', cookie: 'manyi=\x80' } }, null),
        ];
        if (method === 'POST')
          replies.push(
            await inject(
              { ...to, ...asForm(`code=${bad}&receipt=${bad}&_language=${bad}&_at=${bad}&_step=${bad}`) },
              null,
            ),
            await inject({ ...to, ...asJson('{"receipt":"\\u0000","code":"\\ud800"}') }, null),
          );
        for (const reply of replies)
          expect(
            reply.statusCode === 503 || reply.statusCode < 500,
            `${method} ${url} ${bad} ${reply.statusCode}`,
          ).toBe(true);
      }
  });

  test('nothing of it lies in the database', () => {
    expect(storedFaults()).toEqual([]);
  });
});
