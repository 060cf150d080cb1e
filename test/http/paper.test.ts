import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { completeAccessCode } from '../../src/domain/code/access-code.ts';
import { html, toMarkup } from '../../src/html/html.ts';
import { qrCode } from '../../src/html/qr.ts';
import { readQr } from '../support/qr.ts';
import { cookieOf, createStaff, type Staff, type Visitor } from '../support/staff.ts';
import { countyA, openedWorldOfTwo, type World } from '../support/world.ts';

let world: World;
let staff: Staff;
let operator: Visitor;
let base = '';
let id: Awaited<ReturnType<World['openedCampaign']>>['id'];
let codesLeft: string[];
beforeAll(async () => {
  const opened = await openedWorldOfTwo();
  ({ world } = opened);
  ({ id } = opened.campaign);
  staff = await createStaff(world);
  operator = await staff.visit('operator');
  base = `/staff/campaigns/${id}/counties/${countyA}`;
  codesLeft = (await world.sentCodes(id, countyA)).map((sent) => sent.code);
});
afterAll(async () => {
  await staff.close();
  await world.close();
});

const codesIn = (body: string) =>
  [...body.matchAll(/class="typed">([0-9A-Z]{5}) ([0-9A-Z]{5})</g)].map((m) => m[1]! + m[2]!);
const print = (visitor: Visitor, kind: string) =>
  visitor.send({
    method: 'POST',
    url: `${base}/paper`,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload: new URLSearchParams({ kind, _csrf: visitor.token }).toString(),
  });

describe('paper', () => {
  it('a QR code is read by somebody else’s reader', () => {
    expect(readQr(toMarkup(qrCode('https://my.example.cn/s/ABCDE00010', 'x')))).toBe(
      'https://my.example.cn/s/ABCDE00010',
    );
    expect(toMarkup(html`${qrCode('x', '"><script>')}`)).not.toContain('<script>');
  });

  it('slips are numbered, each with a code that opens its questionnaire, and are recorded with the hash of what was printed', async () => {
    const sheet = await print(operator, 'slips');
    expect(sheet.statusCode).toBe(200);
    const codes = codesIn(sheet.body);
    expect(new Set(codes).size).toBe(12);
    expect([...sheet.body.matchAll(/序号 (\d+)/g)].map((m) => Number(m[1]))).toEqual(
      codes.map((_, i) => i + 1),
    );
    const svgs = sheet.body.match(/<svg.*?<\/svg>/g)!;
    expect(svgs.map(readQr)).toEqual(codes.map((c) => `https://my.example.cn/s/${c}`));
    expect((await staff.app.inject({ url: `/s/${codes[0]}` })).statusCode).toBe(200);
    const [made] = (await world.storage.listExports(id, countyA)).filter((e) => e.format === 'html');
    expect(made).toMatchObject({
      kind: 'slips',
      count: 12,
      by: 'operator',
      fileHash: createHash('sha256').update(sheet.rawPayload).digest('hex'),
    });
    // A table holds other codes beside the slips: those of contacts that no message reaches.
    await world.storage.recordExport(
      { actor: world.actors.operator, at: world.now() },
      { ...made!, id: 'exported-table', format: 'csv', count: 34 },
    );
    const facts = [
      ...(await operator.send({ url: `${base}/paper` })).body.matchAll(/<dt>([^<]*)<\/dt>\s*<dd>([^<]*)/g),
    ].map(([, name, value]) => [name, value]);
    expect(facts).toEqual([
      ['计划答题条数', '12'],
      ['打印页中的答题条数', '12'],
      ['导出表格中的答题码数', '34'],
      ['已作答', '0'],
    ]);
  });

  it('letters go to everybody drawn, by school, and name nobody', async () => {
    const sheet = await print(operator, 'all-letters');
    const codes = codesIn(sheet.body);
    const sent = await world.sentCodes(id, countyA);
    for (const { code, phone } of sent) {
      expect(codes).toContain(code);
      expect(sheet.body).not.toContain(phone);
    }
    expect(sheet.body).toContain('第一小学');
  });

  it('the poster holds no code and says what an answer without one is worth', async () => {
    const poster = await operator.send({ url: `${base}/poster` });
    expect(readQr(/<svg.*?<\/svg>/.exec(poster.body)![0])).toBe('https://my.example.cn/');
    expect(poster.body).toContain('不计入抽样调查的得分');
    expect(codesIn(poster.body)).toEqual([]);
  });

  it('is printed by nobody of the county', async () => {
    const printed = async () =>
      (await world.storage.listExports(id, countyA)).filter((e) => e.format === 'html').length;
    const before = await printed();
    for (const name of ['official-a', 'inspector-a', 'interviewer-a'] as const) {
      const visitor = await staff.visit(name);
      expect((await print(visitor, 'slips')).statusCode).toBe(403);
      expect((await visitor.send({ url: `${base}/paper` })).statusCode).toBe(403);
    }
    expect(await printed()).toBe(before);
  });
});

describe('entering for somebody', () => {
  const form = 'application/x-www-form-urlencoded';
  let visitor: Visitor;
  let code = '';
  let items: readonly string[] = [];
  beforeEach(async () => {
    visitor = await staff.visit('interviewer-a');
    code = codesLeft.pop()!;
    before = await answered();
    const page = await staff.app.inject({ url: `/s/${code}` });
    items = [...page.body.matchAll(/type="radio" name="([a-z-]+)" value="satisfied"/g)].map((m) => m[1]!);
  });
  const post = (url: string, fields: Record<string, string>) =>
    visitor.send({
      method: 'POST',
      url,
      headers: { 'content-type': form },
      payload: new URLSearchParams({ _csrf: visitor.token, ...fields }).toString(),
    });
  const sheet = (option: string, more: Record<string, string> = {}) =>
    post('/staff/entry/answers', {
      _code: code,
      _channel: 'paper',
      ...Object.fromEntries(items.map((item) => [item, option])),
      ...more,
    });
  let before: Readonly<Record<string, number>> = {};
  async function answered() {
    const sums: Record<string, number> = {};
    for (const c of await world.storage.countResponses(id, countyA))
      sums[c.channel] = (sums[c.channel] ?? 0) + c.answered;
    return sums;
  }
  /** Respondents who came by each channel since the case began. */
  const counted = async () =>
    Object.entries(await answered())
      .map(([channel, n]) => [channel, n - (before[channel] ?? 0)] as const)
      .filter(([, n]) => n !== 0);

  it('never supersedes the respondent’s own answer, and the interviewer sees no difference', async () => {
    const [first, second] = [await sheet('satisfied'), await sheet('dissatisfied', { [items[0]!]: '' })];
    expect(await counted()).toEqual([['paper', 1]]);
    await staff.app.inject({
      method: 'POST',
      url: `/s/${code}`,
      headers: { 'content-type': form },
      payload: new URLSearchParams(
        items.map((item): [string, string] => [item, 'very-satisfied']),
      ).toString(),
    });
    const third = await sheet('dissatisfied');
    expect(await counted()).toEqual([['web', 1]]);
    for (const reply of [first, second, third])
      expect([reply.statusCode, reply.headers.location]).toEqual([303, '/staff/entry?channel=paper']);
    // Each sheet counts for the person who enters, whatever became of it.
    const next = await staff.app.inject({ url: '/staff/entry', headers: { cookie: cookieOf(third) } });
    expect(next.body).toContain('今天已录入 1 份');
  });

  it('twice, if wished: what differs is shown at its place, and then stands', async () => {
    const once = await sheet('satisfied', { _twice: '1' });
    expect(once.body).toContain('第二遍');
    const first = /name="_first" value="([^"]*)"/.exec(once.body)![1]!.replaceAll('&quot;', '"');
    expect(await counted()).toEqual([]);
    const differing = await sheet('satisfied', { _twice: '1', _first: first, [items[1]!]: 'dissatisfied' });
    expect(differing.statusCode).toBe(422);
    expect(differing.body.match(/两遍录的不一样/g)).toHaveLength(2);
    expect(differing.body).toContain(`href="#i-${items[1]}"`);
    expect(await counted()).toEqual([]);
    const settled = await sheet('satisfied', { _twice: '1', _first: 'agreed', [items[1]!]: 'dissatisfied' });
    expect(settled.statusCode).toBe(303);
    expect(await counted()).toEqual([['paper', 1]]);
    const same = await sheet('satisfied', { _twice: '1', _first: first });
    expect(same.statusCode).toBe(303);
    expect((await sheet('satisfied', { _twice: '1', _first: '{"broken' })).statusCode).toBe(422);
  });

  it('says what is wrong with a code, and the same of one of another county', async () => {
    const start = (typed: string) => post('/staff/entry', { code: typed, channel: 'assisted' });
    expect((await start(code)).body).toContain('name="_code"');
    expect((await start('')).statusCode).toBe(422);
    const [other] = await world.sentCodes(id, (await world.campaign(id)).counties[1]!.code);
    const foreign = await start(other!.code);
    const unknown = await start(completeAccessCode('ZZZZZZZZZ'));
    expect([foreign.statusCode, unknown.statusCode]).toEqual([422, 422]);
    for (const { body } of [foreign, unknown]) expect(body).toContain('不属于您负责的县');
  });
});
