/** Every route × input that no page of ours sends. Whoever sends it gets our page or a problem document in his language, and never a 500. */
import { connect } from 'node:net';
import type { InjectOptions, LightMyRequestResponse } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Campaign } from '../../src/domain/model/campaign.ts';
import { createStaff, type Staff, type Visitor } from '../support/staff.ts';
import { countyA, createWorld, type World } from '../support/world.ts';

let world: World;
let staff: Staff;
let admin: Visitor;
let draft: Campaign;
let opened: Campaign;
let code: string;
let port: number;
beforeAll(async () => {
  world = await createWorld();
  staff = await createStaff(world);
  admin = await staff.visit('admin');
  const [county] = world.campaignInput().counties;
  draft = await world.addCampaign({ name: 'draft', counties: [{ ...county!, name: 'Alpha' }] });
  opened = await world.openedCampaign({ name: 'opened' });
  code = ((await world.sentCodes(opened.id, countyA))[0]?.code ?? '').replace(/\s/g, '');
  await staff.app.listen({ host: '127.0.0.1', port: 0 });
  const address = staff.app.server.address();
  port = typeof address === 'object' && address !== null ? address.port : 0;
}, 60_000);
afterAll(async () => {
  await staff.close();
  await world.close();
});

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;
/** Each request from an address of its own, so that no limit answers in place of what is tested. */
let requests = 0;
const nextAddress = () => {
  requests++;
  return `10.${(requests >> 16) & 255}.${(requests >> 8) & 255}.${requests & 255}`;
};

/** The reader's language is English; nothing of the reply may be in another one. */
const english = { 'accept-language': 'en' };

function assertOurReply(reply: LightMyRequestResponse, what: string, head: boolean): void {
  const { statusCode: status, headers, body } = reply;
  const seen = `${what} → ${status} ${body.slice(0, 300)}`;
  if (status >= 500) expect(status, seen).toBe(503);
  if (status < 400 || head) return;
  const type = headers['content-type'];
  if (type === 'application/problem+json') {
    const problem = reply.json<{ status: number; title: string; detail: string; code: string }>();
    expect(problem.status, seen).toBe(status);
    expect(problem.code, seen).toMatch(/^[a-z][\w.-]+$/);
    expect(problem.title + problem.detail, seen).not.toMatch(/[一-鿿]|\{\w+\}/);
  } else {
    expect(type, seen).toBe('text/html; charset=utf-8');
    expect(body, seen).toContain('<html lang="en"');
    expect(/<h1[^>]*>([^<]*)/.exec(body)?.[1] ?? '', seen).not.toMatch(/[一-鿿]|^http\./);
  }
  for (const name of ['content-security-policy', 'referrer-policy', 'x-content-type-options'])
    if (!what.includes('/assets/')) expect(headers[name], `${seen} ${name}`).toBeDefined();
}

const patterns = () => [
  ...new Set(staff.app.declaredRoutes.map((r) => r.url)),
  '/',
  '/nowhere',
  '/api/v1/nowhere',
  '/staff/nowhere',
  '/log/nowhere',
];

function address(pattern: string, values: Readonly<Record<string, string>>): string {
  return pattern
    .replace(/:(\w+)/g, (_, name: string) => values[name] ?? 'x')
    .replace('*', values['*'] ?? 'x');
}
const valid = () => ({
  campaign: draft.id,
  county: countyA,
  code,
  file: 'base.css',
  user: '000000000000',
  '*': '0/000',
});

async function send(options: InjectOptions, as: Visitor | null, what: string): Promise<void> {
  const headers = {
    ...english,
    ...(as && { cookie: as.cookie, 'csrf-token': as.token }),
    ...options.headers,
  };
  const reply = await staff.app.inject({ ...options, headers, remoteAddress: nextAddress() });
  assertOurReply(reply, `${as ? 'admin' : 'public'} ${options.method} ${what}`, options.method === 'HEAD');
}

const line = 'b';
const part = (name: string, more = '') =>
  `--${line}\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n`;
const form = 'application/x-www-form-urlencoded';
const multipart = `multipart/form-data; boundary=${line}`;
/** Content type (null: none) and body. */
const bodies: readonly (readonly [string, string | null, string | Buffer])[] = [
  ['no type', null, 'x'],
  ['broken type', ';;;', 'x'],
  ['half a type', 'application/', 'x'],
  ['unknown type', 'application/xml', '<a/>'],
  ['text', 'text/plain', 'x'],
  ['bytes', 'application/octet-stream', Buffer.from([0, 255, 254, 0])],
  ['no JSON', 'application/json', ''],
  ['broken JSON', 'application/json', '{"a":'],
  ['JSON null', 'application/json', 'null'],
  ['JSON list', 'application/json', '[[],{}]'],
  ['JSON string', 'application/json; charset=utf-16', '"\\u0000\\ud800"'],
  ['JSON prototype', 'application/json', '{"__proto__":{"x":1},"constructor":{"prototype":1}}'],
  ['deep JSON', 'application/json', '['.repeat(50_000) + ']'.repeat(50_000)],
  ['odd JSON', 'application/json', '{"login":1,"answers":[],"content":{},"counties":"x","groups":null}'],
  ['no form', form, ''],
  ['broken form', form, '%=%&&=%E0%A4%A&%00=%00&__proto__=1&constructor=2&hasOwnProperty=3'],
  [
    'repeated fields',
    form,
    'code=1&code=2&login=a&login=b&password=a&password=b&_lang=x&_lang=y&next=a&next=b',
  ],
  [
    'odd fields',
    form,
    'groups=x&groups=__proto__&group=x&role=x&kind=x&format=x&county=x&counties=%00&text=%00&dice=%00&questionnaires=x&profile=x&closesAt=x&storageUntil=9&weight=NaN&decision=x&id=x&content=x&reason=%00&cells=1e999&channels=x&no=-1&step=99&_code=%00&_lang=x&_size=x&receipt=%00&language=x&back=//x&before=x',
  ],
  ['many fields', form, Array.from({ length: 3000 }, (_, i) => `f${i}=${i}`).join('&')],
  ['multipart without boundary', 'multipart/form-data', `${part('a')}x\r\n--${line}--\r\n`],
  ['multipart with an empty boundary', 'multipart/form-data; boundary=', 'x'],
  ['multipart, empty', multipart, ''],
  ['multipart, garbage', multipart, 'x'.repeat(1000)],
  ['multipart, broken off in a field', multipart, `${part('_csrf')}x`],
  ['multipart, broken off in a file', multipart, `${part('f', '; filename="a.csv"')}a,b`],
  ['multipart, broken off in the header', multipart, `--${line}\r\nContent-Disposition: form-data; na`],
  ['multipart, header without a name', multipart, `--${line}\r\nX: y\r\n\r\nz\r\n--${line}--\r\n`],
  ['multipart, prototype', multipart, `${part('__proto__')}x\r\n--${line}--\r\n`],
  [
    'multipart, JSON field',
    multipart,
    `--${line}\r\nContent-Disposition: form-data; name="a"\r\nContent-Type: application/json\r\n\r\n{\r\n--${line}--\r\n`,
  ],
  ['multipart, many parts', multipart, `${`${part('a')}x\r\n`.repeat(100)}--${line}--\r\n`],
  ['multipart, nameless file', multipart, `${part('f', '; filename=""')}\r\n--${line}--\r\n`],
  ['multipart, mixed', 'multipart/mixed; boundary=b', `${part('a')}x\r\n--${line}--\r\n`],
];

describe('hostile input gets our own reply', () => {
  it('for every route × method × broken body, to the public and to the administrator', async () => {
    const list = patterns();
    expect(list.length).toBeGreaterThan(80);
    for (const as of [null, admin])
      for (const pattern of list)
        for (const [name, type, payload] of bodies)
          for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'] as const) {
            // A wrong method is tried with one body.
            const known = staff.app.declaredRoutes.some((r) => r.url === pattern && r.method === method);
            if (!known && name !== 'broken JSON') continue;
            const headers = type === null ? {} : { 'content-type': type };
            await send(
              { method, url: address(pattern, valid()), payload, headers },
              as,
              `${pattern} ${name}`,
            );
          }
    expect((await world.campaign(draft.id)).state).toBe('draft');
  }, 300_000);

  it('for 5 MB of headers in a part', async () => {
    const payload = `--${line}\r\n${`X-Long: ${'y'.repeat(1000)}\r\n`.repeat(5000)}\r\nx\r\n--${line}--\r\n`;
    for (const pattern of patterns()) {
      const method = (['POST', 'PUT'] as const).find((m) =>
        staff.app.declaredRoutes.some((r) => r.url === pattern && r.method === m),
      );
      if (method === undefined) continue;
      const headers = { 'content-type': multipart };
      await send({ method, url: address(pattern, valid()), payload, headers }, admin, pattern);
    }
  }, 120_000);

  it.each([
    ['cross-site', { 'sec-fetch-site': 'cross-site' }],
    ['same-site', { 'sec-fetch-site': 'same-site' }],
    ['odd cookies', { cookie: 'manyi=%%%; size=large; =;;=; manyi=\u00ff' }],
    ['odd negotiation', { accept: ';;;q=,', 'accept-encoding': 'br;q=0, ;;, *;q=0', range: 'bytes=9-1' }],
    ['a program', { accept: 'application/json' }],
    ['a list of languages', { 'accept-language': `en,${'zh;q=0.1,'.repeat(500)}` }],
    [
      'forwarding',
      { 'x-forwarded-for': '::1, junk', forwarded: 'for=;;', 'x-http-method-override': 'DELETE' },
    ],
  ])(
    'for every route × method with headers: %s',
    async (name, headers) => {
      for (const pattern of patterns())
        for (const method of methods) {
          const payload = method === 'GET' || method === 'HEAD' ? undefined : 'a=b';
          const type = payload === undefined ? {} : { 'content-type': form };
          const url = address(pattern, valid());
          await send(
            { method, url, headers: { ...type, ...headers }, ...(payload !== undefined && { payload }) },
            null,
            `${pattern} ${name}`,
          );
        }
    },
    120_000,
  );

  it('for every route × broken part of the address', async () => {
    const parts = [
      '%00',
      '%E0%A4%A',
      '%',
      '%ED%A0%80',
      'x'.repeat(119),
      'x'.repeat(3000),
      '..%2f..%2fetc%2fpasswd',
      '__proto__',
      '%7B%7D',
      '満意',
      "'%22%3C--",
    ];
    const queries = [
      '',
      '?lang=en&lang=x',
      '?lang[]=en',
      '?__proto__=1&size=x&size=y',
      '?%00&%',
      '?before=-1&limit=x&county=&format=&step=-1&code=%00&index=-1&size=1e999&from=&to=x',
    ];
    for (const as of [null, admin])
      for (const pattern of patterns())
        for (const part of parts)
          for (const query of queries) {
            if (query !== '' && part !== '%00') continue;
            const broken = Object.fromEntries(
              ['campaign', 'county', 'code', 'file', 'user', 'import', 'proposal', 'link', 'random', '*'].map(
                (name) => [name, part],
              ),
            );
            await send(
              { method: 'GET', url: address(pattern, broken) + query },
              as,
              `${pattern} ${part}${query}`,
            );
            // One parameter alone, the others right.
            for (const name of Object.keys(broken))
              if (query === '' && pattern.includes(`:${name}`))
                await send(
                  { method: 'GET', url: address(pattern, { ...valid(), [name]: part }) },
                  as,
                  `${pattern} ${name}=${part}`,
                );
          }
    for (const url of [
      '/%',
      '/s/%E0%A4%A',
      '/staff/%',
      '/api/v1/%',
      '/assets/%00',
      '//',
      '/\u0000',
      '/?lang=%',
    ])
      await send({ method: 'GET', url }, null, url);
  }, 300_000);
});

/** Byte by byte, past every client's own checks. */
function raw(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let reply = '';
    socket.setTimeout(20_000, () => socket.destroy(new Error('no reply')));
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => (reply += chunk));
    // Written to a socket that the server has closed: what it said before counts.
    socket.on('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EPIPE' || error.code === 'ECONNRESET' ? resolve(reply) : reject(error),
    );
    socket.on('close', () => resolve(reply));
    socket.write(text);
  });
}

describe('what is hardly HTTP', () => {
  const end = 'Host: x\r\nConnection: close\r\n\r\n';
  it.each([
    ['a bad address', `GET /s/%E0%A4%A HTTP/1.1\r\nAccept-Language: en\r\n${end}`, 400, 'not complete'],
    [
      'a bad address of the API',
      `GET /api/v1/%zz HTTP/1.1\r\nAccept-Language: en\r\n${end}`,
      400,
      '"code":"http.bad-address"',
    ],
    ['a long part', `GET /s/${'A'.repeat(500)} HTTP/1.1\r\nAccept-Language: en\r\n${end}`, 414, 'too long'],
    ['the language in the address', `GET /s/%zz?lang=en HTTP/1.1\r\n${end}`, 400, '<html lang="en"'],
    ['an unknown method', `BREW / HTTP/1.1\r\n${end}`, 400, 'could not be read'],
    ['another protocol', `\x16\x03\x01\x02\x00`, 400, 'could not be read'],
    ['a NUL', `GET /\0 HTTP/1.1\r\n${end}`, 400, 'could not be read'],
    ['20 kB of headers', `GET / HTTP/1.1\r\nX: ${'x'.repeat(20_000)}\r\n${end}`, 431, 'cookies'],
    ['a length that is none', `POST / HTTP/1.1\r\nContent-Length: x\r\n${end}`, 400, 'could not be read'],
    [
      'two lengths',
      `POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n${end}`,
      400,
      'could not be read',
    ],
  ])('%s', async (_, text, status, says) => {
    const reply = await raw(text);
    expect(reply).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(reply).toContain(says);
    expect(reply).not.toContain('FST_ERR');
  });
});

describe('a route', () => {
  it('cannot be registered before the error handler', async () => {
    const { default: fastify } = await import('fastify');
    const { access, anyone } = await import('../../src/http/plugins/access.ts');
    const app = fastify();
    await app.register(access);
    expect(() => app.get('/early', anyone, async () => 'x')).toThrow(
      '/early is registered before the error handler',
    );
    await app.close();
  });
});
