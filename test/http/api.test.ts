import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createStaff, multipart, type Staff, type Visitor } from '../support/staff.ts';
import type { CampaignId } from '../../src/domain/model/ids.ts';
import { agreeToRelease, moveEnd } from '../support/two-people.ts';
import {
  countyA,
  createWorld,
  csv,
  dice,
  readTemplate,
  smallProfile,
  smallSchools,
  type World,
} from '../support/world.ts';

let world: World;
let staff: Staff;
let admin: Visitor;
let inspector: Visitor;
let official: Visitor;
beforeAll(async () => {
  world = await createWorld();
  staff = await createStaff(world);
  admin = await staff.visit('admin');
  inspector = await staff.visit('inspector-a');
  official = await staff.visit('official-a');
}, 30_000);
afterAll(async () => {
  await staff.close();
  await world.close();
});

describe('a campaign through the API', () => {
  it('goes from draft to summary', async () => {
    const input = world.campaignInput();
    const created = await admin.send({
      method: 'POST',
      url: '/api/v1/campaigns',
      payload: {
        ...input,
        closesAt: new Date(input.closesAt).toISOString(),
        storageUntil: new Date(input.storageUntil).toISOString(),
        counties: input.counties.slice(0, 1),
      },
    });
    expect(created.statusCode, created.body).toBe(201);
    const { id } = created.json<{ id: string }>();
    const base = `/api/v1/campaigns/${id}/counties/${countyA}`;

    const header = ['学校代码', '学校名称', '学校类别', '城乡类别', '乡镇', '中心校', '学生数', '教职工数'];
    const schools = await official.send({
      method: 'POST',
      url: `${base}/schools?fileName=schools.csv`,
      payload: Buffer.from(csv(header, smallSchools)),
      headers: { 'content-type': 'text/csv' },
    });
    expect(schools.statusCode, schools.body).toBe(200);
    expect(schools.json()).toEqual({ saved: 6, faults: [], warnings: [] });
    expect((await official.send({ url: `${base}/schools` })).json()).toHaveLength(6);

    const parents = smallSchools.flatMap((s, i) =>
      Array.from({ length: 20 }, (_, j) => [s[1], `1380010${String(1000 + i * 100 + j * 3)}`]),
    );
    const form = multipart(
      { group: 'parent', _csrf: official.token },
      { name: '家长.csv', content: csv(['学校', '家长电话'], [...parents, ['第九小学', '123']]) },
    );
    const staged = await official.sendBare({ method: 'POST', url: `${base}/imports`, ...form });
    expect(staged.statusCode, staged.body).toBe(201);
    const { id: importId, ...found } = staged.json<{
      id: string;
      state: string;
      fileName: string;
      summary: unknown;
    }>();
    expect(found).toMatchObject({ state: 'staged', fileName: '家长.csv', summary: { good: 120, bad: 1 } });
    const faults = await official.send({ url: `${base}/imports/${importId}/faults` });
    expect(faults.headers['content-type']).toContain('text/csv');
    expect(faults.headers['content-disposition']).toContain("filename*=UTF-8''%E5%AE%B6");
    expect(faults.body).toContain('122');
    const refused = await official.send({
      method: 'POST',
      url: `${base}/imports/${importId}/apply`,
      payload: { keepGood: false },
    });
    expect(refused.statusCode).toBe(409);
    const applied = await official.send({
      method: 'POST',
      url: `${base}/imports/${importId}/apply`,
      payload: { keepGood: true },
    });
    expect(applied.json()).toMatchObject({ state: 'applied', added: 120 });
    const coverage = (await official.send({ url: `${base}/coverage` })).json<{ schools: unknown[] }>();
    expect(coverage.schools).toHaveLength(6);

    for (const [group, rows] of [
      [
        'teacher',
        smallSchools.flatMap((s, i) =>
          Array.from({ length: 6 }, (_, j) => [s[1], `1390010${2000 + i * 100 + j * 3}`]),
        ),
      ],
      ['principal', smallSchools.map((s, i) => [s[1], `1370010${3000 + i * 7}`])],
      ['deputy', Array.from({ length: 12 }, (_, i) => ['县人大', `1360010${4000 + i * 7}`])],
    ] as const) {
      const raw = await admin.send({
        method: 'POST',
        url: `${base}/imports?fileName=${group}.csv&group=${group}`,
        payload: Buffer.from(csv(['学校', '电话'], rows as readonly (readonly string[])[])),
        headers: { 'content-type': 'application/octet-stream' },
      });
      expect(raw.statusCode, raw.body).toBe(201);
      const done = await admin.send({
        method: 'POST',
        url: `${base}/imports/${raw.json<{ id: string }>().id}/apply`,
        payload: { keepGood: false },
      });
      expect(done.statusCode, done.body).toBe(200);
    }

    expect((await admin.send({ method: 'POST', url: `${base}/frame` })).json()).toMatchObject({
      frameState: 'frozen',
    });
    const bad = await inspector.send({ method: 'POST', url: `${base}/draw`, payload: { dice: '1 2 3' } });
    expect([bad.statusCode, bad.json().code]).toEqual([422, 'draw.dice']);
    const drawn = await inspector.send({ method: 'POST', url: `${base}/draw`, payload: { dice } });
    expect(drawn.statusCode, drawn.body).toBe(200);
    expect(drawn.json()).toMatchObject({ frameState: 'drawn' });
    const strata = (await official.send({ url: `${base}/strata` })).json<{
      county: { draw: { seed: string } };
    }>();
    expect(strata.county.draw.seed).toMatch(/^[0-9a-f]{64}$/);

    expect((await admin.send({ method: 'POST', url: `/api/v1/campaigns/${id}/open` })).json()).toMatchObject({
      state: 'open',
    });
    expect((await official.send({ url: `${base}/rates` })).json()).toMatchObject({ kind: 'none', rows: [] });
    const links = await admin.send({ method: 'POST', url: `${base}/links`, payload: { groups: ['parent'] } });
    expect(links.statusCode, links.body).toBe(201);
    const messages = await admin.send({
      method: 'POST',
      url: `${base}/exports`,
      payload: { kind: 'invitation', format: 'csv' },
    });
    expect(messages.statusCode).toBe(200);
    // Without a text of one's own: the address stands apart, or a phone takes the words for a part of the link.
    expect(messages.body).toContain('前访问 my.example.cn 输入答题码');
    const own = await admin.send({
      method: 'POST',
      url: `${base}/exports`,
      payload: { kind: 'invitation', format: 'csv', text: '请填 {address} 答题码{code}' },
    });
    expect(own.body).toContain('】请填 my.example.cn 答题码');
    const faulty = await admin.send({
      method: 'POST',
      url: `${base}/exports`,
      payload: { kind: 'invitation', format: 'csv', text: '没有地址' },
    });
    expect([faulty.statusCode, faulty.json().code]).toEqual([422, 'codes.text']);
    const preview = await admin.send({
      method: 'POST',
      url: `${base}/exports/preview`,
      payload: { kind: 'invitation', text: '请填{address} 答题码{code}' },
    });
    expect(preview.json()).toMatchObject({ segments: 1, issues: [{ path: 'template' }] });
    expect(preview.json().units).toBe(preview.json().text.length);
    expect((await inspector.send({ url: `${base}/exports` })).json()).toHaveLength(2);

    expect((await admin.send({ url: `${base}/summary` })).statusCode).toBe(409);
    const early = await admin.send({ method: 'POST', url: `/api/v1/campaigns/${id}/close` });
    expect([early.statusCode, early.json().code]).toEqual([409, 'campaign.close-early']);
    await moveEnd(world, id as CampaignId);
    const closed = await admin.send({ method: 'POST', url: `/api/v1/campaigns/${id}/close` });
    expect(closed.statusCode, closed.body).toBe(200);
    expect(closed.json()).toMatchObject({ state: 'closed' });
    expect((await official.send({ url: `${base}/summary` })).json()).toMatchObject({
      code: 'summary.not-released',
    });
    const summary = await inspector.send({ url: `${base}/summary` });
    expect(summary.statusCode, summary.body).toBe(200);
    expect(summary.json()).toMatchObject({ version: 1, verdict: { kind: 'insufficient' } });
    const table = await inspector.send({ url: `${base}/summary?format=csv` });
    expect(table.headers['content-type']).toContain('text/csv');
    expect(table.body.length).toBeGreaterThan(200);
    const recount = await inspector.send({ method: 'POST', url: `/api/v1/campaigns/${id}/recount` });
    expect(recount.json()).toEqual([expect.objectContaining({ county: countyA, differences: [] })]);
    const alone = await admin.send({ method: 'POST', url: `/api/v1/campaigns/${id}/release` });
    expect([alone.statusCode, alone.json().code]).toEqual([409, 'campaign.release-weak']);
    await agreeToRelease(world, id as CampaignId);
    expect(
      (await admin.send({ method: 'POST', url: `/api/v1/campaigns/${id}/release` })).json(),
    ).toMatchObject({ state: 'released' });
    expect((await official.send({ url: `${base}/summary` })).statusCode).toBe(200);
    const trail = (await inspector.send({ url: `/api/v1/trail?campaign=${id}` })).json<
      { action: string }[]
    >();
    expect(trail.map((e) => e.action)).toContain('codes.export');
  }, 60_000);

  it('names every fault of an input, in the caller’s language', async () => {
    const reply = await admin.send({
      method: 'POST',
      url: '/api/v1/campaigns',
      headers: { 'accept-language': 'en' },
      payload: {
        name: 'x',
        purpose: 'self-check',
        commissioner: 'y',
        commissionerPhone: '0531-88886666',
        closesAt: '2020-01-01T00:00:00Z',
        storageUntil: '2019-01-01T00:00:00Z',
        profile: smallProfile({ official: 'no-such-formula' }),
        questionnaires: [{ document: readTemplate('parent-2012.json'), groups: ['teacher'] }],
        counties: [{ code: '111111' }],
      },
    });
    expect(reply.statusCode).toBe(422);
    expect(reply.headers['content-type']).toContain('application/problem+json');
    const { issues } = reply.json<{ issues: { path: string; detail: string; code: string }[] }>();
    const paths = issues.map((i) => i.path);
    for (const path of ['closesAt', 'storageUntil', 'questionnaires[0].groups', 'counties[0].code'])
      expect(paths).toContain(path);
    expect(issues.every((i) => /^[\x20-\x7e“”’…–—]+$/.test(i.detail))).toBe(true);
    const shape = await admin.send({ method: 'POST', url: '/api/v1/campaigns', payload: { name: 3 } });
    expect(shape.statusCode).toBe(422);
    expect(shape.json().issues.length).toBeGreaterThan(3);
  });

  it('is decided on by a second person', async () => {
    const { id } = await world.addCampaign();
    const operator = await staff.visit('operator');
    const closesAt = new Date(world.now() + 30 * 86_400_000).toISOString();
    const made = await operator.send({
      method: 'POST',
      url: `/api/v1/campaigns/${id}/proposals`,
      payload: { content: { kind: 'dates', closesAt }, reason: '春节放假，推迟截止' },
    });
    if (made.statusCode === 409) return; // a draft's dates are simply edited
    expect(made.statusCode, made.body).toBe(201);
    const url = `/api/v1/campaigns/${id}/proposals/${made.json<{ id: string }>().id}/decision`;
    const own = await operator.send({ method: 'POST', url, payload: { decision: 'confirmed' } });
    expect([own.statusCode, own.json().code]).toEqual([409, 'proposal.same-person']);
    const other = await admin.send({ method: 'POST', url, payload: { decision: 'confirmed' } });
    expect(other.json()).toMatchObject({ decision: 'confirmed', decidedBy: { name: 'admin' } });
  });
});
