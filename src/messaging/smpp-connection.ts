/**
 * Requests and responses on one socket. Requests of one turn are sent in one write, because a system call for each costs more
 * than all other work on a message. Responses to submissions, of which there are ten thousands, are parsed here; everything else
 * is parsed by the library.
 */
import type { Socket } from 'node:net';
import type { Library, Pdu } from 'smpp';

export type Answer =
  | { readonly kind: 'answer'; readonly pdu: AnswerPdu }
  /** Nothing was sent: not bound. `afterMs`: when it is worth trying again. */
  | { readonly kind: 'down'; readonly afterMs: number }
  /** Sent, but the answer is lost. */
  | { readonly kind: 'lost'; readonly reason: 'timed-out' | 'unavailable' };

export interface AnswerPdu {
  readonly command: string;
  readonly command_status: number;
  readonly message_id?: unknown;
}

/** The bytes of a request with its sequence number; created once the library is loaded, on the first connection. */
export type Encode = (library: Library, sequence: number) => Buffer;

export interface ConnectionOptions {
  readonly library: Library;
  /** Timeout of a response in milliseconds. */
  readonly patience: number;
  /** If the socket's buffer is full: when to try again. */
  readonly afterMs: number;
  /** A request of the gateway's. */
  readonly onRequest: (pdu: Pdu) => void;
  /** Once, however it ends. */
  readonly onEnd: () => void;
}

export interface SmppConnection {
  /**
   * `answered` is called once, whatever happens.
   * @throws errors of `encode`; then nothing was sent, and it is not called
   */
  ask(encode: Encode, answered: (answer: Answer) => void): void;
  answer(pdu: Pdu): void;
  unanswered(): number;
  hasEnded(): boolean;
  /** Repeatable. */
  end(): void;
}

const headLength = 16;
/** As the library. */
const longest = 16_384;
const submitSmResp = 0x8000_0004;
const highestSequence = 0x7fff_ffff;

interface Open {
  readonly answered: (answer: Answer) => void;
  readonly until: number;
}

export function createConnection(socket: Socket, options: ConnectionOptions): SmppConnection {
  const { library, patience, afterMs } = options;
  const open = new Map<number, Open>();
  /** One timer for all of them: they expire in the order in which they were made. */
  let running: NodeJS.Timeout | undefined;
  let sequence = 0;
  let gathered: Buffer[] = [];
  /** The beginning of a PDU whose rest is on its way. */
  let held: Buffer = Buffer.alloc(0);
  let isOver = false;

  function settle(no: number, answer: Answer): void {
    const request = open.get(no);
    if (request === undefined) return;
    open.delete(no);
    if (open.size === 0) {
      clearTimeout(running);
      running = undefined;
    }
    request.answered(answer);
  }

  function runOut(): void {
    running = undefined;
    const now = performance.now();
    for (const [no, { until }] of open) {
      if (until > now) {
        running ??= setTimeout(runOut, until - now + 1);
        return;
      }
      settle(no, { kind: 'lost', reason: 'timed-out' });
    }
  }

  function flush(): void {
    const parts = gathered;
    gathered = [];
    if (socket.writable) socket.write(parts.length === 1 ? parts[0]! : Buffer.concat(parts));
  }

  function write(bytes: Buffer): void {
    if (gathered.push(bytes) === 1) process.nextTick(flush);
  }

  function end(): void {
    if (isOver) return;
    isOver = true;
    socket.destroy();
    options.onEnd();
    for (const no of [...open.keys()]) settle(no, { kind: 'lost', reason: 'unavailable' });
  }

  /** 4.4.2: after the header the gateway's id, up to the first NUL; if a submission failed there may be none. */
  function takeSubmitted(bytes: Buffer, at: number, end: number): void {
    let idEnd = at + headLength;
    while (idEnd < end && bytes[idEnd] !== 0) idEnd++;
    const pdu = {
      command: 'submit_sm_resp',
      command_status: bytes.readUInt32BE(at + 8),
      message_id: bytes.toString('ascii', at + headLength, idEnd),
    };
    settle(bytes.readUInt32BE(at + 12), { kind: 'answer', pdu });
  }

  function takeOther(bytes: Buffer): void {
    let pdu: Pdu;
    try {
      pdu = new library.PDU(bytes);
    } catch {
      // An unreadable PDU does not tell where the next one begins.
      return end();
    }
    if (pdu.isResponse()) settle(pdu.sequence_number, { kind: 'answer', pdu });
    else options.onRequest(pdu);
  }

  function read(chunk: Buffer): void {
    const bytes = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    let at = 0;
    while (bytes.length - at >= 4 && !isOver) {
      const length = bytes.readUInt32BE(at);
      if (length < headLength || length > longest) return end();
      if (bytes.length - at < length) break;
      if (bytes.readUInt32BE(at + 4) === submitSmResp) takeSubmitted(bytes, at, at + length);
      else takeOther(bytes.subarray(at, at + length));
      at += length;
    }
    held = bytes.subarray(at);
  }

  socket.on('data', read);
  socket.on('error', end);
  socket.on('close', end);

  return {
    ask(encode, answered) {
      if (isOver || !socket.writable) return answered({ kind: 'down', afterMs });
      sequence = sequence === highestSequence ? 1 : sequence + 1;
      const bytes = encode(library, sequence);
      open.set(sequence, { answered, until: performance.now() + patience });
      running ??= setTimeout(runOut, patience);
      write(bytes);
    },
    answer(pdu) {
      if (!isOver && socket.writable) write(pdu.toBuffer());
    },
    unanswered: () => open.size,
    hasEnded: () => isOver,
    end,
  };
}
