/** Accounts and sessions where they are kept: what two changes at once may do, and what is left of a session that was ended. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { UserId } from '../../src/domain/model/ids.ts';
import type { Role } from '../../src/domain/model/vocabulary.ts';
import type { User } from '../../src/domain/model/user.ts';
import { rowsOf } from '../support/tables.ts';
import { createWorld, type World } from '../support/world.ts';

let world: World;
// On threads of its own, as in service.
beforeEach(async () => {
  world = await createWorld({ threads: true });
});
afterEach(async () => {
  await world.close();
});

const stampOf = () => ({ at: world.deps.now(), actor: world.actors.administrator });
async function add(login: string, role: Role = 'administrator'): Promise<User> {
  const user: User = {
    id: `${login}${'0'.repeat(12 - login.length)}` as UserId,
    login,
    name: login,
    role,
    counties: [],
    passwordHash: 'x',
    disabled: false,
    sessionEpoch: 0,
    mustChangePassword: false,
    secondFactorAt: null,
    createdAt: 0,
  };
  await world.storage.createUser(stampOf(), user);
  return user;
}
const outcome = (promise: Promise<unknown>) =>
  promise.then(
    () => 'done',
    (error: Error) => error.message,
  );

describe('the last administrator', () => {
  it.each([
    ['disabled', { disabled: true }, { disabled: true }],
    ['demoted', { role: 'operator' }, { role: 'operator' }],
    ['disabled and demoted', { disabled: true }, { role: 'operator' }],
  ] as const)('is not %s by two who do it to each other at once', async (_what, one, other) => {
    const [a, b] = [await add('a'), await add('b')];
    const outcomes = await Promise.all([
      outcome(world.storage.updateUser(stampOf(), a.id, one)),
      outcome(world.storage.updateUser(stampOf(), b.id, other)),
    ]);
    expect(outcomes.toSorted()).toEqual(['done', 'user.last-administrator']);
    const left = (await world.storage.listUsers()).filter((u) => u.role === 'administrator' && !u.disabled);
    expect(left).toHaveLength(1);
    // The refused change left no entry in the trail.
    const page = await world.storage.listTrail({ campaign: null, counties: null, before: null, limit: 20 });
    expect(page.filter((e) => e.action === 'user.update')).toHaveLength(1);
  });

  it('is not one of three who all go at once', async () => {
    const all = [await add('a'), await add('b'), await add('c')];
    const outcomes = await Promise.all(
      all.map(({ id }) => outcome(world.storage.updateUser(stampOf(), id, { disabled: true }))),
    );
    expect(outcomes.toSorted()).toEqual(['done', 'done', 'user.last-administrator']);
  });

  it('may still change the own name and password', async () => {
    const a = await add('a');
    expect(await world.storage.updateUser(stampOf(), a.id, { name: '甲', passwordHash: 'y' })).toEqual({
      ...a,
      name: '甲',
      passwordHash: 'y',
      sessionEpoch: 1,
    });
  });
});

describe('a change of an account', () => {
  it('does not undo another one made at once', async () => {
    await add('a');
    const b = await add('b', 'operator');
    await Promise.all([
      world.storage.updateUser(stampOf(), b.id, { disabled: true }),
      world.storage.updateUser(stampOf(), b.id, { name: '乙' }),
    ]);
    expect(await world.storage.findUser(b.id)).toMatchObject({ name: '乙', disabled: true, sessionEpoch: 2 });
  });

  it('that leaves a bound role without counties is refused where it is made', async () => {
    await add('a');
    const b = await add('b', 'operator');
    expect(await outcome(world.storage.updateUser(stampOf(), b.id, { role: 'official' }))).toBe(
      'user.invalid',
    );
  });
});

describe('an ended session', () => {
  const rows = () => rowsOf(world, 'SELECT * FROM ended_sessions ORDER BY id');

  it('is ended at once and twice, alone, and forgotten when its cookie has expired', async () => {
    const { storage } = world;
    expect(await storage.isSessionEnded('one')).toBe(false);
    await Promise.all([storage.endSession('one', 1000), storage.endSession('one', 1000)]);
    await storage.endSession('two', 2000);
    expect(await storage.isSessionEnded('one')).toBe(true);
    expect(await storage.isSessionEnded('three')).toBe(false);
    await storage.forgetEndedSessions(999);
    expect(await rows()).toHaveLength(2);
    await storage.forgetEndedSessions(1000);
    expect(await rows()).toEqual([{ id: 'two', expires_at: 2000 }]);
  });

  it('is not forgotten by a clock that jumps', async () => {
    const { storage } = world;
    const at = world.deps.now();
    await storage.observeTime(stampOf(), null);
    await storage.endSession('one', at + 1000);
    const jumped = at + 400 * 86_400_000;
    await storage.observeTime({ ...stampOf(), at: jumped }, 60_000);
    await storage.forgetEndedSessions(jumped);
    expect(await storage.isSessionEnded('one')).toBe(true);
  });
});
