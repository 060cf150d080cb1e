/** What SMPP has beyond the contract of all channels: bytes, window, TLS, the gateway's own words, and the session that comes back. */
import { readFileSync } from 'node:fs';
import smpp from 'smpp';
import { afterEach, describe, expect, test } from 'vitest';
import type { Channel, Receipt, Reply } from '../../src/domain/messaging/channel.ts';
import { countSegments, splitSegments } from '../../src/domain/messaging/segments.ts';
import { createSubmissions, outcomeOfStatus, partsOf, receiptOf } from '../../src/messaging/smpp-pdu.ts';
import { startSmsc, type Smsc } from '../support/gateways/smsc.ts';
import { exampleOf, makeChannel } from './rigs.ts';

let smsc: Smsc | undefined;
let channel: Channel | undefined;
afterEach(async () => {
  await channel?.close();
  await smsc?.close();
  channel = smsc = undefined;
});

async function connect(more: object = {}, around: { readonly ca?: string } = {}) {
  const events: [string, unknown][] = [];
  const url = `smpp://127.0.0.1:${smsc!.port}`;
  const made = makeChannel(
    { ...exampleOf('smpp'), url, patience: 2, maxSegments: 20, ...more },
    events,
    around,
  );
  channel = made.channel;
  return events;
}
const send = (text: string, id = 'm1', to = '13800138000') => channel!.send({ id, to, text, variables: {} });

const long = '尊敬的家长：教育满意度调查请您参加。'.repeat(8);
const texts = [
  'Survey: visit my.example.cn, code 0123456789.',
  'price €[{}]\\^~| £¥èéùìòÇØøÅåΔΦΓΛΩΠΨΣΘΞÆæßÉ¤¡ÄÖÑÜ§¿äöñüà_@$',
  'a'.repeat(152) + '€' + 'b'.repeat(200),
  '【某县】请访问 my.example.cn 输入答题码0123456789。',
  long,
  '家'.repeat(66) + '😀' + '长'.repeat(80),
  '“引号”—破折号…省略号',
];

describe('texts', () => {
  test.each(['udh', 'payload'])('every kind of text arrives word for word, long ones by %s', async (way) => {
    smsc = await startSmsc();
    await connect({ long: way });
    for (const [i, text] of texts.entries()) {
      const { segments, encoding } = countSegments(text);
      const before = smsc.submitted.length;
      expect(await send(text, `m${i}`)).toMatchObject({ kind: 'accepted', segments });
      expect(smsc.received.at(-1)?.text).toBe(text);
      const pdus = smsc.submitted.slice(before);
      expect(pdus.length).toBe(way === 'udh' ? segments : 1);
      for (const pdu of pdus) expect(pdu['data_coding']).toBe(encoding === 'GSM-7' ? 0 : 8);
      // One receipt a message.
      expect(pdus.map((pdu) => pdu['registered_delivery'])).toEqual([...pdus.slice(1).map(() => 0), 1]);
    }
  });

  test('is byte for byte what the library makes of it, whatever the sender and the time', () => {
    for (const source_addr of ['', '1069012345', 'Survey 2026'])
      for (const validity_period of ['', '000001000000000R']) {
        const fields = { source_addr, source_addr_ton: 5, dest_addr_npi: 1, validity_period };
        const encode = createSubmissions(smpp, fields);
        for (const text of texts)
          for (const part of partsOf(text, () => 77)) {
            const esmClass = part.bytes.length % 2 === 0 ? 0 : 0x40;
            const submission = { to: '8613800138000', part, esmClass, wantsReceipt: false } as const;
            const made = encode(submission, 0x01020304);
            const whole = new smpp.PDU('submit_sm', {
              ...{ ...fields, sequence_number: 0x01020304, destination_addr: '8613800138000' },
              ...{ esm_class: esmClass, registered_delivery: 0, data_coding: part.dataCoding },
              short_message: part.bytes,
            });
            expect(made.toString('hex')).toBe(whole.toBuffer().toString('hex'));
          }
      }
  });

  test('the same message has the same reference at every attempt, so that a phone keeps one', async () => {
    smsc = await startSmsc();
    await connect();
    await send(long, 'same');
    await send(long, 'same');
    const references = smsc.submitted.map((pdu) => (pdu['short_message'] as { udh: Buffer[] }).udh[0]![2]);
    expect(new Set(references).size).toBe(1);
  });

  test('a later part that is throttled may have reached the person in part', async () => {
    smsc = await startSmsc();
    await connect();
    smsc.behave(() => (smsc!.submitted.length < 2 ? 'accept' : 'throttle'));
    expect(await send(long)).toMatchObject({ kind: 'retry', reason: 'throttled', mayHaveBeenSent: true });
  });

  test('more segments than allowed are refused before anything is sent', async () => {
    smsc = await startSmsc();
    await connect({ maxSegments: 1 });
    expect(await send(long)).toEqual({ kind: 'refused', reason: 'rejected' });
    expect(smsc.submitted).toEqual([]);
  });

  test('a text is cut where its segments are counted, and nothing is lost', () => {
    for (const text of texts) {
      const { parts } = splitSegments(text);
      expect(parts.length).toBe(countSegments(text).segments);
      expect(parts.join('')).toBe(text);
    }
  });
});

describe('the session', () => {
  test('never has more unanswered submissions than the window allows', async () => {
    smsc = await startSmsc();
    await connect({ outstanding: 3 });
    await send('first');
    smsc.behave('late');
    const sending = Array.from({ length: 9 }, (_, i) => send(`text ${i}`, `m${i}`));
    await expect.poll(() => smsc!.submitted.length).toBe(4);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(smsc.submitted.length).toBe(4);
    smsc.cutAll();
    expect((await Promise.all(sending)).every((o) => o.kind === 'retry')).toBe(true);
  });

  test('what people write back is no receipt, and is given again until it is stored', async () => {
    smsc = await startSmsc();
    await connect();
    const heard: Reply[] = [];
    let isFull = true;
    channel!.onReceipt(() => Promise.reject(new Error('no receipt')));
    channel!.onReply!(async (reply) => {
      if (isFull) throw new Error('disk full');
      heard.push(reply);
    });
    await expect.poll(() => smsc!.binds.length).toBe(1);
    await send('text');
    expect(await smsc.say('8613800138000', 'TD')).toBe(false);
    isFull = false;
    expect(await smsc.say('8613800138000', 'TD')).toBe(true);
    expect(await smsc.say('13800138001', '退订')).toBe(true);
    expect(heard).toEqual([
      { from: '8613800138000', text: 'TD' },
      { from: '13800138001', text: '退订' },
    ]);
  });

  test('comes back by itself after a loss, to take receipts', async () => {
    smsc = await startSmsc();
    await connect();
    const receipts: Receipt[] = [];
    channel!.onReceipt(async (receipt) => void receipts.push(receipt));
    await expect.poll(() => smsc!.binds.length).toBe(1);
    await send('text');
    smsc.cutAll();
    await expect.poll(() => smsc!.binds.length, { timeout: 5_000 }).toBe(2);
    expect(await smsc.deliver('1', 'DELIVRD')).toBe(true);
    expect(receipts).toEqual([{ providerId: '1', state: 'delivered' }]);
  });

  test('a gateway that is away is asked less and less often, and the log names no secret', async () => {
    smsc = await startSmsc();
    const events = await connect();
    await smsc.close();
    const outcome = await send('text');
    expect(outcome).toMatchObject({ kind: 'retry', reason: 'unavailable', mayHaveBeenSent: false });
    const second = await send('text');
    expect(second.kind === 'retry' && (second.afterMs ?? 0) > 0).toBe(true);
    expect(events).toEqual([['smpp.unreachable', { code: 'ECONNREFUSED' }]]);
  });

  test('speaks TLS, and only with whom it trusts', async () => {
    // Nobody's but this test's: it names localhost alone.
    const [key, cert] = ['key', 'cert'].map((what) =>
      readFileSync(new URL(`../fixtures/tls/localhost.${what}.pem`, import.meta.url), 'utf8'),
    ) as [string, string];
    smsc = await startSmsc({ key, cert });
    const url = `smpps://localhost:${smsc.port}`;
    await connect({ url });
    expect(await send('text')).toMatchObject({
      kind: 'retry',
      reason: 'unavailable',
      mayHaveBeenSent: false,
    });
    await channel!.close();
    await connect({ url }, { ca: cert });
    expect(await send('text')).toMatchObject({ kind: 'accepted' });
    expect(smsc.binds.length).toBe(1);
  });

  test('the number, the sender and the time that a message is valid are as configured', async () => {
    smsc = await startSmsc();
    await connect({ numbers: 'international', from: 'Survey', validHours: 30 });
    await send('text');
    expect(smsc.submitted[0]).toMatchObject({
      destination_addr: '8613800138000',
      dest_addr_ton: 1,
      source_addr: 'Survey',
      source_addr_ton: 5,
    });
    await channel!.close();
    await connect({ from: '1069012345', validHours: 0 });
    await send('text');
    expect(smsc.submitted[1]).toMatchObject({
      destination_addr: '13800138000',
      source_addr_ton: 0,
      source_addr_npi: 1,
      validity_period: '',
    });
  });

  test('an id in hexadecimal is known again in decimal', async () => {
    smsc = await startSmsc();
    await connect({ ids: 'hex' });
    const receipts: Receipt[] = [];
    channel!.onReceipt(async (receipt) => void receipts.push(receipt));
    for (let i = 1; i < 16; i++) await send('text', `m${i}`);
    const outcome = await send('text', 'm16');
    // The gateway counts in decimal words, "16", which read as hexadecimal is 22.
    expect(outcome).toMatchObject({ providerId: '22' });
    await smsc.deliver('0000000022', 'DELIVRD');
    expect(receipts).toEqual([{ providerId: '22', state: 'delivered' }]);
  });
});

describe('statuses and receipts', () => {
  test.each([
    [0x0b, { kind: 'refused', reason: 'wrong-number' }],
    [0x58, { kind: 'retry', reason: 'throttled', afterMs: 1000, mayHaveBeenSent: false }],
    [0x14, { kind: 'retry', reason: 'throttled', afterMs: 1000, mayHaveBeenSent: false }],
    [0x08, { kind: 'retry', reason: 'unavailable', mayHaveBeenSent: false }],
    [0x01, { kind: 'refused', reason: 'rejected' }],
    [0x410, { kind: 'refused', reason: 'opted-out' }],
  ])('status %i', (status, outcome) => {
    expect(outcomeOfStatus(status, { '0x410': 'opted-out' })).toEqual(outcome);
  });

  // SMPP 3.4 appendix B, and what gateways make of it.
  const text = (stat: string, err = '000') =>
    `id:0123456789 sub:001 dlvrd:001 submit date:2611291000 done date:2611291001 stat:${stat} err:${err} text:【某县】`;
  test.each([
    [text('DELIVRD'), { providerId: '0123456789', state: 'delivered' }],
    [text('delivrd'), { providerId: '0123456789', state: 'delivered' }],
    [text('EXPIRED'), { providerId: '0123456789', state: 'expired' }],
    [text('UNDELIV'), { providerId: '0123456789', state: 'failed' }],
    [text('UNDELIV', '027'), { providerId: '0123456789', state: 'wrong-number' }],
    [text('MK:0001'), { providerId: '0123456789', state: 'wrong-number' }],
    [text('ENROUTE'), null],
    [text('ACCEPTD'), null],
    [text('XX'), null],
    ['R', 'other'],
  ])('%s', (short_message, expected) => {
    const own = { '027': 'wrong-number', 'MK:0001': 'wrong-number' } as const;
    expect(receiptOf({ esm_class: 4, short_message }, own)).toEqual(expected);
    // Somebody's own message may look like a receipt.
    expect(receiptOf({ esm_class: 0, short_message }, own)).toBe('other');
  });

  test('optional parameters count where there is no text', () => {
    const pdu = { esm_class: 4, receipted_message_id: 'a1', short_message: '' };
    expect(receiptOf({ ...pdu, message_state: 2 }, {})).toEqual({ providerId: 'a1', state: 'delivered' });
    expect(receiptOf({ ...pdu, message_state: 5 }, {})).toEqual({ providerId: 'a1', state: 'failed' });
    expect(receiptOf({ ...pdu, message_state: 1 }, {})).toBeNull();
  });
});
