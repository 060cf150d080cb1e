/** Nothing irreversible by surprise: each such step asks first, some ask two people, and a page whose time is over shows what is, never a form that can only fail. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CampaignId } from '../../src/domain/model/ids.ts';
import { createStaff, type Staff, type Visitor } from '../support/staff.ts';
import { readDrawPercent } from '../../src/operations/draw/draw.ts';
import { freezeFrame } from '../../src/operations/frame/frame.ts';
import { countyA, createWorld, dice, type World } from '../support/world.ts';

let world: World;
let staff: Staff;
let operator: Visitor;
let admin: Visitor;
let id: CampaignId;
let url: string;
let whileStoring = async (): Promise<void> => undefined;
beforeAll(async () => {
  world = await createWorld();
  // What happens while codes are stored can be looked at.
  const storage = new Proxy(world.storage, {
    get: (target, name) =>
      name !== 'saveDrawn'
        ? Reflect.get(target, name)
        : async (...given: Parameters<typeof target.saveDrawn>) => {
            await whileStoring();
            return target.saveDrawn(...given);
          },
  });
  staff = await createStaff(world, { storage });
  operator = await staff.visit('operator');
  admin = await staff.visit('admin');
  ({ id } = await world.openedCampaign());
  url = `/staff/campaigns/${id}`;
}, 60_000);
afterAll(async () => {
  await staff.close();
  await world.close();
});

const post = (visitor: Visitor, to: string, fields: Readonly<Record<string, string>>) =>
  // The token apart from the form: the same form of one page would be a double click.
  visitor.send({
    method: 'POST',
    url: url + to,
    payload: new URLSearchParams(fields).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  });
const get = (visitor: Visitor, to: string) => visitor.send({ url: url + to });
const stateOf = async () => (await world.campaign(id)).state;

describe('a draw', () => {
  it('shows how far it is, in place of a form that could only fail', async () => {
    const drawn = (await world.addCampaign()).id;
    await world.fillCounty(drawn, countyA);
    await freezeFrame(world.deps, world.actors.operator, drawn, countyA);
    const draw = `/staff/campaigns/${drawn}/counties/${countyA}/draw`;
    const inspector = await staff.visit('inspector-a');
    const pages: string[] = [];
    const events: string[] = [];
    whileStoring = async () => {
      pages.push((await inspector.send({ url: draw })).body);
      // The stream stays open while the draw goes on: its first event is enough.
      const percent = await readDrawPercent(staff.deps, drawn, countyA);
      events.push(String(percent === null ? null : Math.round(percent)));
    };
    const reply = await inspector.sendBare({
      method: 'POST',
      url: draw,
      payload: new URLSearchParams({ dice, confirmed: 'yes', _csrf: inspector.token }).toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    whileStoring = async () => undefined;
    expect([reply.statusCode, reply.headers.location], reply.body).toEqual([303, draw]);
    expect(events[0]).toBe('75');
    expect(pages[0]).toContain('<span class="task-percent">75%</span>');
    expect(pages[0]).toContain(`data-live="${draw}/live"`);
    expect(pages[0]).not.toContain('name="dice"');
    expect(pages[0]).not.toContain('/draw/resume');
    const after = (await inspector.send({ url: draw })).body;
    expect(after).toContain('家长 · 城区 · 1 年级');
    expect(after).not.toContain('task-percent');
    const live = await inspector.send({ url: `${draw}/live` });
    expect(live.body).toContain('"percent":100');
    expect(live.body).toContain('"done":true');
  });
});

describe('closing before the time', () => {
  it('states the numbers and asks for a reason and a box', async () => {
    expect((await get(operator, '/open')).headers.location).toBe(url);
    const page = await get(operator, '/close');
    for (const text of ['须两人同意', '不能再作答或改答', '2 个县，已发放', '还有 14 天'])
      expect(page.body).toContain(text);
    const unsure = await post(operator, '/close', { reason: '汛期停课' });
    expect([unsure.statusCode, unsure.body.includes('href="#f-confirmed"')]).toEqual([422, true]);
    expect(unsure.body).toContain('value="汛期停课"');
    const short = await post(operator, '/close', { confirmed: 'yes', reason: '汛' });
    expect([short.statusCode, short.body.includes('href="#f-reason"')]).toEqual([422, true]);
  });

  it('is done by a second person, not by the one who asked', async () => {
    await post(operator, '/close', { confirmed: 'yes', reason: '汛期停课五天' });
    expect(await stateOf()).toBe('open');
    const own = await get(operator, '/close');
    expect(own.body).toContain('您自己不能同意');
    expect(own.body).not.toContain('同意提前结束</button>');
    expect((await post(operator, '/close', { confirmed: 'yes' })).statusCode).toBe(409);
    expect(await stateOf()).toBe('open');
    const other = await get(admin, '/close');
    expect(other.body).toContain('汛期停课五天');
    expect((await post(admin, '/close', { confirmed: 'yes' })).headers.location).toBe(url);
    expect(await stateOf()).toBe('closed');
    expect((await get(admin, '/close')).headers.location).toBe(url);
  });
});

describe('releasing a result without data', () => {
  it('needs two people, and says of which county', async () => {
    const page = await get(operator, '/release');
    expect(page.body).toContain('松岭县：数据不足或没有达到下限，不作判定');
    expect(page.body).toContain('须两人同意');
    // How many came back against the floor, and what is missing, county by county.
    expect(page.body).toMatch(/松岭县<\/a>[^]*?0\.0%[^]*?70%[^]*?数据不足/);
    await post(operator, '/release', { confirmed: 'yes', reason: '如实公布数据不足' });
    expect(await stateOf()).toBe('closed');
    await post(admin, '/release', { decision: 'rejected' });
    expect(await stateOf()).toBe('closed');
    await post(operator, '/release', { confirmed: 'yes', reason: '如实公布数据不足' });
    const agreed = await post(admin, '/release', { confirmed: 'yes' });
    expect(agreed.statusCode, agreed.body).toBe(303);
    expect(await stateOf()).toBe('released');
    expect((await get(operator, '/release')).headers.location).toBe(url);
    // Nothing is offered any more that could only be refused.
    for (const step of ['setup/rules', 'setup/counties', 'delete'])
      expect((await get(operator, `/${step}`)).headers.location, step).toBe(url);
    for (const page of ['messages', 'paper', 'links']) {
      const { body } = await get(operator, `/counties/${countyA}/${page}`);
      expect(body, page).toContain('调查已经结束');
      expect(body, page).not.toMatch(/<form[^>]*class="narrow"/);
    }
    const proposals = (await get(operator, '/proposals')).body;
    for (const kind of ['dates', 'ineligible'])
      expect(proposals).not.toContain(`name="kind" value="${kind}"`);
    const all = await world.storage.listProposals(id);
    expect(all.map((p) => [p.content.kind, p.decision])).toEqual(
      expect.arrayContaining([
        ['close', 'confirmed'],
        ['release', 'rejected'],
        ['release', 'confirmed'],
      ]),
    );
  });
});
