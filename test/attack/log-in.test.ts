/**
 * Guessing passwords, with the figures of the first attack turned round: 72 wrong passwords from 12 addresses then locked an owner out, 40 behind
 * one address all staff there, and 39 of 200 simultaneous ones were checked.
 */
import type { LightMyRequestResponse } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checks as hashes } from '../support/cheap-argon2.ts';
import { accountNames, cookieOf, createStaff, password, type Staff } from '../support/staff.ts';
import { createWorld, type World } from '../support/world.ts';

let world: World;
let staff: Staff;
beforeEach(async () => {
  world = await createWorld();
  staff = await createStaff(world);
  Object.assign(hashes, { count: 0, running: 0, most: 0 });
}, 60_000);
afterEach(async () => {
  await staff.close();
  await world.close();
});

function logIn(
  login: string,
  secret: string,
  remoteAddress: string,
  cookie = '',
): Promise<LightMyRequestResponse> {
  return staff.app.inject({
    method: 'POST',
    url: '/api/v1/session',
    payload: { login, password: secret },
    remoteAddress,
    headers: { cookie, 'accept-language': 'en' },
  });
}
const deviceOf = (reply: LightMyRequestResponse) =>
  cookieOf(reply)
    .split('; ')
    .find((c) => c.startsWith('__Host-manyi-device=')) ?? '';
/** A device on which the account has logged in before. */
async function knownDevice(login: string, address = '10.0.0.1'): Promise<string> {
  const reply = await logIn(login, password, address);
  expect(reply.statusCode).toBe(201);
  return deviceOf(reply);
}
const count = (replies: readonly LightMyRequestResponse[], status: number) =>
  replies.filter((r) => r.statusCode === status).length;
const wait = (reply: LightMyRequestResponse) => Number(reply.headers['retry-after']);

describe('72 wrong passwords from 12 addresses', { timeout: 60_000 }, () => {
  const attack = async () => {
    for (let i = 0; i < 72; i++)
      expect([401, 429]).toContain((await logIn('admin', `wrong ${i}`, `10.9.0.${i % 12}`)).statusCode);
  };

  it('do not delay the owner on a known device, however often they come', async () => {
    const device = await knownDevice('admin');
    for (let round = 0; round < 4; round++) {
      await attack();
      expect((await logIn('admin', password, '10.0.0.1', device)).statusCode).toBe(201);
      expect((await logIn('admin', password, '10.9.0.3', device)).statusCode).toBe(201);
      world.passTime(15 * 60_000);
    }
  });

  it('delay the owner by at most a minute on a new device, and lock nobody out', async () => {
    await attack();
    world.passTime(15 * 60_000);
    await attack();
    const held = await logIn('admin', password, '10.0.0.1');
    expect(held.statusCode).toBe(429);
    expect(wait(held)).toBeLessThanOrEqual(60);
    world.passTime(wait(held) * 1000);
    expect((await logIn('admin', password, '10.0.0.1')).statusCode).toBe(201);
  });

  it('are checked twenty times, then once a minute', async () => {
    await attack();
    expect(hashes.count).toBe(20);
    hashes.count = 0;
    for (let second = 0; second < 3600; second += 5) {
      world.passTime(5000);
      await logIn('admin', 'wrong', `10.8.${second % 250}.1`);
    }
    expect(hashes.count).toBeLessThanOrEqual(60 + 6);
    expect(hashes.count).toBeGreaterThan(50);
  });
});

describe('a known device', { timeout: 60_000 }, () => {
  it('is one account’s, cannot be forged, and is forgotten after half a year', async () => {
    const device = await knownDevice('admin');
    const own = await knownDevice('operator', '10.0.0.2');
    for (let i = 0; i < 20; i++) await logIn('admin', `wrong ${i}`, `10.9.0.${i}`);
    const from = (cookie: string) => logIn('admin', password, '10.9.9.9', cookie);
    expect((await from(own)).statusCode).toBe(429);
    expect((await from(device.replace(/.$/, (c) => (c === 'A' ? 'B' : 'A')))).statusCode).toBe(429);
    expect((await from(device.replace(/\d(?=\d*\.)/, (c) => String((Number(c) + 1) % 10)))).statusCode).toBe(
      429,
    );
    expect((await from('__Host-manyi-device=~.~..~%')).statusCode).toBe(429);
    expect((await from(device)).statusCode).toBe(201);
    world.passTime(180 * 86_400_000);
    for (let i = 0; i < 20; i++) await logIn('admin', `wrong ${i}`, `10.9.0.${i}`);
    expect((await from(device)).statusCode).toBe(429);
  });

  it('on which somebody else guesses is delayed itself', async () => {
    const device = await knownDevice('admin');
    for (let i = 0; i < 6; i++)
      expect((await logIn('admin', `wrong ${i}`, '10.0.0.1', device)).statusCode).toBe(401);
    expect((await logIn('admin', password, '10.0.0.1', device)).statusCode).toBe(429);
    // The account's other devices are not.
    expect((await logIn('admin', password, '10.0.0.7')).statusCode).toBe(201);
  });

  it('survives log-out, and knows all who share it', async () => {
    const first = await logIn('admin', password, '10.0.0.1');
    const second = await logIn('operator', password, '10.0.0.1', deviceOf(first));
    const device = deviceOf(second);
    for (let i = 0; i < 41; i++) await logIn(`nobody${i}`, 'wrong', '10.0.0.1');
    for (const login of ['admin', 'operator'])
      expect((await logIn(login, password, '10.0.0.1', device)).statusCode).toBe(201);
    expect((await logIn('inspector-a', password, '10.0.0.1', device)).statusCode).toBe(429);
  });
});

describe('40 failures behind one address', { timeout: 60_000 }, () => {
  it('delay others there by seconds, known devices not at all, other addresses neither', async () => {
    const device = await knownDevice('operator', '10.5.0.1');
    for (let i = 0; i < 40; i++) expect((await logIn(`nobody${i}`, 'x', '10.5.0.1')).statusCode).toBe(401);
    expect((await logIn('operator', password, '10.5.0.1', device)).statusCode).toBe(201);
    expect((await logIn('admin', password, '10.5.0.2')).statusCode).toBe(201);
    const held = await logIn('official-a', password, '10.5.0.1');
    expect([held.statusCode, wait(held)]).toEqual([429, 1]);
    world.passTime(1000);
    expect((await logIn('official-a', password, '10.5.0.1')).statusCode).toBe(201);
    // A thousand more make it no worse than 20 seconds.
    for (let i = 0; i < 1000; i++) {
      world.passTime(1000);
      await logIn(`nobody${i}`, 'x', '10.5.0.1');
    }
    expect(wait(await logIn('official-b', password, '10.5.0.1'))).toBeLessThanOrEqual(20);
    expect((await logIn('operator', password, '10.5.0.1', device)).statusCode).toBe(201);
  });
});

describe('200 simultaneous wrong passwords', { timeout: 60_000 }, () => {
  const atOnce = (login: (i: number) => string, address: (i: number) => string) =>
    Promise.all(Array.from({ length: 200 }, (_, i) => logIn(login(i), `wrong ${i}`, address(i))));

  it.each([
    ['on one account from one address', 6, () => 'admin', () => '10.0.0.1'],
    ['on one account from 200 addresses', 20, () => 'admin', (i: number) => `10.0.1.${i}`],
    ['on 200 accounts from one address', 40, (i: number) => `nobody${i}`, () => '10.0.0.1'],
    ['from the addresses of one IPv6 network', 6, () => 'admin', (i: number) => `2001:db8:1:2::${i + 1}`],
  ] as const)('%s are checked %i times, one at a time', async (_what, allowed, login, address) => {
    const replies = await atOnce(login, address);
    expect([count(replies, 401), count(replies, 429)]).toEqual([allowed, 200 - allowed]);
    expect([hashes.count, hashes.most]).toEqual([allowed, 1]);
  });

  it('of the neighbouring IPv6 network are its own', async () => {
    await atOnce(
      () => 'admin',
      (i) => `2001:db8:1:2::${i + 1}`,
    );
    expect((await logIn('admin', password, '2001:db8:1:2:ffff::1')).statusCode).toBe(429);
    expect((await logIn('admin', password, '2001:db8:1:3::1')).statusCode).toBe(201);
  });

  it('do not count where they were right', async () => {
    const replies = await Promise.all(
      Array.from({ length: 6 }, () => logIn('operator', password, '10.0.0.1')),
    );
    expect(count(replies, 201)).toBe(6);
    expect((await logIn('operator', password, '10.0.0.1')).statusCode).toBe(201);
  });
});

describe('ten seconds of 40 wrong passwords a second, at once, from 80 networks', { timeout: 60_000 }, () => {
  it('cost nobody else a log-in', async () => {
    const device = await knownDevice('admin');
    const flood = Array.from({ length: 400 }, (_, i) =>
      logIn(`nobody${i}`, 'wrong', `10.7.${Math.floor(i / 5)}.1`),
    );
    const honest = Array.from({ length: 20 }, (_, i) =>
      logIn(accountNames[1 + (i % 5)] ?? '', password, `10.6.0.${i}`),
    );
    const known = Array.from({ length: 5 }, () => logIn('admin', password, '10.7.1.1', device));
    expect(count(await Promise.all(honest), 201)).toBe(honest.length);
    expect(count(await Promise.all(known), 201)).toBe(known.length);
    const replies = await Promise.all(flood);
    // The queue was full, and says for how long.
    const busy = replies.filter((r) => r.statusCode === 503);
    expect(busy.length).toBeGreaterThan(100);
    for (const reply of busy) expect(reply.json().detail).toContain(`in ${wait(reply)} second`);
    expect(hashes.most).toBe(1);
  });
});

describe('whoever has to wait', { timeout: 60_000 }, () => {
  it('is told the same time in the text and in Retry-After, by the API and by the page', async () => {
    for (let i = 0; i < 6; i++) await logIn('admin', `wrong ${i}`, '10.0.0.9');
    world.passTime(250);
    const held = await logIn('admin', password, '10.0.0.9');
    expect([held.statusCode, wait(held)]).toEqual([429, 1]);
    expect(held.json().code).toBe('login.throttled');
    const next = world.deps.now() - 250 + 1000;
    const time = new Date(next + 8 * 3_600_000).toISOString().slice(11, 19);
    expect(held.json().detail).toContain(`in 1 second, at ${time} (Beijing time)`);

    const form = await staff.app.inject({ url: '/staff/login', remoteAddress: '10.0.0.9' });
    const page = await staff.app.inject({
      method: 'POST',
      url: '/staff/login',
      payload: new URLSearchParams({
        _csrf: /name="_csrf" value="([^"]+)"/.exec(form.body)?.[1] ?? '',
        login: 'admin',
        password,
      }).toString(),
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        'accept-language': 'zh-CN',
        cookie: cookieOf(form),
      },
      remoteAddress: '10.0.0.9',
    });
    expect([page.statusCode, wait(page)]).toEqual([429, 1]);
    expect(page.body).toContain(`请在 1 秒后（北京时间 ${time}）再试`);
    world.passTime(750);
    expect((await logIn('admin', password, '10.0.0.9')).statusCode).toBe(201);
  });
});

describe('the present password of a signed-in account', { timeout: 60_000 }, () => {
  it('is guessed no faster, by the API and by the page together, and strangers do not delay it', async () => {
    const visitor = await staff.visit('operator');
    for (let i = 0; i < 30; i++) await logIn('operator', `wrong ${i}`, `10.3.0.${i}`);
    const byApi = (present: string) =>
      visitor.send({
        method: 'PUT',
        url: '/api/v1/session/password',
        payload: { present, password: 'ein ganz neues Lied' },
      });
    const account = await visitor.send({ url: '/staff/account' });
    const byPage = (present: string) =>
      visitor.sendBare({
        method: 'POST',
        url: '/staff/account',
        payload: new URLSearchParams({
          _csrf: /name="_csrf" value="([^"]+)"/.exec(account.body)?.[1] ?? '',
          present,
          password: 'ein ganz neues Lied',
        }).toString(),
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      });
    for (let i = 0; i < 3; i++) {
      expect((await byApi('no')).statusCode).toBe(422);
      expect((await byPage('no')).statusCode).toBe(422);
    }
    hashes.count = 0;
    const replies = await Promise.all([byApi(password), byPage(password)]);
    expect(replies.map((r) => [r.statusCode, wait(r)])).toEqual([
      [429, 1],
      [429, 1],
    ]);
    const next = new Date(world.deps.now() + 1000 + 8 * 3_600_000).toISOString().slice(11, 19);
    expect(replies[0].json().code).toBe('user.password-throttled');
    expect(replies[1].body).toContain(`请在 1 秒后（北京时间 ${next}）再试`);
    expect(hashes.count).toBe(0);
    world.passTime(1000);
    expect((await byApi(password)).statusCode).toBe(204);
  });
});
