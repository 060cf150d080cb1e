/** Second factor, first password, log-ins and tokens, through the pages and the API as people and programs use them. */
import { createHmac } from 'node:crypto';
import type { FastifyInstance, LightMyRequestResponse } from 'fastify';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { roles } from '../../src/domain/model/vocabulary.ts';
import { needsSecondFactor } from '../../src/domain/user/second-factor.ts';
import { buildApp } from '../../src/http/app.ts';
import type { HttpDeps } from '../../src/http/deps.ts';
import { resetPassword } from '../../src/operations/user/users.ts';
import { removeAdministratorsFactor } from '../../src/operations/user/second-factor.ts';
import { cookieOf, createStaff, password, type AccountName, type Staff } from '../support/staff.ts';
import { countyA, createWorld, type World } from '../support/world.ts';

/** RFC 6238 with RFC 4226's truncation, written from the RFCs. */
function timeCode(key: Buffer, ms: number, digits = 6): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(ms / 30_000)));
  const mac = createHmac('sha1', key).update(counter).digest();
  const at = mac[19]! & 15;
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 10 ** digits).padStart(digits, '0');
}
function fromBase32(text: string): Buffer {
  const bits = [...text].map((c) =>
    'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0'),
  );
  return Buffer.from((bits.join('').match(/.{8}/g) ?? []).map((b) => Number.parseInt(b, 2)));
}
test('the codes are those of RFC 6238, appendix B', () => {
  const key = Buffer.from('12345678901234567890');
  expect(timeCode(key, 59_000, 8)).toBe('94287082');
  expect(timeCode(key, 1_111_111_109_000, 8)).toBe('07081804');
  expect(timeCode(key, 20_000_000_000_000, 8)).toBe('65353130');
});

test('asked of whoever exports codes or sees scores', () => {
  expect(roles.filter((role) => !needsSecondFactor(role))).toEqual(['interviewer']);
});

let world: World;
let staff: Staff;
let app: FastifyInstance;
let deps: HttpDeps;
beforeEach(async () => {
  world = await createWorld();
  staff = await createStaff(world);
  const http = { ...staff.deps.http, accounts: { secondFactor: 'required', ownPassword: true } as const };
  deps = { ...staff.deps, http };
  app = await buildApp(deps);
});
afterEach(async () => {
  await app.close();
  await staff.close();
  await world.close();
});

/** A browser: keeps cookies, sends the form's token. */
function browser() {
  const jar = new Map<string, string>();
  const take = (reply: LightMyRequestResponse) => {
    for (const pair of cookieOf(reply).split('; ')) {
      const [name = '', ...value] = pair.split('=');
      if (name !== '') jar.set(name, value.join('='));
    }
    return reply;
  };
  const headers = () => ({
    cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; '),
    'user-agent': 'Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Safari/537.36',
  });
  const get = async (url: string) => take(await app.inject({ url, headers: headers() }));
  return {
    get,
    async post(url: string, fields: Record<string, string | readonly string[]>, from = url) {
      const token = /name="_csrf" value="([^"]+)"/.exec((await get(from)).body)?.[1] ?? '';
      const body = new URLSearchParams({ _csrf: token });
      for (const [name, value] of Object.entries(fields))
        for (const one of [value].flat()) body.append(name, one);
      return take(
        await app.inject({
          method: 'POST',
          url,
          headers: { ...headers(), 'content-type': 'application/x-www-form-urlencoded' },
          payload: body.toString(),
        }),
      );
    },
    logIn(login: string, secret = password) {
      return this.post('/staff/login', { login, password: secret, next: '/staff' });
    },
  };
}
type Browser = ReturnType<typeof browser>;
const to = (reply: LightMyRequestResponse) => [reply.statusCode, reply.headers.location];
const codeNow = (secret: string) => timeCode(fromBase32(secret), world.now());

async function enrol(visitor: Browser): Promise<{ secret: string; recovery: readonly string[] }> {
  const page = await visitor.get('/staff/account/second-factor');
  const secret = /class="hash">([A-Z2-7 ]+)</.exec(page.body)![1]!.replaceAll(' ', '');
  const done = await visitor.post('/staff/account/second-factor', { code: codeNow(secret) });
  expect(done.statusCode).toBe(200);
  return {
    secret,
    recovery: [...done.body.matchAll(/class="hash">([0-9a-z]{5}-[0-9a-z]{5})</g)].map((m) => m[1]!),
  };
}
const actionsOf = async () =>
  (await world.storage.listTrail({ campaign: null, counties: null, before: null, limit: 200 })).map(
    (e) => e.action,
  );

describe('a second factor that is required', () => {
  test('is enrolled before anything else; then a code is asked for at each log-in, and is good once', async () => {
    const first = browser();
    expect(to(await first.logIn('operator'))).toEqual([303, '/staff']);
    expect(to(await first.get('/staff'))).toEqual([303, '/staff/account/second-factor']);
    const page = await first.get('/staff/account/second-factor');
    expect(page.body).toContain('<svg');
    expect(page.body).not.toContain('href="/staff/help"');
    const { secret, recovery } = await enrol(first);
    expect(new Set(recovery).size).toBe(10);
    expect((await first.get('/staff')).statusCode).toBe(200);
    expect(await actionsOf()).toContain('second-factor.enrol');

    const second = browser();
    expect(to(await second.logIn('operator'))).toEqual([303, '/staff/login/code?next=%2Fstaff']);
    expect(to(await second.get('/staff'))).toEqual([303, '/staff/login?next=%2Fstaff']);
    // The code of the enrolment was used.
    const give = (code: string) => second.post('/staff/login/code', { code, next: '/staff' });
    expect((await give(codeNow(secret))).statusCode).toBe(401);
    world.passTime(60_000);
    expect((await give('000 000')).statusCode).toBe(401);
    expect(to(await give(` ${codeNow(secret).replace(/(...)/, '$1 ')}`))).toEqual([303, '/staff']);
    expect((await second.get('/staff')).statusCode).toBe(200);

    // The right password waits ten minutes for its code.
    for (const [waited, isIn] of [
      [10 * 60_000 - 1, true],
      [10 * 60_000, false],
    ] as const) {
      const late = browser();
      await late.logIn('operator');
      world.passTime(waited);
      await late.post('/staff/login/code', { code: codeNow(secret), next: '/staff' }, '/staff/login');
      expect([waited, (await late.get('/staff')).statusCode]).toEqual([waited, isIn ? 200 : 303]);
    }
  });

  test('a recovery code lets in once, however it is typed', async () => {
    const { recovery } = await enrol(await loggedIn('operator'));
    for (const [typed, status] of [
      [recovery[0]!.toUpperCase().replace('-', ' '), 303],
      [recovery[0]!, 401],
      [recovery[1]!, 303],
    ] as const) {
      const visitor = browser();
      await visitor.logIn('operator');
      expect((await visitor.post('/staff/login/code', { code: typed, next: '/staff' })).statusCode).toBe(
        status,
      );
    }
    expect(await world.storage.countRecoveryCodes(staff.users.operator.id)).toBe(8);
  });

  test('wrong codes are slowed down, and the right one after them too', async () => {
    const { secret } = await enrol(await loggedIn('operator'));
    const visitor = browser();
    await visitor.logIn('operator');
    const give = (code: string) => visitor.post('/staff/login/code', { code, next: '/staff' });
    for (let i = 0; i < 6; i++) expect((await give('111111')).statusCode).toBe(401);
    world.passTime(500);
    expect((await give(codeNow(secret))).statusCode).toBe(429);
    expect(await actionsOf()).toContain('second-factor.throttled');
  });

  test('the API asks for the code, and for the enrolment', async () => {
    const logIn = (more: object) =>
      app.inject({
        method: 'POST',
        url: '/api/v1/session',
        payload: { login: 'operator', password, ...more },
      });
    const fresh = await logIn({});
    expect(fresh.statusCode).toBe(201);
    const refused = await app.inject({ url: '/api/v1/campaigns', headers: { cookie: cookieOf(fresh) } });
    expect([refused.statusCode, refused.json().code]).toEqual([401, 'account.step.second-factor']);
    const { secret } = await enrol(await loggedIn('operator'));
    world.passTime(60_000);
    expect((await logIn({})).json().code).toBe('second-factor.needed');
    expect((await logIn({ code: '123456' })).json().code).toBe('second-factor.wrong');
    const passed = await logIn({ code: codeNow(secret) });
    expect(passed.statusCode).toBe(201);
    expect(
      (await app.inject({ url: '/api/v1/campaigns', headers: { cookie: cookieOf(passed) } })).statusCode,
    ).toBe(200);
  });

  test('is taken away by an administrator, or on the machine; its secret is not in the database in clear', async () => {
    const visitor = await loggedIn('operator');
    const { secret } = await enrol(visitor);
    const { sealed } = (await world.storage.findSecondFactor(staff.users.operator.id))!;
    expect(Buffer.from(sealed).includes(secret)).toBe(false);
    const admin = await loggedIn('admin');
    await enrol(admin);
    const page = `/staff/users/${staff.users.operator.id}`;
    expect(to(await admin.post(`${page}/second-factor`, {}, page))).toEqual([303, page]);
    expect(to(await visitor.get('/staff'))).toEqual([303, '/staff/login?next=%2Fstaff']);
    expect(to(await (await loggedIn('operator')).get('/staff'))).toEqual([
      303,
      '/staff/account/second-factor',
    ]);
    await removeAdministratorsFactor(deps, 'admin');
    expect(to(await (await loggedIn('admin')).get('/staff'))).toEqual([303, '/staff/account/second-factor']);
    await expect(removeAdministratorsFactor(deps, 'operator')).rejects.toThrow('user.no-administrator');
    expect((await actionsOf()).filter((a) => a === 'second-factor.remove')).toHaveLength(2);
  });

  test('is not asked of an interviewer', async () => {
    expect((await (await loggedIn('interviewer-a')).get('/staff')).statusCode).toBe(200);
  });
});

async function loggedIn(login: AccountName): Promise<Browser> {
  const visitor = browser();
  expect((await visitor.logIn(login)).statusCode).toBe(303);
  return visitor;
}

test('a password that somebody else chose is replaced first, by another one', async () => {
  const given = 'given by the administrator';
  await resetPassword(deps, world.actors.administrator, staff.users['interviewer-a'].id, given);
  const visitor = browser();
  await visitor.logIn('interviewer-a', given);
  expect(to(await visitor.get('/staff'))).toEqual([303, '/staff/account']);
  const change = (fresh: string) =>
    visitor.post('/staff/account', { presentPassword: given, password: fresh });
  expect((await change(given)).statusCode).toBe(422);
  expect((await change('chosen by myself alone')).statusCode).toBe(303);
  expect((await visitor.get('/staff')).statusCode).toBe(200);
});

test('log-ins are listed with device and network, and can be ended from elsewhere', async () => {
  const [here, there] = [await loggedIn('interviewer-a'), await loggedIn('interviewer-a')];
  const page = (await here.get('/staff/account')).body;
  expect(page).toContain('Chrome · Windows');
  expect(page).toContain('127.0.0.1');
  const [session] = [...page.matchAll(/name="session" value="([^"]+)"/g)].map((m) => m[1]!);
  expect(
    (await here.post('/staff/account/sessions', { session: session! }, '/staff/account')).statusCode,
  ).toBe(303);
  expect(to(await there.get('/staff'))).toEqual([303, '/staff/login?next=%2Fstaff']);
  expect((await here.get('/staff')).statusCode).toBe(200);
  // Nobody else's.
  const other = await loggedIn('interviewer-a');
  const admin = browser();
  await admin.logIn('official-a');
  await enrol(admin);
  const [own] = [...(await other.get('/staff/account')).body.matchAll(/name="session" value="([^"]+)"/g)].map(
    (m) => m[1]!,
  );
  expect(
    (await admin.post('/staff/account/sessions', { session: own! }, '/staff/account')).statusCode,
  ).not.toBe(303);
  expect((await here.get('/staff')).statusCode).toBe(200);
});

describe('tokens of programs', () => {
  async function makeToken(visitor: Browser, scopes: readonly string[], days = '30'): Promise<string> {
    const made = await visitor.post(
      '/staff/account/tokens',
      { name: '数据平台', scopes, days },
      '/staff/account',
    );
    expect(made.statusCode).toBe(200);
    return /manyi_[0-9a-z]{12}_[\w-]{43}/.exec(made.body)![0];
  }
  const api = (token: string, url: string, method: 'GET' | 'POST' | 'PUT' = 'GET', payload?: object) =>
    app.inject({
      method,
      url: `/api/v1${url}`,
      headers: { authorization: `Bearer ${token}` },
      ...(payload && { payload }),
    });
  let visitor: Browser;
  beforeEach(async () => {
    visitor = await loggedIn('admin');
    await enrol(visitor);
  });

  test('reach what their areas and their account allow, and nothing that concerns the account', async () => {
    const { id } = await world.addCampaign();
    const figures = await makeToken(visitor, ['figures']);
    expect((await api(figures, '/campaigns')).statusCode).toBe(200);
    expect((await api(figures, '/users')).statusCode).toBe(403);
    expect((await api(figures, `/campaigns/${id}/counties/${countyA}/rates`)).statusCode).not.toBe(403);
    const rolls = await makeToken(visitor, ['rolls', 'administration']);
    expect((await api(rolls, '/users')).statusCode).toBe(200);
    // No browser, so no form's token.
    const created = await api(rolls, '/users', 'POST', {
      login: 'new-one',
      name: '新',
      role: 'operator',
      password: 'another long secret',
    });
    expect(created.statusCode).toBe(201);
    const trail = await world.storage.listTrail({ campaign: null, counties: null, before: null, limit: 5 });
    expect(trail.find((e) => e.action === 'user.create')?.via).toBe('token');
    expect(
      (await api(rolls, '/session/password', 'PUT', { present: password, password: 'x'.repeat(12) }))
        .statusCode,
    ).toBe(403);
    // Pages are for people.
    const page = await app.inject({ url: '/staff', headers: { authorization: `Bearer ${rolls}` } });
    expect(page.statusCode).toBe(303);
  });

  test('outlive a new password, which an administrator sees on the account’s page, and revokes', async () => {
    const owner = await loggedIn('operator');
    await enrol(owner);
    const token = await makeToken(owner, ['figures']);
    const page = `/staff/users/${staff.users.operator.id}`;
    const reset = await visitor.post(`${page}/password`, { password: 'eine ganz neue, lange' }, page);
    expect(reset.statusCode).toBe(303);
    expect((await api(token, '/campaigns')).statusCode).toBe(200);
    const { body } = await visitor.get(page);
    expect(body).toContain('重设密码、取消二次验证不会使令牌失效');
    expect(body).toContain('数据平台');
    expect(body).not.toContain(token.split('_')[2]);
    const id = token.split('_')[1]!;
    const revoke = (user: string) => visitor.post(`/staff/users/${user}/tokens/revoke`, { token: id }, page);
    expect((await revoke(staff.users.admin.id)).statusCode).toBe(404);
    expect((await revoke(staff.users.operator.id)).statusCode).toBe(303);
    expect((await api(token, '/campaigns')).statusCode).toBe(401);
    expect((await visitor.get(page)).body).not.toContain('数据平台');
    const trail = await world.storage.listTrail({ campaign: null, counties: null, before: null, limit: 5 });
    expect(trail[0]).toMatchObject({ action: 'token.revoke', actor: 'admin' });
  });

  test('wrong ones are limited by network, the right one is not', async () => {
    const token = await makeToken(visitor, ['figures']);
    const ask = async (secret: string) =>
      (
        await app.inject({
          ...{ url: '/api/v1/campaigns', remoteAddress: '10.9.8.7' },
          headers: { authorization: `Bearer ${secret}` },
        })
      ).statusCode;
    for (let i = 0; i < 60; i++) expect(await ask(`${token.slice(0, -4)}${1000 + i}`)).toBe(401);
    expect(await ask('x')).toBe(429);
    expect(await ask(token)).toBe(200);
  });

  test('end when they expire, are revoked, or their account is disabled; a wrong one is nobody', async () => {
    const [short, long] = [await makeToken(visitor, ['figures'], '1'), await makeToken(visitor, ['figures'])];
    expect((await api(short, '/campaigns')).statusCode).toBe(200);
    for (const wrong of [
      `${short.slice(0, -1)}${short.endsWith('A') ? 'B' : 'A'}`,
      'x',
      `manyi_${'0'.repeat(12)}_${'A'.repeat(43)}`,
    ])
      expect((await api(wrong, '/campaigns')).json().code, wrong).toBe('token.refused');
    world.passTime(86_400_000);
    expect((await api(short, '/campaigns')).statusCode).toBe(401);
    expect((await api(long, '/campaigns')).statusCode).toBe(200);
    visitor = browser();
    await world.storage.setSecondFactor(
      { at: world.now(), actor: world.actors.administrator },
      staff.users.admin.id,
      null,
    );
    await visitor.logIn('admin');
    await enrol(visitor);
    const listed = (await visitor.get('/staff/account')).body;
    expect(listed).not.toContain(long);
    const id = long.split('_')[1]!;
    expect(
      (await visitor.post('/staff/account/tokens/revoke', { token: id }, '/staff/account')).statusCode,
    ).toBe(303);
    expect((await api(long, '/campaigns')).statusCode).toBe(401);
    const again = await makeToken(visitor, ['figures']);
    await world.storage
      .updateUser({ at: world.now(), actor: world.actors.administrator }, staff.users.admin.id, {
        role: 'operator',
        disabled: false,
      })
      .catch(() => undefined);
    expect((await api(again, '/campaigns')).statusCode).toBe(200);
  });

  test('only the hash of one is stored, and it is not made without a purpose, an area and an end', async () => {
    const made = await makeToken(visitor, ['figures']);
    const stored = (await world.storage.findToken(made.split('_')[1]!))!;
    expect(Buffer.from(stored.hash).toString('base64url')).not.toBe(made.split('_')[2]);
    for (const fields of [
      { name: '', scopes: ['figures'], days: '3' },
      { name: 'x', scopes: [], days: '3' },
      { name: 'x', scopes: ['nothing'], days: '3' },
      { name: 'x', scopes: ['figures'], days: '0' },
      { name: 'x', scopes: ['figures'], days: '367' },
    ])
      expect((await visitor.post('/staff/account/tokens', fields, '/staff/account')).statusCode).toBe(422);
  });
});
