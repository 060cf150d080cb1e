/** An HTTP gateway on loopback. What its replies look like is the caller's; when it replies is the mood's. */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ReceiptCall, ReceiptReceiver } from '../../../src/domain/messaging/receipt-call.ts';
import type { Gateway, Mood } from './gateway.ts';

export interface Asked {
  readonly url: URL;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface Dialect {
  /** The message in a request; undefined: what stands in for credentials is wrong. */
  read(asked: Asked): { readonly to: string; readonly text: string } | undefined;
  /** Status and body of an answer. */
  answer(mood: Mood, id: string, asked: Asked): readonly [number, string];
  /** The call that tells of a receipt. */
  call(providerId: string, word: string): ReceiptCall;
}

export interface WebGateway extends Gateway {
  readonly url: string;
  readonly asked: Asked[];
  /** Set once the channel is there. */
  receiver: ReceiptReceiver | undefined;
}

export async function startWebGateway(dialect: Dialect): Promise<WebGateway> {
  const received: { to: string; text: string }[] = [];
  const asked: Asked[] = [];
  let mood: Mood = 'accept';
  let no = 0;
  const server = createServer((request, reply) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const one: Asked = {
        url: new URL(request.url ?? '/', 'http://gateway'),
        headers: request.headers,
        body: Buffer.concat(chunks).toString('utf8'),
      };
      asked.push(one);
      const message = mood === 'wrong-credentials' ? undefined : dialect.read(one);
      if (message !== undefined && mood !== 'throttle' && mood !== 'refuse') received.push(message);
      if (mood === 'cut') return void request.socket.destroy();
      if (mood === 'late') return;
      const [status, body] = dialect.answer(
        message === undefined ? 'wrong-credentials' : mood,
        `id-${(no += 1)}`,
        one,
      );
      reply.writeHead(status, { 'content-type': 'application/json' }).end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const gateway: WebGateway = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    asked,
    receiver: undefined,
    behave: (next) => (mood = next),
    async deliver(providerId, word) {
      try {
        return (await gateway.receiver!.receive(dialect.call(providerId, word))).kind === 'taken';
      } catch {
        return false;
      }
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return gateway;
}
