/**
 * One bound session that comes back by itself: connect, bind, ask for a sign of life, and after a loss wait longer each time, with jitter, so
 * that many installations do not come back at once. Requests answer with a value; what is lost with the connection says so.
 */
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Library, Outgoing, Pdu, Session } from 'smpp';
import type { Secret } from '../domain/secret.ts';

export interface SmppLine {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  /** Certificates to trust beside the system's, in PEM. */
  readonly ca: string | undefined;
  readonly systemId: string;
  readonly password: Secret;
  readonly systemType: string;
}

export interface SessionOptions {
  readonly line: SmppLine;
  /** Requests without an answer at the same time. */
  readonly window: number;
  /** Milliseconds until an answer, or a connection, counts as lost. */
  readonly patience: number;
  /** Milliseconds between signs of life. */
  readonly pulse: number;
  /** Of the first and the longest wait after a loss. */
  readonly backoff: { readonly first: number; readonly most: number };
  /** A message from the gateway; resolves with the status to answer. */
  readonly onDeliver: (pdu: Pdu) => Promise<number>;
  readonly log: (event: string, details: Readonly<Record<string, unknown>>) => void;
  readonly random: () => number;
}

export type Answer =
  | { readonly kind: 'answer'; readonly pdu: Pdu }
  /** Nothing was sent: not bound. `afterMs`: when it is worth trying again. */
  | { readonly kind: 'down'; readonly afterMs: number }
  /** Sent, but the answer is lost. */
  | { readonly kind: 'lost'; readonly reason: 'timed-out' | 'unavailable' };

/** Made once the library is loaded, which is when a connection is asked for. */
export type MakePdu = (library: Library) => Pdu | Outgoing;

export interface SmppSession {
  request(make: MakePdu): Promise<Answer>;
  /** Connects, and stays connected until closed. */
  start(): void;
  close(): Promise<void>;
}

const interfaceVersion = 0x34;

export function createSmppSession(options: SessionOptions): SmppSession {
  const { line, window, patience, pulse, backoff, log, random } = options;
  let library: Library | undefined;
  let bound: Session | undefined;
  let connecting: Promise<boolean> | undefined;
  let failures = 0;
  let mayConnectAt = 0;
  let again: NodeJS.Timeout | undefined;
  let isStarted = false;
  let isClosed = false;
  /** Requests sent on the present session, to be told of its loss. */
  const open = new Map<(answer: Answer) => void, number>();
  /** One for all of them: they run out in the order in which they were made. */
  let running: NodeJS.Timeout | undefined;
  const lost = new WeakSet<Session>();
  const gathering = new WeakSet<Socket>();
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

  /** What is asked for in one go leaves in one packet: a system call for each costs more than all else that is done for a message. */
  function gather(socket: Socket): void {
    if (gathering.has(socket)) return;
    gathering.add(socket);
    socket.cork();
    process.nextTick(() => {
      gathering.delete(socket);
      socket.uncork();
    });
  }

  function runOut(): void {
    running = undefined;
    const now = performance.now();
    for (const [settle, until] of open) {
      if (until > now) {
        running = setTimeout(runOut, until - now + 1);
        return;
      }
      settle({ kind: 'lost', reason: 'timed-out' });
    }
  }

  /** @param answered told at once, before whoever waits for the promise */
  function ask(session: Session, make: MakePdu, answered?: () => void): Promise<Answer> {
    return new Promise((resolve) => {
      const settle = (answer: Answer) => {
        if (!open.delete(settle)) return;
        if (open.size === 0) {
          clearTimeout(running);
          running = undefined;
        }
        answered?.();
        resolve(answer);
      };
      open.set(settle, performance.now() + patience);
      running ??= setTimeout(runOut, patience);
      gather(session.socket);
      const sent = session.send(make(library!), (pdu) => settle({ kind: 'answer', pdu }));
      if (!sent) settle({ kind: 'down', afterMs: backoff.first });
    });
  }

  function lose(session: Session): void {
    if (lost.has(session)) return;
    lost.add(session);
    session.destroy();
    if (bound === session) {
      bound = undefined;
      log('smpp.lost', {});
    }
    for (const settle of [...open.keys()]) settle({ kind: 'lost', reason: 'unavailable' });
    if (!isClosed && isStarted) wait();
  }

  function wait(): void {
    const longest = Math.min(backoff.most, backoff.first * 2 ** Math.min(failures, 16));
    const delay = longest / 2 + (longest / 2) * random();
    failures += 1;
    mayConnectAt = Date.now() + delay;
    clearTimeout(again);
    again = setTimeout(() => {
      // Timers and the clock of the day differ by a millisecond now and then: nobody would come again.
      mayConnectAt = 0;
      void connect();
    }, delay);
    again.unref();
  }

  /** At most one attempt at a time. @returns whether a session is bound */
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
    const session = new library.Session({ socket });
    session.on('error', () => lose(session));
    session.on('close', () => lose(session));
    const bind = {
      system_id: line.systemId,
      password: line.password.reveal(),
      system_type: line.systemType,
      interface_version: interfaceVersion,
    };
    const answer = await ask(session, ({ PDU }) => new PDU('bind_transceiver', bind));
    if (answer.kind !== 'answer' || answer.pdu.command_status !== 0 || isClosed) {
      log(
        'smpp.not-bound',
        answer.kind === 'answer' ? { status: answer.pdu.command_status } : { reason: 'no-answer' },
      );
      lose(session);
      return false;
    }
    bound = session;
    failures = 0;
    watch(session);
    return true;
  }

  function watch(session: Session): void {
    session.on('pdu', (pdu: Pdu) => {
      if (pdu.isResponse()) return;
      void reply(session, pdu);
    });
    const timer = setInterval(() => {
      void ask(session, ({ PDU }) => new PDU('enquire_link')).then((answer) => {
        if (answer.kind !== 'answer') lose(session);
      });
    }, pulse);
    timer.unref();
    session.on('close', () => clearInterval(timer));
  }

  async function reply(session: Session, pdu: Pdu): Promise<void> {
    if (pdu.command === 'deliver_sm' || pdu.command === 'data_sm')
      session.send(pdu.response({ command_status: await options.onDeliver(pdu) }));
    else if (pdu.command === 'unbind') {
      session.send(pdu.response());
      lose(session);
    } else session.send(pdu.response());
  }

  /** Not bound, or all places taken. */
  async function requestLater(make: MakePdu, hasPlace: boolean): Promise<Answer> {
    if (!hasPlace) await new Promise<void>((resolve) => waiting.push(resolve));
    if (bound === undefined && !(await connect())) {
      give();
      return { kind: 'down', afterMs: Math.max(0, Math.ceil(mayConnectAt - Date.now())) };
    }
    if (bound !== undefined) return ask(bound, make, give);
    give();
    return { kind: 'down', afterMs: backoff.first };
  }

  return {
    request(make) {
      isStarted = true;
      const hasPlace = free > 0;
      if (hasPlace) free -= 1;
      return hasPlace && bound !== undefined ? ask(bound, make, give) : requestLater(make, hasPlace);
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
      while (open.size > 0 && Date.now() < until) await new Promise((resolve) => setTimeout(resolve, 20));
      const session = bound;
      if (session === undefined) return;
      await ask(session, ({ PDU }) => new PDU('unbind'));
      bound = undefined;
      session.destroy();
    },
  };
}

/** The code alone: a library's message may repeat what it was given. */
function codeOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  return typeof code === 'string' ? code : 'unknown';
}
