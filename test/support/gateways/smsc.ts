/** An SMSC on loopback: speaks SMPP by the package `smpp`, keeps what it gets, and misbehaves as it is told. */
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import smpp, { type Pdu, type Session } from 'smpp';
import type { Gateway, Mood } from './gateway.ts';

export interface Smsc extends Gateway {
  readonly port: number;
  /** Binds that were refused or taken. */
  readonly binds: { systemId: unknown; password: unknown }[];
  /** Every submit_sm with its bytes. */
  readonly submitted: Pdu[];
  behave(mood: Mood | (() => Mood)): void;
  /** Somebody writes back; whether it was taken. */
  say(from: string, text: string): Promise<boolean>;
  cutAll(): void;
}

const systemId = 'survey';
export const smscPassword = 'smsc-pass';

export async function startSmsc(tls?: { readonly key: string; readonly cert: string }): Promise<Smsc> {
  const received: { to: string; text: string }[] = [];
  const submitted: Pdu[] = [];
  const binds: { systemId: unknown; password: unknown }[] = [];
  const sessions = new Set<Session>();
  const sockets = new Set<Socket>();
  const parts = new Map<string, string[]>();
  let moodNow: () => Mood = () => 'accept';
  let no = 0;

  function accept(socket: Socket): void {
    sockets.add(socket);
    socket.on('error', () => undefined);
    const session = new smpp.Session({ socket });
    session.on('error', () => session.destroy());
    session.on('close', () => {
      sessions.delete(session);
      sockets.delete(socket);
    });
    session.on('pdu', (pdu: Pdu) => {
      if (pdu.isResponse()) return;
      switch (pdu.command) {
        case 'bind_transceiver': {
          binds.push({ systemId: pdu['system_id'], password: pdu['password'] });
          const isRight =
            pdu['system_id'] === systemId &&
            pdu['password'] === smscPassword &&
            moodNow() !== 'wrong-credentials';
          session.send(pdu.response({ command_status: isRight ? 0 : 0x0e, system_id: 'smsc' }));
          if (isRight) sessions.add(session);
          return;
        }
        case 'submit_sm':
          return submit(session, pdu);
        default:
          session.send(pdu.response());
          if (pdu.command === 'unbind') setTimeout(() => socket.end(), 5);
      }
    });
  }

  function submit(session: Session, pdu: Pdu): void {
    submitted.push(pdu);
    const mood = moodNow();
    if (mood === 'throttle') return void session.send(pdu.response({ command_status: 0x58 }));
    if (mood === 'refuse') return void session.send(pdu.response({ command_status: 0x0b }));
    keep(pdu);
    if (mood === 'cut') return void session.destroy();
    const answer = pdu.response({ message_id: String((no += 1)) });
    if (mood === 'late') return;
    session.send(answer);
    if (mood === 'twice') session.send(pdu.response({ message_id: String(no) }));
  }

  /** Put together here from the bytes, with other code than cut them. */
  function keep(pdu: Pdu): void {
    const to = String(pdu['destination_addr']);
    const payload = pdu['message_payload'] as { readonly message: unknown } | undefined;
    const short = pdu['short_message'] as { readonly message: unknown; readonly udh?: readonly Buffer[] };
    const text = String(payload?.message ?? short.message);
    const header = short.udh?.find((h) => h[0] === 0);
    if (header === undefined) return void received.push({ to, text });
    const [, , reference, total = 0, index = 0] = header;
    const key = `${to} ${reference}`;
    const list = parts.get(key) ?? [];
    list[index - 1] = text;
    parts.set(key, list);
    if (list.filter((p) => p !== undefined).length === total) received.push({ to, text: list.join('') });
  }

  const server = tls ? createTlsServer(tls, accept) : createServer(accept);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    received,
    submitted,
    binds,
    behave: (next) => (moodNow = typeof next === 'function' ? next : () => next),
    async deliver(providerId, word) {
      const [session] = sessions;
      if (session === undefined) return false;
      const text = `id:${providerId} sub:001 dlvrd:001 submit date:2611290900 done date:2611290901 stat:${word} err:000 text:`;
      return new Promise((resolve) => {
        session.send(
          new smpp.PDU('deliver_sm', { esm_class: 4, source_addr: '13800138000', short_message: text }),
          (answer) => resolve(answer.command_status === 0),
        );
      });
    },
    say(from, text) {
      const [session] = sessions;
      const [coding, bytes] = /^[ -~]*$/.test(text)
        ? [0, Buffer.from(text, 'latin1')]
        : [8, Buffer.from(text, 'utf16le').swap16()];
      const fields = { source_addr: from, data_coding: coding, short_message: bytes };
      return new Promise((resolve) => {
        session!.send(new smpp.PDU('deliver_sm', fields), (answer) => resolve(answer.command_status === 0));
      });
    },
    cutAll() {
      for (const socket of sockets) socket.destroy();
    },
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}
