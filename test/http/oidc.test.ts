/** Log-in through an identity provider: the npm package oidc-provider, on this machine, as its users meet it. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { FastifyInstance, LightMyRequestResponse } from 'fastify';
import Provider from 'oidc-provider';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildApp } from '../../src/http/app.ts';
import type { HttpDeps } from '../../src/http/deps.ts';
import { createUser, updateUser } from '../../src/operations/user/users.ts';
import { unbindProvider } from '../../src/operations/user/oidc.ts';
import { cookieOf, createStaff, password, type Staff } from '../support/staff.ts';
import { createWorld, type World } from '../support/world.ts';

let world: World;
let staff: Staff;
let app: FastifyInstance;
let server: Server;
let providerOf: HttpDeps['http']['oidc'];
/** Codes that the provider was asked about. */
let asked = 0;
/** Names at the provider, by `sub`: who a name belongs to can change there. */
const names = new Map([['sub-1', 'operator']]);
beforeAll(async () => {
  world = await createWorld();
  staff = await createStaff(world);
  server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: 'manyi',
        client_secret: 'a secret of forty characters, at the least',
        redirect_uris: [`${staff.deps.publicUrl}/staff/login/oidc/back`],
      },
    ],
    claims: { openid: ['sub'], profile: ['preferred_username'] },
    conformIdTokenClaims: false,
    ttl: { Interaction: 600, Session: 600, Grant: 600, AccessToken: 600, IdToken: 600 },
    cookies: { keys: ['a key of this test'] },
    findAccount: (_, id) => ({
      accountId: id,
      claims: async () => ({ sub: id, preferred_username: names.get(id) }),
    }),
  });
  server.on('request', provider.callback());
  server.on('request', ({ url }) => (asked += url === '/token' ? 1 : 0));
  const oidc = {
    issuer,
    clientId: 'manyi',
    clientSecret: 'a secret of forty characters, at the least',
    scope: 'openid profile',
    claim: 'preferred_username',
    name: '省教育厅统一认证',
  };
  providerOf = oidc;
  app = await buildApp({
    ...staff.deps,
    http: { ...staff.deps.http, oidc, accounts: { secondFactor: 'optional', ownPassword: true } },
  });
}, 60_000);
afterAll(async () => {
  await app.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await staff.close();
  await world.close();
});

/** A browser: our pages by injection, the provider's over HTTP. */
function browser() {
  const ours = new Map<string, string>();
  const theirs = new Map<string, string>();
  const header = (jar: ReadonlyMap<string, string>) => [...jar].map(([k, v]) => `${k}=${v}`).join('; ');
  const put = (jar: Map<string, string>, pair: string) => {
    const [name = '', ...value] = pair.split('=');
    if (name.trim() !== '') jar.set(name.trim(), value.join('='));
  };
  const get = async (url: string): Promise<LightMyRequestResponse> => {
    const reply = await app.inject({ url, headers: { cookie: header(ours) } });
    for (const pair of cookieOf(reply).split('; ')) put(ours, pair);
    return reply;
  };
  /** Follows the provider's pages, logging in as `sub` and agreeing, until it sends the browser back. */
  async function atProvider(start: string, sub: string): Promise<string> {
    let url = start;
    let form: URLSearchParams | null = null;
    for (let i = 0; i < 20; i++) {
      const reply = await fetch(url, {
        redirect: 'manual',
        headers: { cookie: header(theirs) },
        ...(form && { method: 'POST', body: form }),
      });
      for (const cookie of reply.headers.getSetCookie()) put(theirs, cookie.split(';')[0]!);
      const location = reply.headers.get('location');
      const body = await reply.text();
      form = null;
      if (location !== null) {
        url = new URL(location, url).href;
        if (url.startsWith(staff.deps.publicUrl)) return url.slice(staff.deps.publicUrl.length);
        continue;
      }
      const action = /action="([^"]+)"/.exec(body)?.[1];
      if (action === undefined) throw new Error(`${reply.status} ${body.slice(0, 500)}`);
      form = body.includes('name="login"')
        ? new URLSearchParams({ prompt: 'login', login: sub, password: 'x' })
        : new URLSearchParams({ prompt: 'consent' });
      url = new URL(action, url).href;
    }
    throw new Error('the provider never came back');
  }
  return {
    get,
    atProvider,
    async logIn(sub: string, next = '/staff/help') {
      const begun = await get(`/staff/login/oidc?next=${encodeURIComponent(next)}`);
      expect(begun.statusCode).toBe(303);
      return get(await atProvider(String(begun.headers.location), sub));
    },
  };
}
const to = (reply: LightMyRequestResponse) => [reply.statusCode, reply.headers.location];

describe('through an identity provider', () => {
  test('the log-in offers it, and an account that is named there is in', async () => {
    const visitor = browser();
    const page = await visitor.get('/staff/login');
    expect(page.body).toContain('用省教育厅统一认证登录');
    expect(to(await visitor.logIn('sub-1'))).toEqual([303, '/staff/help']);
    const inside = await visitor.get('/staff/account');
    expect(inside.statusCode).toBe(200);
    expect(inside.body).toContain('operator');
    // By password as before.
    expect((await staff.visit('operator', password)).token).not.toBe('');
  });

  test('a first password that an administrator chose is not asked for; the second factor is', async () => {
    const user = await createUser(staff.deps, world.actors.administrator, {
      ...{ login: 'new-clerk', name: '新人', role: 'operator', counties: [], password },
    });
    names.set('sub-2', 'new-clerk');
    const visitor = browser();
    expect(to(await visitor.logIn('sub-2'))).toEqual([303, '/staff/help']);
    expect((await visitor.get('/staff/help')).statusCode).toBe(200);
    const factor = { sealed: new Uint8Array(60), step: 1, recovery: [new Uint8Array(32)] };
    const stamp = { at: world.now(), actor: world.actors.administrator };
    await world.storage.setSecondFactor(stamp, user.id, factor);
    expect((await visitor.get('/staff/help')).statusCode).toBe(303);
    const again = browser();
    expect(to(await again.logIn('sub-2'))).toEqual([303, '/staff/login/code?next=%2Fstaff%2Fhelp']);
    expect(to(await again.get('/staff/help'))[0]).toBe(303);
  });

  test('nobody else gets in: unknown, disabled, or another person with a name that was given on', async () => {
    names.set('sub-3', 'nobody-here');
    const unknown = await browser().logIn('sub-3');
    expect([unknown.statusCode, unknown.body.includes('这里没有您的账号')]).toEqual([401, true]);
    names.set('sub-4', 'operator');
    const other = await browser().logIn('sub-4');
    expect([other.statusCode, other.body.includes('此前属于另一个人')]).toEqual([401, true]);
    await unbindProvider(staff.deps, world.actors.administrator, staff.users.operator.id);
    expect((await browser().logIn('sub-4')).statusCode).toBe(303);
    expect((await browser().logIn('sub-1')).statusCode).toBe(401);
    const trail = await world.storage.listTrail({ campaign: null, counties: null, before: null, limit: 50 });
    expect(trail.map((e) => e.action).filter((a) => /bind/.test(a))).toEqual([
      ...['user.bind', 'user.unbind', 'user.bind', 'user.bind'],
    ]);
    await updateUser(staff.deps, world.actors.administrator, staff.users.operator.id, { disabled: true });
    expect((await browser().logIn('sub-4')).statusCode).toBe(401);
  });

  test('an answer that was not asked for, or belongs to another browser, is refused', async () => {
    const begun = browser();
    const start = await begun.get('/staff/login/oidc?next=https://evil.example/');
    const back = await begun.atProvider(String(start.headers.location), 'sub-2');
    const stranger = await browser().get(back);
    expect([stranger.statusCode, stranger.body.includes('换了浏览器')]).toEqual([401, true]);
    const forged = await begun.get(back.replace(/state=[^&]+/, 'state=forged'));
    expect(forged.statusCode).toBe(401);
    expect(forged.body).not.toContain('evil.example');
    // Once used or refused, it is good for nothing.
    expect((await begun.get(back)).statusCode).toBe(401);
  });
});

test('a network that begins or comes back too often waits, and the provider is not asked', async () => {
  const { limits, ...http } = staff.deps.http;
  const narrow = await buildApp({
    ...staff.deps,
    http: { ...http, ...(providerOf && { oidc: providerOf }), limits: { ...limits, logInsByNetwork: 2 } },
  });
  const begin = (remoteAddress: string) => narrow.inject({ url: '/staff/login/oidc', remoteAddress });
  try {
    const [first] = [await begin('10.0.0.1'), await begin('10.0.0.1')];
    expect(first.statusCode).toBe(303);
    const third = await begin('10.0.0.1');
    expect(third.statusCode).toBe(429);
    expect(third.body).toContain('从您的网络登录的次数太多');
    expect(Number(third.headers['retry-after'])).toBeGreaterThan(0);
    expect((await begin('10.0.0.2')).statusCode).toBe(303);
    // One cookie, and a code that was never given, again and again.
    const state = new URL(String(first.headers.location)).searchParams.get('state')!;
    const back = () =>
      narrow.inject({
        url: `/staff/login/oidc/back?code=guess&state=${state}&iss=${encodeURIComponent(providerOf!.issuer)}`,
        headers: { cookie: cookieOf(first) },
        remoteAddress: '10.0.0.1',
      });
    const before = asked;
    const replies = [await back(), await back(), await back()];
    expect(replies.map(({ statusCode }) => statusCode)).toEqual([401, 401, 429]);
    expect(asked - before).toBe(2);
  } finally {
    await narrow.close();
  }
});

test('a provider that does not answer is said, and passwords go on', async () => {
  const lonely = await buildApp({
    ...staff.deps,
    http: {
      ...staff.deps.http,
      oidc: {
        ...{ issuer: 'http://127.0.0.1:9', clientId: 'x', clientSecret: 'y', scope: 'openid' },
        ...{ claim: 'sub', name: '' },
      },
    },
  });
  const reply = await lonely.inject('/staff/login/oidc');
  expect([reply.statusCode, reply.body.includes('没有回应')]).toEqual([503, true]);
  await lonely.close();
});
