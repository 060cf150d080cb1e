import { afterEach, describe, expect, it } from 'vitest';
import { AppError } from '../../src/domain/errors.ts';
import { anyone } from '../../src/http/plugins/access.ts';
import { createApp, type TestApp } from './support.ts';

let t: TestApp | undefined;
afterEach(async () => {
  await t?.close();
  t = undefined;
});

describe('the frame of every reply', () => {
  it('lives', async () => {
    t = await createApp();
    const reply = await t.app.inject({ url: '/healthz' });
    expect(reply.statusCode).toBe(200);
    expect(reply.json()).toEqual({ status: 'ok' });
  });

  it('sends a strict policy and no referrer, and no HSTS without https', async () => {
    t = await createApp();
    const { headers } = await t.app.inject({ url: '/healthz' });
    expect(headers['content-security-policy']).toBe(
      `default-src 'none';script-src 'self';connect-src 'self';style-src 'self' ${t.app.assets.source('base.css')};img-src 'self' data:;form-action 'self';base-uri 'none';frame-ancestors 'none'`,
    );
    expect(headers['referrer-policy']).toBe('no-referrer');
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['strict-transport-security']).toBeUndefined();
    await t.close();
    t = await createApp({ publicUrl: 'https://example.org' });
    const secure = await t.app.inject({ url: '/healthz' });
    expect(secure.headers['strict-transport-security']).toContain('max-age=31536000');
  });

  it('shows the filing number as a link to the register, on every page', async () => {
    t = await createApp({ http: { icpNumber: '鲁ICP备2026000001号' } });
    for (const url of ['/', '/done', '/genuine', '/nowhere'])
      expect((await t.app.inject({ url })).body).toMatch(
        /href="https:\/\/beian\.miit\.gov\.cn\/"[^>]*>\s*鲁ICP备2026000001号/,
      );
  });

  it('is not put off by junk in cookies and headers', async () => {
    t = await createApp();
    const junk = [
      'size=large; size=small',
      'size',
      '=;;;=',
      `x=${'y'.repeat(9000)}`,
      'size="large"',
      '\u0080\u00ff',
    ];
    for (const cookie of junk)
      expect((await t.app.inject({ url: '/', headers: { cookie } })).statusCode).toBe(200);
    for (const accept of ['*/*;q=junk', 'text/html'.repeat(500), ''])
      expect(
        (
          await t.app.inject({
            url: '/',
            headers: { accept, 'accept-language': accept, 'accept-encoding': accept },
          })
        ).statusCode,
      ).toBe(200);
    const large = await t.app.inject({ url: '/', headers: { cookie: 'a=b; size=large' } });
    expect(large.body).toContain('class="large"');
    expect(large.headers['set-cookie']).toBeUndefined();
  });

  it('serves the style sheet for ever, compressed as asked', async () => {
    t = await createApp();
    const href = t.app.assets.href('base.css');
    expect(href).toMatch(/^\/assets\/base\.[0-9a-f]{10}\.css$/);
    const br = await t.app.inject({ url: href, headers: { 'accept-encoding': 'gzip, deflate, br' } });
    expect(br.headers['content-encoding']).toBe('br');
    expect(br.headers['cache-control']).toContain('immutable');
    expect(br.rawPayload.length).toBeLessThan(3000);
    const plain = await t.app.inject({ url: href, headers: { 'accept-encoding': 'br;q=0' } });
    expect(plain.headers['content-encoding']).toBeUndefined();
    expect(plain.headers['content-type']).toBe('text/css; charset=utf-8');
  });

  it('send transport security and the policy of features with every reply', async () => {
    t = await createApp({ publicUrl: 'https://my.example.cn' });
    const hsts = 'strict-transport-security';
    for (const url of [
      '/',
      '/done',
      '/nowhere',
      '/healthz',
      '/robots.txt',
      '/staff/login',
      '/api/v1/session',
      '/assets/none.css',
      '/s/%E0%A4%A',
      t.app.assets.href('base.css'),
      t.app.assets.href('answer.js'),
    ]) {
      const { headers } = await t.app.inject({ url });
      expect(headers[hsts], url).toBe('max-age=31536000');
      if (String(headers['content-type']).startsWith('text/html'))
        expect(headers['permissions-policy'], url).toMatch(/camera=\(\).*geolocation=\(\).*microphone=\(\)/);
    }
    await t.close();
    t = await createApp();
    for (const url of ['/', t.app.assets.href('base.css')])
      expect((await t.app.inject({ url })).headers[hsts], url).toBeUndefined();
  });

  it('refuses a POST from another site and lets one pass that does not say', async () => {
    t = await createApp({ routes: (app) => void app.post('/x', anyone, async () => ({ ok: true })) });
    const post = (site?: string) =>
      t!.app.inject({
        method: 'POST',
        url: '/x',
        payload: { a: 1 },
        headers: site === undefined ? {} : { 'sec-fetch-site': site },
      });
    expect((await post('cross-site')).statusCode).toBe(403);
    expect((await post('same-origin')).statusCode).toBe(200);
    expect((await post()).statusCode).toBe(200);
  });
});

describe('errors', () => {
  const failing = (error: unknown) => (app: TestApp['app']) => {
    app.get('/api/v1/x', anyone, async () => {
      throw error;
    });
    app.get('/x', anyone, async () => {
      throw error;
    });
  };

  it('are problems for programs', async () => {
    const error = new AppError('conflict', 'campaign.state', { params: { from: 'draft', to: 'closed' } });
    t = await createApp({ routes: failing(error) });
    const reply = await t.app.inject({ url: '/api/v1/x', headers: { 'accept-language': 'en' } });
    expect(reply.statusCode).toBe(409);
    expect(reply.headers['content-type']).toBe('application/problem+json');
    expect(reply.json()).toEqual({
      type: 'about:blank',
      title: 'Not possible now',
      status: 409,
      detail: 'The campaign is in state “Draft” and cannot become “Closed”.',
      code: 'campaign.state',
    });
  });

  it('are pages for people', async () => {
    t = await createApp({ routes: failing(new AppError('not-found', 'http.not-found')) });
    const reply = await t.app.inject({ url: '/x' });
    expect(reply.statusCode).toBe(404);
    expect(reply.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(reply.body).toContain('<h1>找不到</h1>');
    expect(reply.body).toContain('有答题码的，请到首页输入');
  });

  it('lead staff back to their own pages, not to where codes are entered', async () => {
    t = await createApp();
    const { body } = await t.app.inject({ url: '/staff/campaigns/none/x' });
    expect(body).toContain('<a href="/staff">回到调查列表</a>');
    expect(body).not.toContain('答题码');
    // Only the same letters.
    expect((await t.app.inject({ url: '/staffroom' })).body).toContain('<a href="/">回到首页</a>');
  });

  it('say nothing of what nobody foresaw', async () => {
    t = await createApp({ routes: failing(new Error('secret at /srv/db')) });
    const reply = await t.app.inject({ url: '/x' });
    expect(reply.statusCode).toBe(500);
    expect(reply.body).not.toContain('secret');
  });

  it('tell when to come back', async () => {
    t = await createApp({ routes: failing(new AppError('unavailable', 'intake.full')) });
    const reply = await t.app.inject({ url: '/x' });
    expect(reply.statusCode).toBe(503);
    expect(reply.headers['retry-after']).toBe('5');
  });

  it('limit those who look for pages that are not there', async () => {
    t = await createApp({ limits: { missesByAddress: 3 } });
    const statuses = [];
    for (let i = 0; i < 5; i++) statuses.push((await t.app.inject({ url: `/no-${i}` })).statusCode);
    expect(statuses).toEqual([404, 404, 404, 429, 429]);
  });

  it('refuse bodies that are too long, of unknown type or broken', async () => {
    t = await createApp({ routes: (app) => void app.post('/x', anyone, async () => ({ ok: true })) });
    const post = async (payload: string, type: string) =>
      (await t!.app.inject({ method: 'POST', url: '/x', payload, headers: { 'content-type': type } }))
        .statusCode;
    expect(await post('x'.repeat(300_000), 'application/x-www-form-urlencoded')).toBe(413);
    expect(await post('<a/>', 'application/xml')).toBe(415);
    expect(await post('a', 'text/plain')).toBe(415);
    expect(await post('{"a":', 'application/json')).toBe(400);
    expect(await post('{"__proto__":{"a":1}}', 'application/json')).toBe(400);
  });

  it('answer an address that does not decode', async () => {
    t = await createApp();
    expect((await t.app.inject({ url: '/s/%E0%A4%A' })).statusCode).toBe(400);
  });
});
