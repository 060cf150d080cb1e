/** Gateways that answer with anything but what they should: a page, bytes that mean nothing, a megabyte, an answer without an end. No message counts as taken. */
import { createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { fillSms } from '../../src/domain/messaging/sms-text.ts';
import { exampleOf, makeChannel } from './rigs.ts';

const page = '<!DOCTYPE html><html><body><h1>It works!</h1>0: Accepted {"code":"0"</body></html>';
const http = (status: string, type: string, body: string) =>
  `HTTP/1.1 ${status}\r\ncontent-type: ${type}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

type Behave = (socket: Socket) => void;
const says =
  (bytes: string | Buffer): Behave =>
  (socket) =>
    void socket.write(bytes);
const behaviours: readonly (readonly [string, Behave])[] = [
  ['a page of HTML', says(http('200 OK', 'text/html', page))],
  ['a proxy’s page', says(http('502 Bad Gateway', 'text/html', page))],
  ['an empty answer', says(http('200 OK', 'application/json', ''))],
  ['JSON of another kind', says(http('200 OK', 'application/json', '[null,{"code":{"code":"0"}}]'))],
  ['a megabyte', says(http('200 OK', 'application/json', `{"x":"${'x'.repeat(1_000_000)}"}`))],
  ['bytes that mean nothing', says(Buffer.alloc(5_000, Uint8Array.from([0, 0, 0, 3, 255, 0x80, 4])))],
  ['a huge length', says(Buffer.from('7fffffff8000000400000000', 'hex'))],
  ['the end', (socket) => socket.end()],
  [
    'an answer without an end',
    (socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n');
      const drip = setInterval(() => socket.write('{'), 100);
      socket.on('close', () => clearInterval(drip));
    },
  ],
];

const variables = { county: '某县', closes: '12月5日18时', address: 'my.example.cn', code: '0123456789' };
const text = fillSms('教育满意度调查：请访问 {address} 输入答题码{code}，勿转给他人。', {
  ...variables,
  signature: '某市教育督导室',
});

const channels: readonly (readonly [string, (port: number) => ReturnType<typeof makeChannel>])[] = [
  ['smpp', (port) => made({ ...exampleOf('smpp'), url: `smpp://127.0.0.1:${port}` })],
  ['http (Kannel)', (port) => made(at(exampleOf('http', 0), port))],
  ['http (signed JSON)', (port) => made(at(exampleOf('http', 1), port))],
  ['aliyun', (port) => made({ ...exampleOf('aliyun'), endpoint: `http://127.0.0.1:${port}` })],
  ['tencent', (port) => made({ ...exampleOf('tencent'), endpoint: `http://127.0.0.1:${port}` })],
  ['email', (port) => made(exampleOf('email'), `smtp://127.0.0.1:${port}`)],
];
const events: unknown[] = [];
const made = (entry: object, mailUrl?: string) =>
  makeChannel({ ...entry, patience: 1 }, events, mailUrl === undefined ? {} : { mailUrl });
function at(entry: any, port: number) {
  return { ...entry, request: { ...entry.request, url: `http://127.0.0.1:${port}/send` } };
}

let server: Server;
let behave: Behave;
const sockets = new Set<Socket>();
beforeAll(async () => {
  server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    socket.on('data', () => undefined);
    behave(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
beforeEach(() => void events.splice(0));
afterAll(() => {
  for (const socket of sockets) socket.destroy();
  server.close();
});

describe.each(channels)('%s, answered with', (name, connect) => {
  test.each(behaviours)('%s, keeps the message', async (_, behaviour) => {
    behave = behaviour;
    const { channel } = connect((server.address() as AddressInfo).port);
    const to = name === 'email' ? 'parent@example.cn' : '13800138000';
    try {
      const outcome = await channel.send({ id: 'm1', to, text, variables, subject: '教育满意度调查' });
      // Who says nothing that can be understood may have taken it, unless nothing was handed over, or its id keeps it from coming twice.
      const mayHaveBeenSent = ['http (Kannel)', 'aliyun', 'tencent'].includes(name);
      expect(outcome).toMatchObject({ kind: 'retry', mayHaveBeenSent });
      for (const hidden of [to, variables.code, 'secret'])
        expect(JSON.stringify([outcome, events])).not.toContain(hidden);
    } finally {
      await channel.close();
    }
  });
});
