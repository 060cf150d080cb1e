import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openCheckpoint, parseVerifierKey } from '../../src/domain/evidence/note.ts';
import { releaseCampaign } from '../../src/operations/campaign/campaigns.ts';
import { getLogKey } from '../../src/operations/evidence/evidence.ts';
import { auditDue } from '../../src/operations/evidence/audit.ts';
import { pushCheckpoints } from '../../src/operations/evidence/witnesses.ts';
import { createWitnessSender } from '../../src/witnesses/send.ts';
import { closedSurvey, verify, type ClosedSurvey } from '../support/evidence.ts';
import { readQr } from '../support/qr.ts';
import { createStaff, type Staff, type Visitor } from '../support/staff.ts';
import { createCosigner, startHttpWitness, type Witnessing } from '../support/witnesses.ts';

let survey: ClosedSurvey;
let staff: Staff;
let good: Witnessing;
let inspector: Visitor;
let operator: Visitor;
let official: Visitor;
beforeAll(async () => {
  survey = await closedSurvey();
  const cosigner = createCosigner('witness.example.cn');
  good = await startHttpWitness((note) => ({ status: 200, body: cosigner.whole(note) }));
  staff = await createStaff(survey.world, {
    witnesses: [
      { name: '省督导室', key: cosigner.key, target: { kind: 'http', url: good.url } },
      { name: '断线的', key: null, target: { kind: 'folder', path: '/nowhere/mounted' } },
    ],
    sendToWitness: createWitnessSender({ mail: null }),
  });
  await staff.deps.storage.queueNewest(['省督导室', '断线的'], staff.deps.now());
  await pushCheckpoints(staff.deps, new AbortController().signal);
  inspector = await staff.visit('inspector-a');
  operator = await staff.visit('operator');
  official = await staff.visit('official-a');
});
afterAll(async () => {
  await staff.close();
  await good.close();
  await survey.world.close();
});
const at = (rest: string) => `/campaigns/${survey.id}/counties/${survey.county}/${rest}`;
const page = (visitor: Visitor, rest: string) => visitor.send({ url: `/staff${at(rest)}` });
const svgOf = (body: string) => /<div class="log">\s*(<svg[^]*?<\/svg>)/.exec(body)![1]!;

describe('the head of the log', () => {
  test('stands on rates, summary, evidence page and poster as a QR code that a stranger can verify', async () => {
    const key = parseVerifierKey(await getLogKey(staff.deps, survey.id, survey.county));
    for (const [visitor, rest] of [
      [official, 'rates'],
      [inspector, 'summary/evidence'],
      [inspector, 'evidence'],
      [operator, 'poster'],
    ] as const) {
      const { statusCode, body } = await page(visitor, rest);
      expect(statusCode, rest).toBe(200);
      const note = readQr(svgOf(body))!;
      const { size, origin } = openCheckpoint(note, key);
      expect(body, rest).toContain(origin);
      expect(note, rest).toBe(good.got.at(-1));
      expect(size).toBeGreaterThan(100);
    }
  });

  test('is in the API’s rates and summary, with who holds which size', async () => {
    const { size } = openCheckpoint(
      good.got.at(-1)!,
      parseVerifierKey(await getLogKey(staff.deps, survey.id, survey.county)),
    );
    for (const rest of ['rates', 'summary', 'evidence']) {
      const { log } = (await inspector.send({ url: `/api/v1${at(rest)}` })).json();
      expect(log, rest).toMatchObject({
        size,
        held: [{ size, witnesses: 1, signed: 1 }],
        witnesses: [
          { name: '省督导室', size, signed: size },
          { name: '断线的', size: null, signed: null },
        ],
      });
    }
    const { queue } = (await inspector.send({ url: `/api/v1${at('evidence')}` })).json();
    expect(queue).toMatchObject([
      { witness: '断线的', waiting: 1, failure: { detail: '没有送到（ENOENT）', attempts: 1 } },
      { witness: '省督导室', waiting: 0, failure: null },
    ]);
    const csv = (await inspector.send({ url: `/api/v1${at('summary?format=csv')}` })).body;
    expect(csv).toContain(`存证日志记录条数`);
    expect(csv.split('\r\n').find((l) => l.includes('已签名的见证方'))).toContain(`,${size},`);
  });

  test('what went wrong is on the evidence page and in the trail, and not for officials', async () => {
    const { body } = await page(operator, 'evidence');
    expect(body).toContain('没有送到（ENOENT）');
    expect((await page(official, 'evidence')).statusCode).toBe(403);
    const admin = await staff.visit('admin');
    const trail = (await admin.send({ url: `/staff/trail?campaign=${survey.id}` })).body;
    expect(trail).toContain('没有送到见证方');
    expect(trail).toContain('送达见证方');
  });
});

test('an inspector reads first whether the tables agree with the log, and how to check it alone', async () => {
  await auditDue(staff.deps);
  const { body } = await page(inspector, 'evidence');
  const order = ['核对一致', '导出核验包', 'verify.html', '测试联系人', '存证日志</h2>'].map((text) =>
    body.indexOf(text),
  );
  expect(order.every((at) => at > 0)).toBe(true);
  expect(order).toEqual(order.toSorted((a, b) => a - b));
  // Who cannot configure the service is not told to.
  expect(body).not.toContain('WITNESSES_FILE');
  const canaries = (await page(inspector, 'canaries')).body;
  expect(canaries).toContain('本县已经掷骰抽样，不能再封存测试联系人。');
});

test('the bundle is downloaded from its page, by an inspector alone', async () => {
  const url = `/staff${at('evidence/bundle')}`;
  const form = (visitor: Visitor) => ({
    method: 'POST' as const,
    url,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload: new URLSearchParams({ _csrf: visitor.token }).toString(),
  });
  expect((await page(inspector, 'evidence')).body).toContain(`action="${url}"`);
  expect((await page(operator, 'evidence')).body).not.toContain(`action="${url}"`);
  const reply = await inspector.send(form(inspector));
  expect(reply.headers['content-disposition']).toContain('.bundle');
  expect(await verify(reply.body.split('\n').slice(0, -1))).toMatchObject({ ok: true });
  expect((await operator.send(form(operator))).statusCode).toBe(403);
});

test('figures go out to the public after release, from the same page, by the commissioner’s side', async () => {
  const url = `/staff${at('publication')}`;
  const form = (visitor: Visitor, format: string) => ({
    method: 'POST' as const,
    url,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload: new URLSearchParams({ _csrf: visitor.token, format }).toString(),
  });
  expect((await operator.send(form(operator, 'html'))).statusCode).toBe(409);
  expect((await page(operator, 'evidence')).body).not.toContain(`action="${url}"`);
  await releaseCampaign(staff.deps, survey.world.actors.operator, survey.id);
  expect((await page(operator, 'evidence')).body).toContain(`action="${url}"`);
  expect((await page(inspector, 'evidence')).body).not.toContain(`action="${url}"`);
  const html = await operator.send(form(operator, 'html'));
  expect(html.headers['content-disposition']).toMatch(/^attachment; filename=[\w-]+\.html$/);
  expect(html.body).toContain('全部数字');
  const json = (await operator.send(form(operator, 'json'))).json();
  const api = await operator.send({ method: 'POST', url: `/api/v1${at('publication')}` });
  expect(api.json()).toEqual({ ...json, publishedAt: api.json().publishedAt });
  expect((await inspector.send(form(inspector, 'json'))).statusCode).toBe(403);
});
