/** The administrator's home page after a jump of the clock. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createStaff, type Staff } from '../support/staff.ts';
import { createWorld, type World } from '../support/world.ts';

const day = 86_400_000;
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

it('says what has stopped, and goes on only with today’s date', async () => {
  const system = { userId: null, name: 'system', role: 'system', counties: [], via: 'system' } as const;
  await world.storage.observeTime({ at: world.now(), actor: system }, null);
  await world.storage.observeTime({ at: world.now() + 400 * day, actor: system }, 60_000);
  world.passTime(400 * day);
  const admin = await staff.visit('admin');
  const operator = await staff.visit('operator');
  const home = async (visitor: typeof admin) =>
    (await visitor.sendBare({ method: 'GET', url: '/staff' })).body;
  expect(await home(admin)).toContain('action="/staff/clock"');
  expect(await home(operator)).not.toContain('action="/staff/clock"');
  const confirm = (visitor: typeof admin, date: string) =>
    visitor.sendBare({
      method: 'POST',
      url: '/staff/clock',
      payload: new URLSearchParams({ date, _csrf: visitor.token }).toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
  const wrong = await confirm(admin, '2026-05-12');
  expect(wrong.statusCode).toBe(422);
  expect(wrong.body).toContain('aria-invalid="true"');
  expect((await confirm(operator, '2027-06-16')).statusCode).toBe(403);
  expect((await world.storage.readTime()).jump).not.toBeNull();
  const right = await confirm(admin, '2027-06-16');
  expect([right.statusCode, right.headers.location]).toEqual([303, '/staff']);
  expect((await world.storage.readTime()).jump).toBeNull();
  expect(await home(admin)).not.toContain('action="/staff/clock"');
});
