/** Somebody who asks again and again while people answer: nothing that the public or an account bound to a county is shown changes with one answer. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CampaignId } from '../../src/domain/model/ids.ts';
import { answer } from '../support/evidence.ts';
import { createStaff, isBound, type AccountName, type Staff, type Visitor } from '../support/staff.ts';
import { countyA, openedWorld, type World } from '../support/world.ts';

let world: World;
let staff: Staff;
let id: CampaignId;
beforeAll(async () => {
  const opened = await openedWorld();
  world = opened.world;
  id = opened.campaign.id;
  staff = await createStaff(world);
}, 60_000);
afterAll(async () => {
  await staff.close();
  await world.close();
});

const names: readonly AccountName[] = ['official-a', 'inspector-a', 'interviewer-a'];
/** What differs from one page to the next of itself: tokens, promised ids, times, and the number of entries of the trail, since each audit makes some. */
const same = (body: string) =>
  body
    .replace(/name="_csrf" value="[^"]*"/g, '')
    .replace(/name="id" value="[^"]*"/g, '')
    .replace(/"(?:at|now|entries)":\d+/g, '');

/** Every page and call that needs no more than the campaign and the county, by address. Workbooks hold the time at which they were made. */
async function everything(visitor: Visitor | undefined): Promise<ReadonlyMap<string, string>> {
  const seen = new Map<string, string>();
  for (const { method, url: pattern, who } of staff.app.declaredRoutes) {
    const isAsked = method === 'GET' || /\/(?:audit|recount)$/.test(pattern);
    const isOpen = who === 'public';
    if (!isAsked || isOpen !== (visitor === undefined)) continue;
    if (/logout|session|second-factor|account|trail|\/live|\.xlsx$/.test(pattern)) continue;
    const url = pattern.replace(':campaign', id).replace(':county', countyA);
    if (url.includes(':')) continue;
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    const body = url.startsWith('/api/') ? { payload: {} } : { payload: '', headers: form };
    const options = method === 'GET' ? { url } : ({ method: 'POST', url, ...body } as const);
    const reply = visitor === undefined ? await staff.app.inject(options) : await visitor.send(options);
    seen.set(`${method} ${url}`, `${reply.statusCode} ${same(reply.body)}`);
  }
  return seen;
}

test('nothing tells that somebody answered meanwhile', async () => {
  expect(names.every(isBound)).toBe(true);
  const [code] = await world.sentCodes(id, countyA);
  const visitors = new Map<AccountName, Visitor>();
  for (const name of [...names, 'admin'] as const) visitors.set(name, await staff.visit(name));
  const before = new Map<AccountName | null, ReadonlyMap<string, string>>([
    [null, await everything(undefined)],
  ]);
  for (const [name, visitor] of visitors) before.set(name, await everything(visitor));
  const trail = async () =>
    (await world.storage.listTrail({ campaign: null, counties: null, before: null, limit: 500 }))
      .filter(({ action }) => action !== 'evidence.audit')
      .map(({ no: _, ...entry }) => entry);
  const written = await trail();
  await answer(world.deps, id, countyA, code!.code.replace(/\s/g, ''), 0);
  for (const name of [null, ...names]) {
    const after = await everything(name === null ? undefined : visitors.get(name)!);
    expect(after.size).toBeGreaterThan(name === null ? 10 : 30);
    const changed = [...after]
      .filter(([url, body]) => before.get(name)!.get(url) !== body)
      .map(([url]) => url);
    expect(changed, name ?? 'the public').toEqual([]);
  }
  expect(await trail()).toEqual(written);
  // So that this test can fail: the machine's owner sees it.
  const recount = `POST /api/v1/campaigns/${id}/recount`;
  expect((await everything(visitors.get('admin'))).get(recount)).not.toBe(before.get('admin')!.get(recount));
});
