/** What every channel owes the outbox, whatever its gateway does (`domain/messaging/channel.ts`). */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { OutgoingMessage, Receipt, SendOutcome } from '../../src/domain/messaging/channel.ts';
import { fillSms } from '../../src/domain/messaging/sms-text.ts';
import { rigs, type Rig } from './rigs.ts';

const variables = { county: '某县', closes: '12月5日18时', address: 'my.example.cn' };
const template = '教育满意度调查：请访问 {address} 输入答题码{code}，勿转给他人。';

function messageOf(no: number, isMail: boolean): OutgoingMessage {
  const code = String(no).padStart(10, '0');
  const values = { ...variables, code };
  return {
    id: `m${no}-x`,
    to: isMail ? `parent${no}@example.cn` : `138${String(no).padStart(8, '0')}`,
    text: fillSms(template, { ...values, signature: '某市教育督导室' }),
    variables: values,
    subject: '教育满意度调查',
  };
}

describe.each(rigs)('%s', (name, start) => {
  let rig: Rig;
  let no = 0;
  const receipts: Receipt[] = [];
  let fails = false;
  const message = () => messageOf((no += 1), name === 'email');
  /** Whatever comes back repeats neither the recipient nor a secret. */
  async function send(m: OutgoingMessage): Promise<SendOutcome> {
    const outcome = await rig.channel.send(m);
    const said = JSON.stringify([outcome, rig.events]);
    for (const hidden of [m.to, m.variables['code']!, ...rig.secrets]) expect(said).not.toContain(hidden);
    return outcome;
  }

  beforeAll(async () => {
    rig = await start();
    rig.channel.onReceipt(async (receipt) => {
      if (fails) throw new Error('disk full');
      receipts.push(receipt);
    });
  });
  afterEach(() => rig.gateway.behave('accept'));
  afterAll(() => rig.close());

  test('accepts: the text reaches the person word for word, and is counted as one segment', async () => {
    const m = message();
    expect(await send(m)).toMatchObject({ kind: 'accepted', segments: 1 });
    expect(rig.gateway.received.at(-1)).toEqual({ to: m.to, text: m.text });
  });

  test('accepts many at once, each once', async () => {
    const many = Array.from({ length: 40 }, message);
    const outcomes = await Promise.all(many.map(send));
    expect(outcomes.every((o) => o.kind === 'accepted')).toBe(true);
    const got = rig.gateway.received.slice(-many.length).map((r) => r.to);
    expect(got.sort()).toEqual(many.map((m) => m.to).sort());
    const ids = outcomes.map((o) => (o.kind === 'accepted' ? o.providerId : ''));
    if (rig.channel.capabilities.receipts) expect(new Set(ids).size).toBe(many.length);
  });

  test('throttled: nothing is wrong with the message, and nobody has got it', async () => {
    rig.gateway.behave('throttle');
    const before = rig.gateway.received.length;
    expect(await send(message())).toMatchObject({
      kind: 'retry',
      // Kannel has no word for it: 503, "Temporal failure".
      reason: name === 'http (Kannel)' ? 'unavailable' : 'throttled',
      mayHaveBeenSent: false,
    });
    expect(rig.gateway.received.length).toBe(before);
  });

  test('refused: final, with the reason', async () => {
    rig.gateway.behave('refuse');
    expect(await send(message())).toEqual({
      kind: 'refused',
      reason: name === 'http (Kannel)' ? 'rejected' : 'wrong-number',
    });
  });

  test('wrong credentials: the message is kept, and no secret is told', async () => {
    // A session that is bound already has shown its own.
    if (name !== 'smpp' && name !== 'email') {
      rig.gateway.behave('wrong-credentials');
      expect(await send(message())).toMatchObject({
        kind: 'retry',
        reason: 'unavailable',
        mayHaveBeenSent: false,
      });
      return;
    }
    const other = await start();
    try {
      other.gateway.behave('wrong-credentials');
      const m = message();
      const outcome = await other.channel.send(m);
      expect(outcome).toMatchObject({ kind: 'retry', reason: 'unavailable', mayHaveBeenSent: false });
      const said = JSON.stringify([outcome, other.events]);
      for (const hidden of [m.to, ...other.secrets]) expect(said).not.toContain(hidden);
    } finally {
      await other.close();
    }
  });

  test('too late: it may have been sent, unless its id keeps it from being sent twice', async () => {
    rig.gateway.behave('late');
    expect(await send(message())).toMatchObject({
      kind: 'retry',
      reason: 'timed-out',
      mayHaveBeenSent: !rig.channel.capabilities.idempotent,
    });
  });

  test('cut off in the middle: likewise; and the next message goes out', async () => {
    rig.gateway.behave('cut');
    expect(await send(message())).toMatchObject({
      kind: 'retry',
      reason: 'unavailable',
      mayHaveBeenSent: !rig.channel.capabilities.idempotent,
    });
    rig.gateway.behave('accept');
    await expect
      .poll(async () => (await send(message())).kind, { timeout: 10_000, interval: 100 })
      .toBe('accepted');
  });

  test('answered twice: one outcome', async () => {
    rig.gateway.behave('twice');
    const before = rig.gateway.received.length;
    expect((await send(message())).kind).toBe('accepted');
    expect(rig.gateway.received.length).toBe(before + 1);
    rig.gateway.behave('accept');
    expect((await send(message())).kind).toBe('accepted');
  });

  test('receipts: each is stored before the gateway is told; a failure makes it tell again', async () => {
    expect(rig.channel.capabilities.receipts).toBe(rig.words !== null);
    if (rig.words === null) return;
    const outcome = await send(message());
    const id = outcome.kind === 'accepted' ? outcome.providerId! : '';
    receipts.length = 0;
    fails = true;
    expect(await rig.gateway.deliver(id, rig.words.delivered)).toBe(false);
    fails = false;
    if (rig.words.onTheWay !== null) expect(await rig.gateway.deliver(id, rig.words.onTheWay)).toBe(true);
    expect(receipts).toEqual([]);
    expect(await rig.gateway.deliver(id, rig.words.delivered)).toBe(true);
    // It may come twice, or for a message of somebody else's: the outbox knows which are its own.
    expect(await rig.gateway.deliver(id, rig.words.delivered)).toBe(true);
    expect(await rig.gateway.deliver('9999999', rig.words.failed)).toBe(true);
    expect(receipts).toEqual([
      { providerId: id, state: 'delivered' },
      { providerId: id, state: 'delivered' },
      { providerId: '9999999', state: 'failed' },
    ]);
  });

  test('closed: waits for what is under way, and takes nothing more', async () => {
    const last = message();
    const sending = send(last);
    await rig.channel.close();
    expect((await sending).kind).toBe('accepted');
    expect(await send(message())).toMatchObject({ kind: 'retry', mayHaveBeenSent: false });
    await rig.channel.close();
  });
});
