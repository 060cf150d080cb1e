import { afterEach, expect, test } from 'vitest';
import { createEmailChannel } from '../../src/messaging/email.ts';
import type { Channel } from '../../src/domain/messaging/channel.ts';
import { startMailServer, type Witnessing } from '../support/witnesses.ts';

let server: Witnessing | undefined;
let channel: Channel | undefined;
afterEach(async () => {
  await channel?.close();
  await server?.close();
});

test('a letter is accepted, with the message’s id as its own, and its text whole', async () => {
  server = await startMailServer();
  channel = createEmailChannel({ url: server.url, from: 'survey@example.cn', perSecond: 5, patience: 2000 });
  const text = '【某某市教育局】教育满意度调查：请访问 survey.example.cn 输入答题码7K3M9QX2RT。';
  const message = { id: 'm1', to: 'parent@example.cn', text, variables: {}, subject: '教育满意度调查' };
  expect(await channel.send(message)).toEqual({ kind: 'accepted', providerId: undefined, segments: 1 });
  const [letter = ''] = server.got;
  expect(letter).toMatch(/^Message-ID: <m1@example\.cn>$/im);
  const [, body = ''] = letter.split('\r\n\r\n');
  expect(Buffer.from(body, 'base64').toString('utf8').trim()).toBe(text);
});
