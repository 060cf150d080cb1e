/** The file of channels: the examples that are documented are the ones that are tested, and a fault names its place and never a value. */
import { describe, expect, test } from 'vitest';
import { AppError } from '../../src/domain/errors.ts';
import { parseChannels } from '../../src/domain/messaging/channel-settings.ts';
import { Secret } from '../../src/domain/secret.ts';
import { inspect } from 'node:util';
import { createChannels } from '../../src/messaging/index.ts';
import { examples, exampleOf, receiptSecret, settingsOf } from './rigs.ts';

const read = (entries: unknown, secret: string | null = 'hunter2-hunter2-hunter2') => {
  try {
    const text = typeof entries === 'string' ? entries : JSON.stringify(entries);
    parseChannels(
      text,
      () => secret ?? undefined,
      () => undefined,
    );
    return [];
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    expect(JSON.stringify(error)).not.toContain('hunter2');
    return error.issues.map((i) => `${i.message} ${String(i.params?.['field'] ?? '')}`.trim());
  }
};
const smpp = () => exampleOf('smpp');
const kannel = () => exampleOf('http', 0);

describe('the file of channels', () => {
  test('several of a kind are told apart by name, in what is scheduled and in the addresses that gateways call', () => {
    const inbound = {
      auth: { kind: 'token', in: 'query', name: 'token', secret: { env: 'KANNEL_RECEIPTS' } },
      ...{ format: 'query', from: 'from', text: 'text' },
    };
    const settings = settingsOf({ ...kannel(), inbound }, { ...kannel(), name: 'second' }, smpp());
    const { list, receivers } = createChannels(settings, {
      ...{ mail: null, publicUrl: 'https://my.example.cn', now: () => 0, random: () => 0 },
      ...{ nonce: () => '', log: () => undefined },
    });
    expect(list.map(({ name, kind }) => [name, kind])).toEqual([
      ['http', 'http'],
      ['second', 'http'],
      ['smpp', 'smpp'],
    ]);
    expect(receivers.map((r) => `${r.what}/${r.channel}`)).toEqual([
      'receipts/http',
      'replies/http',
      'receipts/second',
    ]);
  });

  // Calls as the vendors document them: Aliyun’s SmsUp, Tencent’s “SMS Reply”.
  test.each([
    [
      'aliyun',
      '[{"phone_number":"13800138000","content":"退订","send_time":"2017-09-01 00:00:00","dest_code":"1234","sequence_id":"1234567890"}]',
      { code: 0, msg: 'OK' },
    ],
    [
      'tencent',
      '{"extend":"","mobile":"13800138000","nationcode":"86","sign":"某市教育督导室","text":"退订","time":1457336869}',
      { result: 0, errmsg: 'OK' },
    ],
  ])('%s: what people reply is taken with the token alone', async (kind, body, answer) => {
    const { list, receivers } = createChannels(settingsOf(examples.find((e) => e.kind === kind)), {
      ...{ mail: null, publicUrl: 'https://my.example.cn', now: () => 0, random: () => 0 },
      ...{ nonce: () => '', log: () => undefined },
    });
    const heard: unknown[] = [];
    list[0]!.onReply!(async (reply) => void heard.push(reply));
    const replies = receivers.find((r) => r.what === 'replies')!;
    const headers = {};
    expect(await replies.receive({ query: { token: 'wrong' }, headers, body })).toEqual({ kind: 'refused' });
    const taken = await replies.receive({ query: { token: receiptSecret }, headers, body });
    expect(taken).toMatchObject({ kind: 'taken', contentType: 'application/json' });
    expect(taken.kind === 'taken' && JSON.parse(taken.body)).toEqual(answer);
    expect(heard).toEqual([{ from: '13800138000', text: '退订' }]);
    await list[0]!.close();
  });

  test('takes every example of the README, and keeps no secret where it can be read', () => {
    expect(examples.map((e) => e.kind)).toEqual(['smpp', 'http', 'http', 'aliyun', 'tencent', 'email']);
    for (const example of examples) {
      const settings = settingsOf(example);
      for (const shown of [JSON.stringify(settings), inspect(settings, { depth: 9, showHidden: true })])
        expect(shown).not.toMatch(/-secret|-pass|0123456789/);
    }
    expect(String(new Secret('hunter2'))).toBe('[secret]');
  });

  test.each<[string, unknown, string[]]>([
    ['no JSON', '{', ['channels.json']],
    ['no list', '{}', ['channels.json']],
    ['unknown kind', [{ kind: 'fax' }], ['channels.field kind']],
    ['a field too many', [{ ...smpp(), passwort: 'x' }], ['channels.field kind']],
    ['a secret in the file', [{ ...smpp(), password: 'hunter2' }], ['channels.field password']],
    ['credentials in an address', [{ ...smpp(), url: 'smpp://u:p@h:1' }], ['channels.field url']],
    [
      'a window that ends first',
      [{ ...smpp(), window: { from: '20:00', to: '09:00' } }],
      ['channels.field window'],
    ],
    ['two of a kind', [smpp(), smpp()], ['channels.twice smpp']],
    [
      'two of a name',
      [
        { ...kannel(), name: 'b' },
        { ...smpp(), name: 'b' },
      ],
      ['channels.twice b'],
    ],
    ['a name that no address may hold', [{ ...smpp(), name: '一号' }], ['channels.field name']],
    [
      'a name that nothing fills',
      [{ ...kannel(), request: { ...kannel().request, url: 'http://h/{phone}' } }],
      ['channels.field request {phone}'],
    ],
    [
      'a secret that is not named',
      [{ ...kannel(), secrets: {} }],
      ['channels.field request {secret.password}', 'channels.field request {secret.receipts}'],
    ],
    [
      'a body with GET',
      [{ ...kannel(), request: { ...kannel().request, json: {} } }],
      ['channels.field request'],
    ],
    [
      'a pattern that is none',
      [{ ...kannel(), reply: { ...kannel().reply, code: '(' } }],
      ['channels.field reply'],
    ],
    ['a certificate that is not there', [{ ...smpp(), ca: '/none' }], ['channels.ca ca']],
  ])('%s', (_, entries, faults) => expect(read(entries)).toEqual(faults));

  test('wants every secret, and a long one where everybody can call', () => {
    expect(read([smpp()], null)).toEqual(['channels.secret password']);
    expect(read([smpp()], '')).toEqual(['channels.secret password']);
    expect(read([kannel()], 'hunter2')).toEqual(['channels.short-secret receipt.auth.secret']);
  });
});
