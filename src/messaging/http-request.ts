/**
 * One bounded HTTP request to a gateway: the complete response or none, and whether the gateway may have accepted the message.
 */
import { request as requestHttp, Agent as HttpAgent, type IncomingMessage } from 'node:http';
import { request as requestHttps, Agent as HttpsAgent } from 'node:https';
import type { HttpRequest } from './http-template.ts';

export interface HttpAnswer {
  readonly kind: 'answer';
  readonly status: number;
  /** Pause requested by the gateway, in seconds. */
  readonly retryAfter: number | undefined;
  readonly body: string;
}
export type HttpOutcome =
  | HttpAnswer
  /** No connection came about: nothing was sent. */
  | { readonly kind: 'unreachable' }
  /** Connected, and the answer is lost. */
  | { readonly kind: 'lost'; readonly reason: 'timed-out' | 'unavailable' };

const largestAnswer = 64 * 1024;
/** How long a message waits for a free connection, in milliseconds: with the longest timeout, less than its lease. */
const longestQueue = 240_000;

export interface HttpClient {
  ask(request: HttpRequest): Promise<HttpOutcome>;
  close(): void;
}

export function createHttpClient(o: {
  readonly patience: number;
  readonly ca: string | undefined;
  readonly connections: number;
}): HttpClient {
  const settings = { keepAlive: true, maxSockets: o.connections };
  const agents = {
    'http:': new HttpAgent(settings),
    'https:': new HttpsAgent({ ...settings, ...(o.ca !== undefined && { ca: o.ca }) }),
  };

  async function ask({ method, url, headers, body }: HttpRequest): Promise<HttpOutcome> {
    const target = new URL(url);
    const isSecure = target.protocol === 'https:';
    return new Promise((resolve) => {
      let isConnected = false;
      const send = isSecure ? requestHttps : requestHttp;
      const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
      const request = send(
        target,
        { method, headers: { ...headers, ...length }, agent: agents[isSecure ? 'https:' : 'http:'] },
        (reply) => {
          void read(reply).then(
            (text) =>
              settle({ kind: 'answer', status: reply.statusCode ?? 0, retryAfter: wait(reply), body: text }),
            () => settle({ kind: 'lost', reason: 'unavailable' }),
          );
        },
      );
      const endIn = (milliseconds: number) =>
        setTimeout(() => {
          settle(isConnected ? { kind: 'lost', reason: 'timed-out' } : { kind: 'unreachable' });
          request.destroy();
        }, milliseconds);
      // Its own timeout begins when it gets a connection.
      let timer = endIn(longestQueue);
      const settle = (outcome: HttpOutcome) => {
        clearTimeout(timer);
        resolve(outcome);
      };
      request.on('socket', (socket) => {
        clearTimeout(timer);
        timer = endIn(o.patience);
        // A connection kept from an earlier request is already connected.
        if (!socket.connecting) isConnected = true;
        else socket.once(isSecure ? 'secureConnect' : 'connect', () => (isConnected = true));
      });
      request.on('error', () =>
        settle(isConnected ? { kind: 'lost', reason: 'unavailable' } : { kind: 'unreachable' }),
      );
      request.end(body);
    });
  }

  return {
    ask,
    close() {
      agents['http:'].destroy();
      agents['https:'].destroy();
    },
  };
}

async function read(reply: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of reply as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > largestAnswer) throw new Error('answer too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function wait(reply: IncomingMessage): number | undefined {
  const seconds = reply.headers['retry-after'];
  return seconds !== undefined && /^\d{1,6}$/.test(seconds) ? Number(seconds) : undefined;
}
