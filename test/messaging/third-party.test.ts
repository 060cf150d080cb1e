/** Servers that share no code with ours: an SMSC of Net::SMPP, and Kannel between us and it, with receipts all the way back. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import type { Channel, Receipt, SendOutcome } from '../../src/domain/messaging/channel.ts';
import { createApp } from '../http/support.ts';
import { startPerlSmsc, type PerlSmsc } from '../support/gateways/perl-smsc.ts';
import { findKannel, hasNetSmpp } from '../support/programs.ts';
import { exampleOf, makeChannel, receiptSecret } from './rigs.ts';

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const undo of cleanUp.splice(0).reverse()) await undo();
});

const long = '尊敬的家长：教育满意度调查请您参加。'.repeat(8);
const texts = [
  '【某县】请访问 my.example.cn 输入答题码0123456789。',
  'Visit my.example.cn, code 0123456789.',
  long,
  '家😀',
];

async function perl(misbehaviour: readonly string[] = []): Promise<PerlSmsc> {
  const smsc = await startPerlSmsc(misbehaviour);
  cleanUp.push(() => smsc.stop());
  return smsc;
}
function use(channel: Channel): Receipt[] {
  const receipts: Receipt[] = [];
  channel.onReceipt(async (receipt) => void receipts.push(receipt));
  cleanUp.push(() => channel.close());
  return receipts;
}

/** Sends until it is settled, as the outbox does. @returns how often it may have been sent beside */
async function sendAll(
  channel: Channel,
  message: Parameters<Channel['send']>[0],
): Promise<[SendOutcome, number]> {
  let doubtful = 0;
  for (;;) {
    const outcome = await channel.send(message);
    if (outcome.kind !== 'retry') return [outcome, doubtful];
    if (outcome.mayHaveBeenSent) doubtful += 1;
    await new Promise((resolve) => setTimeout(resolve, Math.min(200, outcome.afterMs ?? 50)));
  }
}

describe.skipIf(!hasNetSmpp())('an SMSC of Net::SMPP', () => {
  test.each(['udh', 'payload'])(
    'gets every text word for word, long ones by %s, and tells what became of them',
    async (way) => {
      const smsc = await perl();
      const entry = { ...exampleOf('smpp'), url: `smpp://127.0.0.1:${smsc.port}`, maxSegments: 9, long: way };
      const { channel } = makeChannel(entry, []);
      const receipts = use(channel);
      const ids: (string | undefined)[] = [];
      for (const [i, text] of texts.entries()) {
        const outcome = await channel.send({ id: `m${i}`, to: `1380013800${i}`, text, variables: {} });
        ids.push(outcome.kind === 'accepted' ? outcome.providerId : outcome.kind);
      }
      expect(smsc.received()).toEqual(texts.map((text, i) => ({ to: `1380013800${i}`, text })));
      await expect.poll(() => receipts.length).toBe(texts.length);
      expect(receipts).toEqual(ids.map((providerId) => ({ providerId, state: 'delivered' })));
    },
  );

  test('cut, throttled, late and answered twice: everybody gets the message, and no more than were doubtful twice', async () => {
    const smsc = await perl(['cut=97', 'throttle=13', 'twice=7', 'late=151']);
    const entry = {
      ...exampleOf('smpp'),
      url: `smpp://127.0.0.1:${smsc.port}`,
      outstanding: 50,
      patience: 1,
    };
    const { channel } = makeChannel(entry, []);
    use(channel);
    const people = Array.from({ length: 300 }, (_, i) => `138${String(i).padStart(8, '0')}`);
    const settled = await Promise.all(
      people.map((to, i) => sendAll(channel, { id: `m${i}`, to, text: `【某县】答题码${i}`, variables: {} })),
    );
    expect(settled.every(([outcome]) => outcome.kind === 'accepted')).toBe(true);
    const times = new Map<string, number>();
    for (const { to, text } of smsc.received()) {
      expect(text).toBe(`【某县】答题码${Number(to.slice(3))}`);
      times.set(to, (times.get(to) ?? 0) + 1);
    }
    expect([...times.keys()].sort()).toEqual(people);
    for (const [i, to] of people.entries()) expect(times.get(to)).toBeLessThanOrEqual(1 + settled[i]![1]);
    // The trouble was there.
    expect(settled.some(([, doubtful]) => doubtful > 0)).toBe(true);
  });
});

const freePort = () =>
  new Promise<number>((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
const isListening = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });

describe.skipIf(!hasNetSmpp() || findKannel() === undefined)('Kannel', () => {
  test('takes messages by sendsms, hands them to the SMSC, and its receipts come to our address', async () => {
    const smsc = await perl();
    const [admin, boxes, sendsms] = [await freePort(), await freePort(), await freePort()];
    const folder = mkdtempSync(join(tmpdir(), 'kannel-'));
    cleanUp.push(() => rmSync(folder, { recursive: true, force: true }));
    const file = join(folder, 'kannel.conf');
    writeFileSync(
      file,
      `group = core
admin-port = ${admin}
admin-password = of-this-test
admin-interface = 127.0.0.1
smsbox-port = ${boxes}
smsbox-interface = 127.0.0.1
box-allow-ip = "127.0.0.1"
log-level = 3
dlr-storage = internal

group = smsc
smsc = smpp
host = 127.0.0.1
port = ${smsc.port}
smsc-username = kannel
smsc-password = secret
system-type = ""
transceiver-mode = true
interface-version = 34

group = smsbox
bearerbox-host = 127.0.0.1
bearerbox-port = ${boxes}
sendsms-port = ${sendsms}
sendsms-interface = 127.0.0.1
log-level = 3

group = sendsms-user
username = survey
password = kannel-secret
concatenation = true
max-messages = 9
`,
    );
    const { bearerbox, smsbox } = findKannel()!;
    const run = (program: string): ChildProcess => {
      const child = spawn(program, [file], { stdio: 'ignore', cwd: folder });
      cleanUp.push(async () => {
        if (child.exitCode !== null) return;
        const ended = new Promise((resolve) => child.once('exit', resolve));
        child.kill('SIGKILL');
        await ended;
      });
      return child;
    };
    run(bearerbox);
    await expect.poll(() => isListening(boxes), { timeout: 10_000 }).toBe(true);
    run(smsbox);
    await expect.poll(() => isListening(sendsms), { timeout: 10_000 }).toBe(true);

    const entry = { ...exampleOf('http', 0), maxSegments: 9 };
    entry.request.url = `http://127.0.0.1:${sendsms}/cgi-bin/sendsms`;
    const port = await freePort();
    const { channel, receiver } = makeChannel(entry, [], { publicUrl: `http://127.0.0.1:${port}` });
    const receipts = use(channel);
    const t = await createApp({ http: { receivers: [receiver!] } });
    cleanUp.push(() => t.app.close());
    await t.app.listen({ host: '127.0.0.1', port });

    const unicode = texts.filter((text) => /[^\0-\x7f]/.test(text));
    for (const [i, text] of unicode.entries())
      expect(
        (await sendAll(channel, { id: `m${i}`, to: `1380013800${i}`, text, variables: {} }))[0],
      ).toMatchObject({ kind: 'accepted', providerId: `m${i}` });
    const byNumber = () => [...smsc.received()].sort((a, b) => (a.to < b.to ? -1 : 1));
    await expect
      .poll(byNumber, { timeout: 15_000 })
      .toEqual(unicode.map((text, i) => ({ to: `1380013800${i}`, text })));
    const delivered = () => new Set(receipts.filter((r) => r.state === 'delivered').map((r) => r.providerId));
    await expect
      .poll(() => [...delivered()].sort(), { timeout: 15_000 })
      .toEqual(unicode.map((_, i) => `m${i}`));
    expect(readFileSync(file, 'utf8')).not.toContain(receiptSecret);

    // Its password is checked, and stands in nothing that comes back.
    entry.secrets.password = { env: 'SMPP_PASSWORD' };
    const wrong = makeChannel(entry, []).channel;
    cleanUp.push(() => wrong.close());
    const outcome = await wrong.send({ id: 'm9', to: '13800138009', text: '短信', variables: {} });
    expect(outcome).toEqual({ kind: 'retry', reason: 'unavailable', mayHaveBeenSent: false });
  });
});
