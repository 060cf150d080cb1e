/** An HTTP gateway by its settings: what is put where, what answers mean, and whose receipts are believed. */
import { createHash, createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { Secret } from '../../src/domain/secret.ts';
import { fillRequest, type RequestTemplate } from '../../src/messaging/http-template.ts';
import { createReceiver, createReplyReceiver, type ReceiptMapping } from '../../src/messaging/receiver.ts';
import { startWebGateway } from '../support/gateways/web.ts';
import { exampleOf, makeChannel } from './rigs.ts';

const hostile = '"}, "to": "1"\r\n&to=1{secret.key}%00\u2028😀';
const plain: RequestTemplate = {
  method: 'POST',
  url: 'https://h.example/{to}/send?fixed=1',
  headers: {},
  query: {},
  form: undefined,
  json: undefined,
  signature: undefined,
};
const values = new Map([
  ['id', 'm1'],
  ['to', '../138'],
  ['text', hostile],
  ['seconds', '1700000000'],
]);
const secrets = new Map([['key', new Secret('k')]]);
const fill = (more: Partial<RequestTemplate>) => fillRequest({ ...plain, ...more }, values, secrets);

describe('templates', () => {
  test('a text adds no field, wherever it stands, and is not filled again', () => {
    const query = new URL(fill({ query: { text: '{text}' } }).url);
    expect([...query.searchParams]).toEqual([
      ['fixed', '1'],
      ['text', hostile],
    ]);
    expect(query.pathname).toBe('/..%2F138/send');
    expect([...new URLSearchParams(fill({ form: { to: '{to}', text: '{text}' } }).body)]).toEqual([
      ['to', '../138'],
      ['text', hostile],
    ]);
    expect(JSON.parse(fill({ json: { list: [{ text: 'x{text}' }], n: 1, no: null } }).body!)).toEqual({
      list: [{ text: `x${hostile}` }],
      n: 1,
      no: null,
    });
  });

  test.each([
    ['md5', 'hex', createHash('md5').update('m1k1700000000').digest('hex')],
    ['md5', 'HEX', createHash('md5').update('m1k1700000000').digest('hex').toUpperCase()],
    ['hmac-sha256', 'base64', createHmac('sha256', 'k').update('m1k1700000000').digest('base64')],
  ] as const)('signature by %s in %s', (algorithm, encoding, expected) => {
    const key = algorithm === 'md5' ? undefined : 'key';
    const signature = { algorithm, encoding, over: '{id}{secret.key}{seconds}', key };
    expect(new URLSearchParams(fill({ form: { sign: '{signature}' }, signature }).body).get('sign')).toBe(
      expected,
    );
  });

  test('a signature over all fields, sorted by name', () => {
    const signature = {
      algorithm: 'md5',
      encoding: 'hex',
      over: '{fields}&key={secret.key}',
      key: undefined,
    } as const;
    const { body } = fill({ form: { to: '{to}', b: '{id}', a: '1', sign: '{signature}' }, signature });
    const expected = createHash('md5').update('a=1&b=m1&to=../138&key=k').digest('hex');
    expect(new URLSearchParams(body).get('sign')).toBe(expected);
  });
});

describe('answers', () => {
  test.each([
    [429, '{}', { kind: 'retry', reason: 'throttled', mayHaveBeenSent: false }],
    [401, '{}', { kind: 'retry', reason: 'unavailable', mayHaveBeenSent: false }],
    [302, '{}', { kind: 'retry', reason: 'unavailable', mayHaveBeenSent: false }],
    [500, 'oops', { kind: 'retry', reason: 'unavailable', mayHaveBeenSent: true }],
    [503, 'oops', { kind: 'retry', reason: 'unavailable', mayHaveBeenSent: false }],
    [200, 'no JSON', { kind: 'retry', reason: 'unavailable', mayHaveBeenSent: true }],
    [200, '{"code":"1007"}', { kind: 'refused', reason: 'blocked-text' }],
    [200, '{"code":"1009"}', { kind: 'retry', reason: 'unavailable', mayHaveBeenSent: false }],
    [200, '{"code":"4711"}', { kind: 'refused', reason: 'rejected' }],
    [200, '{"code":{"__proto__":1}}', { kind: 'retry', reason: 'unavailable', mayHaveBeenSent: true }],
    [200, '{"code":"0","data":{"taskId":"t1"}}', { kind: 'accepted', providerId: 't1', segments: 1 }],
    [200, '{"code":0}', { kind: 'accepted', providerId: undefined, segments: 1 }],
  ])('%i %s', async (status, body, outcome) => {
    const gateway = await startWebGateway({
      read: () => ({ to: '', text: '' }),
      answer: () => [status, body],
      call: () => ({ query: {}, headers: {}, body: '' }),
    });
    const entry = { ...exampleOf('http', 1), idempotent: false, patience: 2 };
    entry.request.url = `${gateway.url}/v1`;
    const { channel } = makeChannel(entry, []);
    try {
      const message = { id: 'm1', to: '13800138000', text: 'text', variables: {} };
      expect(await channel.send(message)).toEqual(outcome);
    } finally {
      await channel.close();
      await gateway.close();
    }
  });
});

describe('receipts', () => {
  const secret = new Secret('receipts-secret-0123456789');
  const mapping: ReceiptMapping = {
    auth: { kind: 'token', in: 'query', name: 'token', secret },
    format: 'json',
    list: 'reports',
    id: 'id',
    state: 'status',
    states: { D: 'delivered' },
    answer: { contentType: 'text/plain', body: 'OK' },
  };
  const signed = { kind: 'hmac', header: 'X-Sign', algorithm: 'sha256', encoding: 'hex', secret } as const;
  const got: unknown[] = [];
  const receive = (m: ReceiptMapping, call: { query?: object; headers?: object; body?: string }) =>
    createReceiver('http', m, () => async (receipt) => void got.push(receipt)).receive({
      query: {},
      headers: {},
      body: '{"reports":[{"id":1,"status":"D"},{"id":"b","status":"X"}]}',
      ...call,
    } as never);
  const token = { token: secret.reveal() };

  test('a reply is believed with the secret alone, and read where the mapping says', async () => {
    const heard: unknown[] = [];
    const where = { auth: mapping.auth, format: 'form', list: '', from: 'mobile', text: 'content' } as const;
    const ask = (query: object, body: string) =>
      createReplyReceiver(
        'http',
        { ...where, answer: mapping.answer },
        () => async (reply) => void heard.push(reply),
      ).receive({
        ...{ query, headers: {}, body },
      } as never);
    expect(await ask({}, 'mobile=1&content=T')).toEqual({ kind: 'refused' });
    expect(await ask(token, 'mobile=1')).toEqual({ kind: 'unreadable' });
    expect(await ask(token, 'mobile=13800138000&content=%E9%80%80%E8%AE%A2')).toMatchObject({
      kind: 'taken',
    });
    expect(heard).toEqual([{ from: '13800138000', text: '退订' }]);
  });

  test('nobody is believed without the secret, however it is written', async () => {
    for (const query of [
      {},
      { token: '' },
      { token: 'x' },
      { token: [secret.reveal()] },
      { token: `${secret.reveal()}x` },
    ])
      expect(await receive(mapping, { query })).toEqual({ kind: 'refused' });
    const body = '{"reports":[]}';
    const right = createHmac('sha256', secret.reveal()).update(body).digest('hex');
    for (const headers of [
      {},
      { 'x-sign': right.replace(/./, (c) => (c === '0' ? '1' : '0')) },
      { 'x-sign': '' },
    ])
      expect(await receive({ ...mapping, auth: signed }, { headers, body })).toEqual({ kind: 'refused' });
    // Right, but of another body.
    expect(
      await receive({ ...mapping, auth: signed }, { headers: { 'x-sign': right }, body: `${body} ` }),
    ).toEqual({
      kind: 'refused',
    });
    expect(got).toEqual([]);
    expect(
      await receive({ ...mapping, auth: signed }, { headers: { 'x-sign': right.toUpperCase() }, body }),
    ).toEqual({
      kind: 'taken',
      contentType: 'text/plain',
      body: 'OK',
    });
    const bearer = { ...mapping.auth, kind: 'token', in: 'header', name: 'Authorization', secret } as const;
    const headers = { authorization: `Bearer ${secret.reveal()}` };
    expect((await receive({ ...mapping, auth: bearer }, { headers })).kind).toBe('taken');
  });

  test('a word that means nothing here is passed over, unless every other word means one thing', async () => {
    got.length = 0;
    await receive(mapping, { query: token });
    expect(got).toEqual([{ providerId: '1', state: 'delivered' }]);
    got.length = 0;
    await receive({ ...mapping, otherwise: 'failed' }, { query: token });
    expect(got).toEqual([
      { providerId: '1', state: 'delivered' },
      { providerId: 'b', state: 'failed' },
    ]);
  });

  test('what is no receipt is not stored', async () => {
    got.length = 0;
    const many = JSON.stringify({ reports: Array.from({ length: 2001 }, () => ({ id: 1, status: 'D' })) });
    for (const body of [
      '',
      '{',
      'null',
      '{}',
      '{"reports":[{}]}',
      '{"reports":[{"id":{},"status":"D"}]}',
      many,
    ])
      expect([body.slice(0, 30), await receive(mapping, { query: token, body })]).toEqual([
        body.slice(0, 30),
        { kind: 'unreadable' },
      ]);
    for (const status of ['constructor', '__proto__', 'toString'])
      await receive(mapping, { query: token, body: JSON.stringify({ reports: [{ id: 1, status }] }) });
    expect(got).toEqual([]);
  });
});
