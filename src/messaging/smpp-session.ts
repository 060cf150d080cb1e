/**
 * One bound session that reconnects: connect, bind, enquire_link. After a loss the delays grow, with jitter, so that many
 * installations do not reconnect at once. Requests return a value; what is lost with the connection is reported as such.
 */
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Library, Pdu } from 'smpp';
import type { Secret } from '../domain/secret.ts';
import { createConnection, type Answer, type Encode, type SmppConnection } from './smpp-connection.ts';

export interface SmppLine {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  /** Certificates to trust in addition to the system's, in PEM. */
  readonly ca: string | undefined;
  readonly systemId: string;
  readonly password: Secret;
  readonly systemType: string;
}

export interface SessionOptions {
  readonly line: SmppLine;
  /** Maximum number of requests without a response. */
  readonly window: number;
  /** Timeout of a response, or a connection, in milliseconds. */
  readonly patience: number;
  /** Milliseconds between signs of life. */
  readonly pulse: number;
  /** First and longest delay after a loss. */
  readonly backoff: { readonly first: number; readonly most: number };
  /** A message from the gateway; resolves with the status to respond. */
  readonly onDeliver: (pdu: Pdu) => Promise<number>;
  readonly log: (event: string, details: Readonly<Record<string, unknown>>) => void;
  readonly random: () => number;
}

export interface SmppSession {
  /** Resolves with the result of `read` on the response. */
  request<T>(encode: Encode, read: (answer: Answer) => T): Promise<T>;
  /** Connects, and stays connected until closed. */
  start(): void;
  close(): Promise<void>;
}

const interfaceVersion = 0x34;

export function createSmppSession(options: SessionOptions): SmppSession {
  const { line, window, patience, pulse, backoff, log, random } = options;
  let library: Library | undefined;
  let bound: SmppConnection | undefined;
  let connecting: Promise<boolean> | undefined;
  let pulses: NodeJS.Timeout | undefined;
  let failures = 0;
  let mayConnectAt = 0;
  let again: NodeJS.Timeout | undefined;
  let isStarted = false;
  let isClosed = false;
  let free = window;
  const waiting: (() => void)[] = [];

  function give(): void {
    const next = waiting.shift();
    if (next) next();
    else free += 1;
  }

  function openSocket(): Promise<Socket> {
    const { host, port, tls, ca } = line;
    return new Promise((resolve, reject) => {
      const socket = tls
        ? connectTls({
            host,
            port,
            servername: /^[\d.:]+$/.test(host) ? '' : host,
            ...(ca !== undefined && { ca }),
          })
        : connectTcp({ host, port });
      const timer = setTimeout(() => socket.destroy(new Error('timed out')), patience);
      socket.setNoDelay(true);
      socket.once(tls ? 'secureConnect' : 'connect', () => {
        clearTimeout(timer);
        socket.off('error', reject);
        resolve(socket);
      });
      socket.once('error', (error: Error) => {
        clearTimeout(timer);
        reject(error);
      });
    });
  }

  function wait(): void {
    const longest = Math.min(backoff.most, backoff.first * 2 ** Math.min(failures, 16));
    const delay = longest / 2 + (longest / 2) * random();
    failures += 1;
    mayConnectAt = Date.now() + delay;
    clearTimeout(again);
    again = setTimeout(() => {
      // Timers and the system clock differ by a millisecond now and then: nobody would retry.
      mayConnectAt = 0;
      void connect();
    }, delay);
    again.unref();
  }

  /**
   * At most one attempt at a time.
   * @returns whether a session is bound
   */
  function connect(): Promise<boolean> {
    connecting ??= tryConnect().finally(() => (connecting = undefined));
    return connecting;
  }

  async function tryConnect(): Promise<boolean> {
    if (bound !== undefined) return true;
    if (isClosed || Date.now() < mayConnectAt) return false;
    let socket: Socket;
    try {
      library ??= (await import('smpp')).default;
      socket = await openSocket();
    } catch (error) {
      log('smpp.unreachable', { code: codeOf(error) });
      wait();
      return false;
    }
    const connection = createConnection(socket, {
      ...{ library, patience, afterMs: backoff.first },
      onRequest: (pdu) => void reply(connection, pdu),
      onEnd: () => lose(connection),
    });
    const answer = await asked(connection, bind);
    if (answer.kind !== 'answer' || answer.pdu.command_status !== 0 || isClosed || connection.hasEnded()) {
      log(
        'smpp.not-bound',
        answer.kind === 'answer' ? { status: answer.pdu.command_status } : { reason: 'no-answer' },
      );
      connection.end();
      return false;
    }
    bound = connection;
    failures = 0;
    pulses = setInterval(() => void feel(connection), pulse);
    pulses.unref();
    return true;
  }

  const asked = (connection: SmppConnection, encode: Encode): Promise<Answer> =>
    new Promise((resolve) => connection.ask(encode, resolve));

  function bind({ PDU }: Library, sequence_number: number): Buffer {
    return new PDU('bind_transceiver', {
      ...{ sequence_number, system_id: line.systemId, password: line.password.reveal() },
      ...{ system_type: line.systemType, interface_version: interfaceVersion },
    }).toBuffer();
  }

  async function feel(connection: SmppConnection): Promise<void> {
    const answer = await asked(connection, ({ PDU }, sequence_number) =>
      new PDU('enquire_link', { sequence_number }).toBuffer(),
    );
    if (answer.kind !== 'answer') connection.end();
  }

  function lose(connection: SmppConnection): void {
    if (bound === connection) {
      bound = undefined;
      clearInterval(pulses);
      log('smpp.lost', {});
    }
    if (!isClosed && isStarted) wait();
  }

  async function reply(connection: SmppConnection, pdu: Pdu): Promise<void> {
    if (pdu.command === 'deliver_sm' || pdu.command === 'data_sm')
      connection.answer(pdu.response({ command_status: await options.onDeliver(pdu) }));
    else if (pdu.command === 'unbind') {
      connection.answer(pdu.response());
      process.nextTick(() => connection.end());
    } else connection.answer(pdu.response());
  }

  /** A slot of the window is taken for it. */
  function begin(encode: Encode, answered: (answer: Answer) => void, failed: (error: unknown) => void): void {
    const settle = (answer: Answer) => {
      give();
      answered(answer);
    };
    const fail = (error: unknown) => {
      give();
      failed(error);
    };
    const ask = (connection: SmppConnection) => {
      try {
        connection.ask(encode, settle);
      } catch (error) {
        fail(error);
      }
    };
    if (bound !== undefined) return ask(bound);
    connect().then((isBound) => {
      if (bound !== undefined) return ask(bound);
      const afterMs = isBound ? backoff.first : Math.max(0, Math.ceil(mayConnectAt - Date.now()));
      settle({ kind: 'down', afterMs });
    }, fail);
  }

  return {
    request(encode, read) {
      isStarted = true;
      return new Promise((resolve, reject) => {
        const failed: (error: unknown) => void = reject;
        const answered = (answer: Answer) => {
          try {
            resolve(read(answer));
          } catch (error) {
            failed(error);
          }
        };
        if (free === 0) waiting.push(() => begin(encode, answered, failed));
        else {
          free -= 1;
          begin(encode, answered, failed);
        }
      });
    },
    start() {
      isStarted = true;
      void connect();
    },
    async close() {
      isClosed = true;
      clearTimeout(again);
      await connecting;
      const until = Date.now() + patience;
      while (bound !== undefined && bound.unanswered() > 0 && Date.now() < until)
        await new Promise((resolve) => setTimeout(resolve, 20));
      const connection = bound;
      if (connection === undefined) return;
      await asked(connection, ({ PDU }, sequence_number) =>
        new PDU('unbind', { sequence_number }).toBuffer(),
      );
      bound = undefined;
      clearInterval(pulses);
      connection.end();
    },
  };
}

/** Only the code: a library's message may repeat its input. */
function codeOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  return typeof code === 'string' ? code : 'unknown';
}
