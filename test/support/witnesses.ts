/** Witnesses as they are outside: an HTTP server that signs what it gets, a mail server that keeps letters, a folder. Real sockets, no network. */
import { generateKeyPairSync, sign } from 'node:crypto';
import { createServer as createHttpServer, type Server } from 'node:http';
import { createServer as createTcpServer, type AddressInfo, type Server as TcpServer } from 'node:net';
import {
  formatNote,
  formatSignatureLine,
  keyIdOf,
  parseNote,
  type NoteKey,
} from '../../src/domain/evidence/note.ts';

export function createCosigner(name: string) {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const key: NoteKey = {
    name,
    type: 'cosignature',
    publicKey: new Uint8Array(publicKey.export({ format: 'der', type: 'spki' }).subarray(12)),
  };
  return {
    key,
    /** The signature line over a note's text, written from the specification (C2SP tlog-cosignature). */
    line(text: string, seconds = 1_778_551_200n): string {
      const stamp = Buffer.alloc(8);
      stamp.writeBigUInt64BE(seconds);
      const signed = sign(null, Buffer.from(`cosignature/v1\ntime ${seconds}\n${text}`), privateKey);
      const signature = new Uint8Array(Buffer.concat([stamp, signed]));
      return formatSignatureLine({ name, keyId: keyIdOf(key), signature });
    },
    whole(note: string): string {
      const { text, signatures } = parseNote(note);
      return `${formatNote({ text, signatures })}${this.line(text)}\n`;
    },
  };
}

export interface Witnessing {
  readonly url: string;
  readonly got: string[];
  close(): Promise<void>;
}

const portOf = (server: Server | TcpServer) => (server.address() as AddressInfo).port;

/** Keeps every body; answers with what `answer` makes of it. */
export async function startHttpWitness(
  answer: (note: string) => { readonly status: number; readonly body: string },
): Promise<Witnessing> {
  const got: string[] = [];
  const server = createHttpServer((request, reply) => {
    const chunks: Buffer[] = [];
    request.on('data', (c: Buffer) => chunks.push(c));
    request.on('end', () => {
      const note = Buffer.concat(chunks).toString('utf8');
      const { status, body } = answer(note);
      if (status === 200) got.push(note);
      reply.writeHead(status, status === 302 ? { location: '/elsewhere' } : {}).end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${portOf(server)}/keep`,
    got,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

/** Speaks as much SMTP as a sender needs (RFC 5321), and keeps the letters. */
export async function startMailServer(): Promise<Witnessing> {
  const got: string[] = [];
  const server = createTcpServer((socket) => {
    let waiting = '';
    let letter: string | null = null;
    const say = (line: string) => socket.write(`${line}\r\n`);
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      waiting += chunk.toString('utf8');
      for (;;) {
        const end = waiting.indexOf('\r\n');
        if (end < 0) return;
        const line = waiting.slice(0, end);
        waiting = waiting.slice(end + 2);
        if (letter !== null) {
          if (line !== '.') letter += `${line.startsWith('..') ? line.slice(1) : line}\r\n`;
          else {
            got.push(letter);
            letter = null;
            say('250 kept');
          }
        } else if (/^DATA/i.test(line)) {
          letter = '';
          say('354 go on');
        } else if (/^QUIT/i.test(line)) {
          say('221 bye');
          socket.end();
        } else say('250 ok');
      }
    });
    say('220 mail.example.cn');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `smtp://127.0.0.1:${portOf(server)}`,
    got,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
