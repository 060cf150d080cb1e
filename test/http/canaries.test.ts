import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseCanaryFile } from '../../src/domain/evidence/canaries.ts';
import type { CampaignId } from '../../src/domain/model/ids.ts';
import { openCampaign } from '../../src/operations/campaign/campaigns.ts';
import { closeCampaign } from '../../src/operations/campaign/closing.ts';
import { drawSample } from '../../src/operations/draw/draw.ts';
import { freezeFrame } from '../../src/operations/frame/frame.ts';
import { createStaff, type Staff, type Visitor } from '../support/staff.ts';
import { countyA, countyB, createWorld, dice, type World } from '../support/world.ts';

let world: World;
let staff: Staff;
let inspector: Visitor;
let id: CampaignId;
beforeAll(async () => {
  world = await createWorld();
  staff = await createStaff(world);
  inspector = await staff.visit('inspector-a');
  ({ id } = await world.addCampaign());
  for (const county of [countyA, countyB]) {
    await world.fillCounty(id, county);
    await freezeFrame(staff.deps, world.actors.operator, id, county);
  }
});
afterAll(async () => {
  await staff.close();
  await world.close();
});
const page = (county = countyA) => `/staff/campaigns/${id}/counties/${county}/canaries`;
const post = (visitor: Visitor, url: string, fields: Record<string, string>) =>
  visitor.send({
    method: 'POST',
    url,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload: new URLSearchParams({ _csrf: visitor.token, ...fields }).toString(),
  });
const unescape = (text: string) => text.replaceAll('&quot;', '"');

test('an inspector seals test contacts with a form, keeps a text, and opens it after close', async () => {
  expect((await inspector.send({ url: page() })).body).toContain('name="phone-5"');
  const row = {
    'label-0': 'A',
    'phone-0': '13900000001',
    'group-0': 'parent',
    'school-0': 'S1',
    'plan-0': '2',
  };
  const faulty = await post(inspector, page(), { ...row, 'phone-0': '12', 'label-0': '甲一' });
  expect(faulty.statusCode).toBe(422);
  expect(faulty.body).toContain('value="甲一"');
  expect(faulty.body).toContain('aria-invalid="true"');

  const kept = await post(inspector, page(), {
    ...row,
    'label-2': 'B',
    'phone-2': '13900000002',
    'group-2': 'teacher',
  });
  // The second row is empty: said where it is.
  expect(kept.statusCode).toBe(422);
  const done = await post(inspector, page(), {
    ...row,
    'label-1': 'B',
    'phone-1': '13900000002',
    'group-1': 'teacher',
  });
  expect(done.statusCode).toBe(200);
  expect(done.headers['cache-control']).toBe('no-store');
  const text = unescape(/<textarea id="f-file" readonly[^>]*>([^<]*)</.exec(done.body)![1]!);
  // The same as a file, without script.
  const saved = /download="[\w-]+-canaries\.json"\s+href="data:application\/json;base64,([^"]+)"/.exec(
    done.body,
  )!;
  expect(Buffer.from(saved[1]!, 'base64').toString()).toBe(text);
  expect(parseCanaryFile(text).canaries.map((c) => [c.label, c.group, c.answers === null])).toEqual([
    ['A', 'parent', false],
    ['B', 'teacher', true],
  ]);
  const later = await inspector.send({ url: page() });
  expect(later.body).not.toContain(parseCanaryFile(text).nonce);
  expect(later.body).not.toContain('name="phone-0"');
  expect((await post(inspector, page(), row)).statusCode).toBe(409);

  for (const county of [countyA, countyB])
    await drawSample(staff.deps, world.actors.inspector, id, county, dice);
  await openCampaign(staff.deps, world.actors.operator, id);
  expect((await post(inspector, `${page()}/opened`, { file: text })).statusCode).toBe(409);
  world.passTime(86_400_000);
  await closeCampaign(staff.deps, world.actors.operator, id);
  inspector = await staff.visit('inspector-a');
  expect((await post(inspector, `${page()}/opened`, { file: 'x' })).statusCode).toBe(422);
  const opened = await post(inspector, `${page()}/opened`, { file: text });
  expect(opened.statusCode).toBe(200);
  expect(opened.body).toContain('应有的答卷不在');
  expect(opened.body).toContain('一致');

  const api = `/api/v1/campaigns/${id}/counties/${countyA}/canaries`;
  const results = await inspector.send({ method: 'POST', url: `${api}/opened`, payload: JSON.parse(text) });
  expect(results.json()).toEqual([
    { label: 'A', group: 'parent', fault: 'missing' },
    { label: 'B', group: 'teacher', fault: null },
  ]);
  expect((await inspector.send({ url: api })).json()).toMatchObject({ sealed: { count: 2 }, mayOpen: true });
});

test('nobody else has to do with them', async () => {
  for (const name of ['admin', 'operator', 'official-a', 'interviewer-a']) {
    const visitor = await staff.visit(name);
    expect((await visitor.send({ url: page() })).statusCode, name).toBe(403);
    expect((await visitor.send({ url: `/staff/campaigns/${id}` })).body, name).not.toContain('测试联系人');
  }
  expect((await inspector.send({ url: page(countyB) })).statusCode).toBe(403);
});
