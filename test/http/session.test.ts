import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildApp } from '../../src/http/app.ts';
import { resetPassword, updateUser } from '../../src/operations/user/users.ts';
import { cookieOf, createStaff, password, type Staff } from '../support/staff.ts';
import { createWorld, type World } from '../support/world.ts';

let world: World;
let staff: Staff;
beforeAll(async () => {
  world = await createWorld();
  staff = await createStaff(world);
}, 30_000);
afterAll(async () => {
  await staff.close();
  await world.close();
});

const hour = 3_600_000;
const me = { url: '/api/v1/session' };

describe('a session', () => {
  it('is sealed, out of scripts’ reach, same-site, and secure where the service is', async () => {
    const reply = await staff.app.inject({
      method: 'POST',
      url: '/api/v1/session',
      payload: { login: 'ADMIN ', password },
    });
    expect(reply.statusCode).toBe(201);
    const cookie = [reply.headers['set-cookie']].flat().find((c) => c?.startsWith('__Host-manyi='));
    for (const part of ['HttpOnly', 'SameSite=Lax', 'Secure', 'Path=/', 'Max-Age=28800'])
      expect(cookie).toContain(part);
    expect(decodeURIComponent(cookie ?? '')).not.toContain('admin');
    expect(reply.body).not.toContain('argon2');
    expect(reply.headers['cache-control']).toBe('no-store');
  });

  it('is not set and not read on respondents’ pages', async () => {
    const visitor = await staff.visit('admin');
    for (const url of ['/', '/done', '/s/AAAAAAAAAA', '/healthz'])
      expect((await visitor.sendBare({ url })).headers['set-cookie'], url).toBeUndefined();
  });

  it('cannot be forged or borrowed from another key', async () => {
    const visitor = await staff.visit('admin');
    const own = visitor.cookie.split('; ').find((c) => c.startsWith('__Host-manyi='));
    const [name, value = ''] = (own ?? '').split(/=(.*)/s);
    expect((await staff.app.inject({ ...me, headers: { cookie: `${name}=${value}` } })).statusCode).toBe(200);
    const broken = `${name}=${value.slice(0, 20)}${value[20] === 'A' ? 'B' : 'A'}${value.slice(21)}`;
    const reply = await staff.app.inject({ ...me, headers: { cookie: broken } });
    expect(reply.statusCode).toBe(401);
  });

  it('lasts eight hours from log-in, used or not', async () => {
    const visitor = await staff.visit('operator');
    world.passTime(7.9 * hour);
    const used = await visitor.send(me);
    expect(used.statusCode).toBe(200);
    world.passTime(0.2 * hour);
    expect((await visitor.send(me)).statusCode).toBe(401);
    const renewed = cookieOf(used);
    if (renewed !== '')
      expect((await staff.app.inject({ ...me, headers: { cookie: renewed } })).statusCode).toBe(401);
  });

  it('ends at once when the account is disabled, and does not come back with it', async () => {
    const visitor = await staff.visit('interviewer-a');
    const { id } = staff.users['interviewer-a'];
    await updateUser(staff.deps, world.actors.administrator, id, { disabled: true });
    expect((await visitor.send(me)).statusCode).toBe(401);
    await expect(staff.visit('interviewer-a')).rejects.toThrow('401');
    await updateUser(staff.deps, world.actors.administrator, id, { disabled: false });
    expect((await visitor.send(me)).statusCode).toBe(401);
    expect((await (await staff.visit('interviewer-a')).send(me)).statusCode).toBe(200);
  });

  it('ends when the password is reset, and the own change keeps only the own session', async () => {
    const visitor = await staff.visit('official-b');
    await resetPassword(
      staff.deps,
      world.actors.administrator,
      staff.users['official-b'].id,
      'ein anderes Lied',
    );
    expect((await visitor.send(me)).statusCode).toBe(401);
    const here = await staff.visit('official-b', 'ein anderes Lied');
    const there = await staff.visit('official-b', 'ein anderes Lied');
    const wrong = await here.send({
      method: 'PUT',
      url: '/api/v1/session/password',
      payload: { present: 'nein', password: 'wieder ein Lied' },
    });
    expect(wrong.statusCode).toBe(422);
    expect(wrong.json().issues[0]).toMatchObject({ path: 'present', code: 'user.password-present' });
    const changed = await here.send({
      method: 'PUT',
      url: '/api/v1/session/password',
      payload: { present: 'ein anderes Lied', password: 'wieder ein Lied' },
    });
    expect(changed.statusCode).toBe(204);
    expect((await there.send(me)).statusCode).toBe(401);
    const renewed = await staff.app.inject({ ...me, headers: { cookie: cookieOf(changed) } });
    expect(renewed.statusCode).toBe(200);
  });

  it('of an own change of password does not outlive a reset made at the same time', async () => {
    const { id } = staff.users.operator;
    let isReset = false;
    const storage = new Proxy(world.storage, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name, target);
        if (name !== 'updateUser') return typeof value === 'function' ? value.bind(target) : value;
        return async (...args: Parameters<typeof target.updateUser>) => {
          const user = await target.updateUser(...args);
          if (!isReset) await target.updateUser(args[0], id, { passwordHash: user.passwordHash });
          isReset = true;
          return user;
        };
      },
    });
    const app = await buildApp({ ...staff.deps, storage });
    const visitor = await staff.visit('operator');
    const changed = await app.inject({
      method: 'PUT',
      url: '/api/v1/session/password',
      payload: { present: password, password: 'wieder ein Lied' },
      headers: { cookie: visitor.cookie, 'csrf-token': visitor.token },
    });
    expect([changed.statusCode, isReset]).toEqual([204, true]);
    const renewed = await staff.app.inject({ ...me, headers: { cookie: cookieOf(changed) } });
    expect(renewed.statusCode).toBe(401);
    await app.close();
    await resetPassword(staff.deps, world.actors.administrator, id, password);
  });

  it('ends on the server by log-out: a copy of its cookie is worth nothing, other sessions go on', async () => {
    const visitor = await staff.visit('inspector-a');
    const elsewhere = await staff.visit('inspector-a');
    const out = await visitor.send({ method: 'DELETE', ...me });
    expect(out.statusCode).toBe(204);
    expect((await visitor.send(me)).statusCode).toBe(401);
    expect((await elsewhere.send(me)).statusCode).toBe(200);
    expect((await visitor.send({ method: 'DELETE', ...me })).statusCode).toBe(401);
    // By the page, too; the copy is taken before.
    const home = await elsewhere.send({ url: '/staff/account' });
    const byPage = await elsewhere.sendBare({
      method: 'POST',
      url: '/staff/logout',
      payload: new URLSearchParams({
        _csrf: /name="_csrf" value="([^"]+)"/.exec(home.body)?.[1] ?? '',
      }).toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    expect([byPage.statusCode, byPage.headers.location]).toEqual([303, '/staff/login?out=1']);
    expect((await elsewhere.send(me)).statusCode).toBe(401);
    expect((await elsewhere.send({ url: '/staff/account' })).statusCode).not.toBe(200);
  });

  it('of a changed role counts at once', async () => {
    const { id } = staff.users['inspector-a'];
    const visitor = await staff.visit('inspector-a');
    await updateUser(staff.deps, world.actors.administrator, id, { name: '督学甲' });
    expect((await visitor.send(me)).statusCode).toBe(401);
  });
});

describe('log-in', () => {
  const logIn = (login: string, secret: string, remoteAddress = '10.1.1.1') =>
    staff.app.inject({
      method: 'POST',
      url: '/api/v1/session',
      payload: { login, password: secret },
      remoteAddress,
    });

  it('says the same of a wrong password, an unknown login and a disabled account', async () => {
    const bodies = new Set<string>();
    for (const [login, secret] of [
      ['admin', 'not this one at all'],
      ['nobody', 'not this one at all'],
    ] as const) {
      const reply = await logIn(login, secret);
      expect(reply.statusCode).toBe(401);
      bodies.add(reply.body);
    }
    expect(bodies.size).toBe(1);
  });

  it('is delayed after six failures from one network, and leaves a mark in the trail', async () => {
    for (let i = 0; i < 6; i++)
      expect((await logIn('operator', `wrong ${i}`, '10.9.9.9')).statusCode).toBe(401);
    const held = await logIn('operator', password, '10.9.9.9');
    expect(held.statusCode).toBe(429);
    expect(held.headers['retry-after']).toBe('1');
    expect((await logIn('operator', password, '10.9.9.8')).statusCode).toBe(201);
    const trail = await staff.deps.storage.listTrail({
      campaign: null,
      counties: null,
      before: null,
      limit: 20,
    });
    expect(trail.find((e) => e.action === 'login.throttled')?.details).toEqual({ login: 'operator' });
    world.passTime(1000);
    expect((await logIn('operator', password, '10.9.9.9')).statusCode).toBe(201);
  });

  it('by the page: token needed, values kept, then back where one wanted to go, never elsewhere', async () => {
    const page = await staff.app.inject({ url: '/staff/login?next=/staff/users' });
    expect(page.statusCode).toBe(200);
    const token = /name="_csrf" value="([^"]+)"/.exec(page.body)?.[1] ?? '';
    const send = (fields: Record<string, string>, cookie = cookieOf(page)) =>
      staff.app.inject({
        method: 'POST',
        url: '/staff/login',
        payload: new URLSearchParams(fields).toString(),
        headers: { 'content-type': 'application/x-www-form-urlencoded', cookie },
      });
    const fields = { _csrf: token, login: 'admin', next: '/staff/users' };
    expect((await send({ ...fields, password, _csrf: '' })).statusCode).toBe(403);
    const wrong = await send({ ...fields, password: 'x' });
    expect(wrong.statusCode).toBe(401);
    expect(wrong.body).toContain('value="admin"');
    expect(wrong.body).not.toContain('value="x"');
    const right = await send({ ...fields, password });
    expect([right.statusCode, right.headers.location]).toEqual([303, '/staff/users']);
    for (const next of ['https://evil.example', '//evil.example', '/staff/\\evil', '/staffx', '/'])
      expect((await send({ ...fields, password, next })).headers.location, next).toBe('/staff');
    const cookie = cookieOf(right);
    const home = await staff.app.inject({ url: '/staff', headers: { cookie } });
    expect(home.headers['set-cookie']).toBeUndefined();
    const out = await staff.app.inject({
      method: 'POST',
      url: '/staff/logout',
      payload: new URLSearchParams({
        _csrf: /name="_csrf" value="([^"]+)"/.exec(home.body)?.[1] ?? '',
      }).toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded', cookie },
    });
    expect(out.statusCode).toBe(303);
    expect([out.headers['set-cookie']].flat().join()).toContain('Max-Age=0');
  });
});

describe('a request that changes something', () => {
  it('through the API needs the token, or the browser’s word that it is same-origin', async () => {
    const visitor = await staff.visit('admin');
    const change = (headers: Record<string, string>, payload: unknown = { password: 'short' }) =>
      visitor.sendBare({
        method: 'PUT',
        url: `/api/v1/users/${staff.users.operator.id}/password`,
        payload: payload as object,
        headers,
      });
    expect((await change({})).statusCode).toBe(403);
    expect((await change({ 'csrf-token': 'x' })).statusCode).toBe(403);
    expect((await change({ 'csrf-token': visitor.token })).statusCode).toBe(422);
    expect((await change({ 'sec-fetch-site': 'same-origin' })).statusCode).toBe(422);
    expect((await change({ 'sec-fetch-site': 'cross-site', 'csrf-token': visitor.token })).statusCode).toBe(
      403,
    );
    expect((await change({ 'sec-fetch-site': 'same-site', 'csrf-token': visitor.token })).statusCode).toBe(
      403,
    );
    // another person's token
    const other = await staff.visit('operator');
    expect((await change({ 'csrf-token': other.token })).statusCode).toBe(403);
  });
});

describe('a form that was opened in a session that is over', () => {
  const unescape = (text: string) =>
    text.replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&amp;', '&');
  const hidden = (body: string, name: string) =>
    unescape(new RegExp(`name="${name}" value="([^"]*)"`).exec(body)?.[1] ?? '');
  const post = (url: string, fields: Record<string, string>, headers: Record<string, string>) =>
    staff.app.inject({
      method: 'POST',
      url,
      payload: new URLSearchParams(fields).toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    });
  const typed = { organisation: '澜江“督导”室 & <b>', phone: '0000-1', icpNumber: '', storageMonths: '24' };

  it('is kept in the log-in page, and goes on after it, to the page that it stands on if it is dropped', async () => {
    const visitor = await staff.visit('admin');
    const page = await visitor.sendBare({ url: '/staff/settings' });
    // In another tab; the browser lets go of the cookie.
    await post('/staff/logout', { _csrf: hidden(page.body, '_csrf') }, { cookie: visitor.cookie });
    const late = await post('/staff/settings', { ...typed, _csrf: hidden(page.body, '_csrf') }, {});
    expect(late.statusCode).toBe(401);
    const kept = hidden(late.body, 'kept');
    const back = await post(
      '/staff/login',
      { login: 'admin', password, next: '/staff', kept, _csrf: hidden(late.body, '_csrf') },
      { cookie: cookieOf(late) },
    );
    expect(back.statusCode).toBe(200);
    expect(back.body).toContain('href="/staff/settings"');
    const names = Object.keys(typed) as (keyof typeof typed)[];
    expect(Object.fromEntries(names.map((name) => [name, hidden(back.body, name)]))).toEqual({
      ...typed,
      organisation: typed.organisation.replaceAll('<', '&lt;').replaceAll('>', '&gt;'),
    });
    const sent = { ...typed, _csrf: hidden(back.body, '_csrf') };
    expect((await post('/staff/settings', sent, { cookie: cookieOf(back) })).statusCode).toBe(303);
  });

  it('asks before it goes on in a later session, and only what the browser says is this site’s', async () => {
    const before = await staff.visit('admin');
    const old = hidden((await before.sendBare({ url: '/staff/settings' })).body, '_csrf');
    const visitor = await staff.visit('admin');
    const fields = { ...typed, phone: '0000-2', _csrf: old };
    const own = { cookie: visitor.cookie, 'sec-fetch-site': 'same-origin' };
    const stale = await post('/staff/settings', fields, own);
    expect(stale.statusCode).toBe(403);
    expect(hidden(stale.body, 'phone')).toBe('0000-2');
    const again = { ...fields, _csrf: hidden(stale.body, '_csrf') };
    expect((await post('/staff/settings', again, own)).statusCode).toBe(303);
    for (const headers of [
      { cookie: visitor.cookie },
      { ...own, 'sec-fetch-site': 'cross-site' },
      { ...own, 'sec-fetch-site': 'none' },
    ])
      expect((await post('/staff/settings', fields, headers)).body).not.toContain('0000-2');
  });

  it('with a file says that the file is to be chosen again, and leads back to its page', async () => {
    const line = '----line';
    const late = await staff.app.inject({
      method: 'POST',
      url: '/staff/settings/logo',
      headers: { 'content-type': `multipart/form-data; boundary=${line}` },
      payload: `--${line}\r\nContent-Disposition: form-data; name="logo"; filename="x.png"\r\n\r\nx\r\n--${line}--\r\n`,
    });
    expect(late.statusCode).toBe(401);
    expect(late.body).toContain('请登录后重新选择文件');
    expect(late.body).toContain('href="/staff/login?next=%2Fstaff%2Fsettings"');
  });
});

describe('a password that was typed', () => {
  const secret = '一句 很长的 暗语';
  const form = { 'content-type': 'application/x-www-form-urlencoded' };

  it('stands on no page, when a log-in is refused', async () => {
    const opened = await staff.app.inject({ url: '/staff/login' });
    const [, csrf = ''] = /name="_csrf" value="([^"]+)"/.exec(opened.body) ?? [];
    const reply = await staff.app.inject({
      ...{ method: 'POST', url: '/staff/login' },
      headers: { ...form, cookie: cookieOf(opened) },
      payload: new URLSearchParams({ _csrf: csrf, login: '王 某', password: secret, next: '' }).toString(),
    });
    expect(reply.statusCode).toBe(401);
    expect(reply.body).toContain('账号或密码不对');
    expect(reply.body).not.toContain('暗语');
    // Beside its field, and not as a text without one.
    expect(reply.body.match(/王 某/g)).toHaveLength(1);
  });

  it('nor when it is changed, or given to somebody', async () => {
    const visitor = await staff.visit('admin');
    for (const [url, fields] of [
      ['/staff/account', { presentPassword: secret, password: `${secret}二` }],
      ['/staff/users', { login: '=', password: secret }],
    ] as const) {
      const reply = await visitor.sendBare({
        ...{ method: 'POST', url, headers: form },
        payload: new URLSearchParams({ _csrf: visitor.token, ...fields }).toString(),
      });
      expect(reply.statusCode, url).toBeGreaterThanOrEqual(400);
      expect(reply.body, url).toContain('没有完成');
      expect(reply.body, url).not.toContain('暗语');
    }
  });
});
