import { afterEach, beforeEach, expect, it } from 'vitest';
import { closeCampaign } from '../../src/operations/campaign/closing.ts';
import { createStaff, type Staff } from '../support/staff.ts';
import { countyA, createWorld, type World } from '../support/world.ts';

let world: World;
let staff: Staff;
beforeEach(async () => {
  world = await createWorld();
  staff = await createStaff(world);
});
afterEach(async () => {
  await staff.close();
  await world.close();
});

it('a report is kept when a later answer has none, is seen by inspectors after close, and by no official ever', async () => {
  const { id } = await world.openedCampaign();
  const [sent] = await world.sentCodes(id, countyA);
  const post = (form: Record<string, string>) =>
    staff.app.inject({
      method: 'POST',
      url: `/s/${sent!.code}`,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      payload: new URLSearchParams(form).toString(),
    });
  const page = await staff.app.inject({ url: `/s/${sent!.code}` });
  const items = [...page.body.matchAll(/type="radio" name="([a-z-]+)" value="satisfied"/g)].map((m) => m[1]!);
  const answers = Object.fromEntries(items.map((item) => [item, 'satisfied']));
  expect((await post({ ...answers, _pressure: 'police' })).statusCode).toBe(422);
  const faulty = await post({ _pressure: 'school', '_pressure-text': '让选满意' });
  expect(faulty.body).toMatch(/<details class="apart"\s+open>/);
  expect(faulty.body).toContain('让选满意');
  expect((await post({ ...answers, _pressure: 'school', '_pressure-text': '让选满意<b>' })).statusCode).toBe(
    303,
  );
  expect((await post({ ...answers, _pressure: 'none' })).statusCode).toBe(303);
  expect((await post(answers)).statusCode).toBe(303);

  const api = `/api/v1/campaigns/${id}/counties/${countyA}/pressure`;
  const view = `/staff/campaigns/${id}/counties/${countyA}/pressure`;
  const inspector = await staff.visit('inspector-a');
  const official = await staff.visit('official-a');
  expect((await inspector.send({ url: api })).statusCode).toBe(409);
  await closeCampaign(staff.deps, world.actors.operator, id);
  const seen = await inspector.send({ url: api });
  expect(seen.json()).toEqual({
    minimumCell: 5,
    respondents: 1,
    sources: { school: 1, officials: 0, other: 0, watched: 0 },
    places: [{ group: null, level: 'county', name: '', respondents: 1 }],
    texts: [{ source: 'school', body: '让选满意<b>' }],
  });
  expect((await inspector.send({ url: view })).body).toContain('让选满意&lt;b&gt;');
  for (const name of ['operator', 'admin'] as const)
    expect((await (await staff.visit(name)).send({ url: api })).statusCode).toBe(200);
  for (const url of [api, view]) expect((await official.send({ url })).statusCode).toBe(403);
  const summary = await official.send({ url: `/api/v1/campaigns/${id}/counties/${countyA}/summary` });
  expect(summary.body).not.toContain('让选满意');
  expect((await official.send({ url: `/staff/campaigns/${id}` })).body).not.toContain('/pressure');
});
