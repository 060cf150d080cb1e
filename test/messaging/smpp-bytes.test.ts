/** The line byte by byte: answers that arrive in any order, cut anywhere, between other things. The gateway is written from the specification, without the library. */
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import type { Channel } from '../../src/domain/messaging/channel.ts';
import { exampleOf, makeChannel } from './rigs.ts';

let server: Server | undefined;
let channel: Channel | undefined;
const sockets = new Set<Socket>();
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await channel?.close();
  await new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)));
  sockets.clear();
});

interface Heard {
  readonly command: number;
  readonly status: number;
  readonly sequence: number;
  readonly body: Buffer;
}
const [bind, submit, alive, unbind, nack] = [0x09, 0x04, 0x15, 0x06, 0x80000000];

/** SMPP 3.4, 3.2: length, command, status, number. */
function pdu(command: number, status: number, sequence: number, body = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(16);
  for (const [i, word] of [16 + body.length, command, status, sequence].entries())
    head.writeUInt32BE(word >>> 0, i * 4);
  return Buffer.concat([head, body]);
}
const answerTo = ({ command, sequence }: Heard, status = 0, id?: string) =>
  pdu((command | 0x80000000) >>> 0, status, sequence, id === undefined ? undefined : Buffer.from(`${id}\0`));

async function connect(
  hear: (heard: Heard, socket: Socket) => void,
  more: object = {},
  bound = (heard: Heard) => answerTo(heard, 0, 'gateway'),
) {
  const made = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    let held = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      held = Buffer.concat([held, chunk]);
      while (held.length >= 16 && held.length >= held.readUInt32BE(0)) {
        const [length, command, status, sequence] = [0, 4, 8, 12].map((at) => held.readUInt32BE(at)) as [
          number,
          number,
          number,
          number,
        ];
        const heard = { command, status, sequence, body: held.subarray(16, length) };
        held = held.subarray(length);
        if (command === bind || command === unbind) socket.write(bound(heard));
        else hear(heard, socket);
      }
    });
  });
  server = made;
  await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve));
  const url = `smpp://127.0.0.1:${(made.address() as AddressInfo).port}`;
  ({ channel } = makeChannel({ ...exampleOf('smpp'), url, patience: 2, outstanding: 64, ...more }, []));
}
const send = (i: number) =>
  channel!.send({
    id: `m${i}`,
    to: `1380013${String(i).padStart(4, '0')}`,
    text: `text ${i}`,
    variables: {},
  });
/** The number stands between two noughts, behind the sender's. */
const receiverOf = ({ body }: Heard) => /\b1380013(\d{4})\b/.exec(body.toString('latin1'))![1]!;

test.each([1, 3, 16, 17, 1_000])('every answer finds its message in pieces of %i bytes', async (piece) => {
  const waiting: Heard[] = [];
  const others: Heard[] = [];
  await connect((heard, socket) => {
    if (heard.command !== submit) return void others.push(heard);
    if (waiting.push(heard) < 40) return;
    const answers = waiting.toReversed().map((w) => {
      const no = Number(receiverOf(w));
      if (no === 7) return answerTo(w, 0x58);
      if (no === 8) return answerTo(w, 0x0b, '');
      // A gateway that does not know the command answers with the head alone (4.3).
      if (no === 9) return pdu(nack, 0x03, w.sequence);
      return answerTo(w, 0, `id-${no}`);
    });
    answers.splice(
      5,
      0,
      pdu(alive, 0, 77),
      pdu(0x99, 0, 78),
      pdu(0x80000004, 0, 999_999, Buffer.from('x\0')),
    );
    answers.splice(20, 0, answers[21]!);
    const bytes = Buffer.concat(answers);
    socket.setNoDelay(true);
    let at = 0;
    const next = () => {
      if (at >= bytes.length) return;
      socket.write(bytes.subarray(at, (at += piece)), () => setImmediate(next));
    };
    next();
  });
  const outcomes = await Promise.all(Array.from({ length: 40 }, (_, i) => send(i)));
  for (const [i, outcome] of outcomes.entries())
    if (i === 7) expect(outcome).toMatchObject({ kind: 'retry', reason: 'throttled' });
    else if (i === 8) expect(outcome).toEqual({ kind: 'refused', reason: 'wrong-number' });
    else if (i === 9) expect(outcome).toEqual({ kind: 'refused', reason: 'rejected' });
    else expect(outcome).toEqual({ kind: 'accepted', providerId: `id-${i}`, segments: 1 });
  await expect.poll(() => others.length).toBe(2);
  // 4.11: alive; 4.3: not understood (ESME_RINVCMDID).
  expect(others.map(({ command, status, sequence }) => [command, status, sequence])).toEqual([
    [0x80000015, 0, 77],
    [nack, 0x03, 78],
  ]);
});

test.each([
  ['a length that no PDU has', Buffer.from('0000000f', 'hex')],
  ['a length beyond all bounds', Buffer.from('00004001', 'hex')],
])('%s ends the line: what had no answer may have been sent', async (_, bytes) => {
  let heardOf = 0;
  await connect((heard, socket) => {
    if (heard.command !== submit) return;
    heardOf += 1;
    if (heardOf === 1) socket.write(Buffer.concat([answerTo(heard, 0, 'first'), bytes]));
  });
  const outcomes = await Promise.all([send(1), send(2), send(3)]);
  expect(outcomes[0]).toMatchObject({ kind: 'accepted', providerId: 'first' });
  for (const outcome of outcomes.slice(1))
    expect(outcome).toMatchObject({ kind: 'retry', reason: 'unavailable', mayHaveBeenSent: true });
});

test('a line that breaks in the moment it is bound is made anew', async () => {
  let binds = 0;
  await connect(
    (heard, socket) => void (heard.command === submit && socket.write(answerTo(heard, 0, `id-${binds}`))),
    {},
    (heard) => {
      if (heard.command === bind) binds += 1;
      return Buffer.concat([answerTo(heard, 0, 'gateway'), Buffer.alloc(binds === 1 ? 4 : 0)]);
    },
  );
  expect(await send(1)).toMatchObject({ kind: 'retry', mayHaveBeenSent: false });
  await expect.poll(async () => (await send(2)).kind, { timeout: 5_000, interval: 200 }).toBe('accepted');
  expect(binds).toBe(2);
});

test('an answer after its time is nobody’s, and its place in the window is free again', async () => {
  const late: Heard[] = [];
  await connect(
    (heard, socket) => {
      if (heard.command !== submit) return;
      if (receiverOf(heard) === '0001') late.push(heard);
      else socket.write(Buffer.concat([answerTo(late[0]!, 0, 'late'), answerTo(heard, 0, 'own')]));
    },
    { outstanding: 1, patience: 1 },
  );
  const [first, second] = await Promise.all([send(1), send(2)]);
  expect(first).toMatchObject({ kind: 'retry', reason: 'timed-out', mayHaveBeenSent: true });
  expect(second).toEqual({ kind: 'accepted', providerId: 'own', segments: 1 });
});

test('a gateway that ends the session gets its answer, and the next message a new one', async () => {
  const heard: Heard[] = [];
  let sessions = 0;
  await connect((h, socket) => {
    heard.push(h);
    if (h.command === submit) socket.write(answerTo(h, 0, `s${(sessions += 1)}`));
    if (sessions === 1 && h.command === submit) socket.write(pdu(unbind, 0, 5));
  });
  expect(await send(1)).toMatchObject({ providerId: 's1' });
  await expect.poll(() => heard.map((h) => h.command)).toContain(0x80000006);
  await expect.poll(async () => (await send(2)).kind, { timeout: 5_000, interval: 200 }).toBe('accepted');
});
