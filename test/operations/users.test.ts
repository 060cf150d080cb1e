import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AppError } from '../../src/domain/errors.ts';
import {
  authenticate,
  checkPassword,
  createFirstAdministrator,
  createUser,
  listUsers,
  normaliseLogin,
  updateUser,
} from '../../src/operations/user/users.ts';
import { listTrail } from '../../src/operations/trail.ts';
import { countyA, countyB, createWorld, type World } from '../support/world.ts';

let world: World;
beforeEach(async () => {
  world = await createWorld();
});
afterEach(async () => {
  await world.close();
});

const secret = 'vier Wörter und mehr';
const codes = (error: unknown) =>
  error instanceof AppError ? error.issues.map((i) => i.message) : [String(error)];

describe('passwords', () => {
  it.each([
    ['kurz', 'user.password-short'],
    ['zhang.wei', 'user.password-short'],
    ['zhang.weili', 'user.password-login'],
    ['ZHANG.WEILI2026', 'user.password-login'],
    ['1234567890', 'user.password-common'],
    ['Password123', 'user.password-common'],
    ['aaaaaaaaaaaa', 'user.password-common'],
    ['x'.repeat(257), 'user.password-long'],
  ])('%s is refused: %s', (password, message) => {
    expect(checkPassword('zhang.weili', password)[0]?.message).toBe(message);
  });
  it('a sentence is good', () => expect(checkPassword('zhang.weili', '今天的风很大我没有带伞')).toEqual([]));
});

describe('the first administrator', () => {
  it('is made once, is in the trail, and logs in by any spelling of the login', async () => {
    const input = { login: ' Ａdmin ', name: '管理员', password: secret };
    const user = await createFirstAdministrator(world.deps, input);
    expect(user).toMatchObject({ login: 'admin', role: 'administrator', counties: [] });
    expect(user).not.toHaveProperty('passwordHash');
    expect((await world.storage.findUserByLogin('admin'))?.passwordHash).toMatch(/^\$argon2id\$v=19\$/);
    await expect(createFirstAdministrator(world.deps, { ...input, login: 'two' })).rejects.toThrow(
      'user.administrator-exists',
    );
    expect((await authenticate(world.deps, 'ADMIN', secret)).id).toBe(user.id);
    await expect(authenticate(world.deps, 'admin', 'falsch')).rejects.toThrow('login.failed');
    await expect(authenticate(world.deps, 'niemand', secret)).rejects.toThrow('login.failed');
    const trail = await listTrail(world.deps, world.actors.administrator);
    expect(trail.find((e) => e.action === 'user.create')).toMatchObject({
      via: 'cli',
      details: { login: 'admin' },
    });
    expect(JSON.stringify(trail)).not.toContain('argon2');
  });
});

describe('accounts', () => {
  const input = {
    login: 'wang',
    name: '王',
    role: 'official',
    counties: [countyA],
    password: secret,
  } as const;

  it('are bound exactly where their role is', async () => {
    const { administrator } = world.actors;
    const tryTo = (patch: object) =>
      createUser(world.deps, administrator, { ...input, ...patch }).then(() => [], codes);
    expect(await tryTo({ counties: [] })).toEqual(['user.counties-needed']);
    expect(await tryTo({ role: 'operator' })).toEqual(['user.counties-not-allowed']);
    expect(await tryTo({ counties: ['12'], login: '!', name: ' ' })).toEqual([
      'user.login-shape',
      'user.name-shape',
      'user.county-code',
    ]);
    expect(await listUsers(world.deps, administrator)).toEqual([]);
    await createUser(world.deps, administrator, input);
    await expect(createUser(world.deps, administrator, { ...input, login: 'WANG' })).rejects.toThrow(
      'user.login-taken',
    );
    for (const actor of [world.actors.operator, world.actors.official, world.actors.inspector])
      await expect(createUser(world.deps, actor, input)).rejects.toThrow('forbidden');
  });

  it('never lose their last administrator', async () => {
    const { administrator } = world.actors;
    const one = await createFirstAdministrator(world.deps, { login: 'one', name: '一', password: secret });
    for (const change of [{ disabled: true }, { role: 'operator' as const }])
      await expect(updateUser(world.deps, administrator, one.id, change)).rejects.toThrow(
        'user.last-administrator',
      );
    await createUser(world.deps, administrator, {
      ...input,
      login: 'two',
      role: 'administrator',
      counties: [],
    });
    expect(await updateUser(world.deps, administrator, one.id, { disabled: true })).toMatchObject({
      disabled: true,
    });
    await expect(authenticate(world.deps, 'one', secret)).rejects.toThrow('login.failed');
  });

  it('logins have one spelling', () => {
    expect(normaliseLogin('  Ｚｈａｎｇ.Wei ')).toBe('zhang.wei');
  });
});

describe('the trail', () => {
  it('shows a bound account its own counties only', async () => {
    const { id } = await world.addCampaign();
    await world.addSchools(id, countyA);
    await world.addSchools(id, countyB);
    const seen = await listTrail(world.deps, world.actors.inspectorOfB);
    expect(new Set(seen.map((e) => e.county))).toEqual(new Set([countyB]));
    await expect(listTrail(world.deps, world.actors.official)).rejects.toThrow('forbidden');
    expect((await listTrail(world.deps, world.actors.administrator)).length).toBeGreaterThan(seen.length);
  });
});
