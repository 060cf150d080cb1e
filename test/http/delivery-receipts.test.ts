/** The address that gateways call: bounded, and believed only with its secret. */
import { afterEach, expect, test } from 'vitest';
import type { ReceiptCall, ReceiptReply } from '../../src/domain/messaging/receipt-call.ts';
import { createApp, type TestApp } from './support.ts';

let t: TestApp;
afterEach(() => t.app.close());

const calls: ReceiptCall[] = [];
async function serve(receive: ((call: ReceiptCall) => Promise<ReceiptReply>) | null): Promise<TestApp> {
  const receivers = receive === null ? [] : [{ channel: 'http', receive }];
  t = await createApp({ http: { receivers } });
  return t;
}
const taken: ReceiptReply = { kind: 'taken', contentType: 'application/json', body: '{"code":0}' };
const url = '/gateway/receipts/http';

test('hands over query, headers and the very bytes, and answers what the gateway wants to hear', async () => {
  const { app } = await serve(async (call) => {
    calls.push(call);
    return taken;
  });
  const body = '{ "a" :  1 }';
  for (const type of ['application/json', 'application/x-www-form-urlencoded', 'text/plain', 'x/y']) {
    const reply = await app.inject({
      method: 'POST',
      url: `${url}?token=x`,
      body,
      headers: { 'content-type': type },
    });
    expect([type, reply.statusCode, reply.body]).toEqual([type, 200, '{"code":0}']);
    expect(calls.at(-1)).toMatchObject({ query: { token: 'x' }, headers: { 'content-type': type }, body });
  }
  expect((await app.inject({ url: `${url}?id=1` })).statusCode).toBe(200);
  expect(calls.at(-1)).toMatchObject({ query: { id: '1' }, body: '' });
  expect((await app.inject({ url: '/gateway/receipts/smpp' })).statusCode).toBe(404);
  expect(
    (await app.inject({ method: 'POST', url, body: 'x'.repeat(600_000), headers: { 'content-type': 'x/y' } }))
      .statusCode,
  ).toBe(413);
});

test('wrong secrets are limited by network, right ones never; a failure asks for another call', async () => {
  const { app } = await serve(async ({ query }) => {
    if (query['token'] === 'boom') throw new Error('disk full');
    return query['token'] === 'right' ? taken : { kind: 'refused' };
  });
  const ask = async (token: string) => (await app.inject({ url: `${url}?token=${token}` })).statusCode;
  const wrong = [];
  for (let i = 0; i < 25; i++) wrong.push(await ask('wrong'));
  expect(wrong.slice(0, 20)).toEqual(Array.from({ length: 20 }, () => 403));
  expect(wrong.slice(20)).toEqual([429, 429, 429, 429, 429]);
  expect(await ask('right')).toBe(200);
  const failed = await app.inject({ url: `${url}?token=boom` });
  expect([failed.statusCode, failed.headers['retry-after'], failed.body]).toEqual([503, '5', 'later\n']);
});

test('replies come to an address of their own', async () => {
  t = await createApp({
    http: { receivers: [{ channel: 'http', what: 'replies', receive: () => Promise.resolve(taken) }] },
  });
  expect((await t.app.inject({ url: '/gateway/replies/http' })).body).toBe('{"code":0}');
  expect((await t.app.inject({ url })).statusCode).toBe(404);
});

test('without such a channel there is no such address', async () => {
  const { app } = await serve(null);
  expect((await app.inject({ url })).statusCode).toBe(404);
});
