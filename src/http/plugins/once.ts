/**
 * A form that comes twice, as a double click sends it: the second gets the reply of the first, and nothing is done again. Each page carries a token of its own, so the
 * same token with the same fields is the same form of the same page. Held in memory and for seconds: a service beside this one does not know of it. There the version
 * that a form was filled in on decides, or the id that the page promised to what is made (operations/make-once.ts).
 */
import { createHash } from 'node:crypto';
import { setTimeout } from 'node:timers';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { sessionIdOf } from './session.ts';

/** What a browser needs of a reply to go on as if it were its own. */
interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | number | readonly string[] | undefined>>;
  readonly body: string | Buffer | null;
}
interface Sent {
  /** Null: not one that can be given twice. */
  readonly reply: Promise<Reply | null>;
  readonly settle: (reply: Reply | null) => void;
}

/** From the reply: impatience, not intent. */
const sameClickMs = 5_000;
const mostKept = 200;
/** A file is made anew, and recorded anew. */
const largest = 1024 * 1024;

/** Of one connection, or made again. */
const ownHeaders: ReadonlySet<string> = new Set([
  'content-length',
  'connection',
  'date',
  'transfer-encoding',
]);

export function answerOnce(app: FastifyInstance): void {
  const sent = new Map<string, Sent>();
  const making = new WeakMap<FastifyRequest, string>();

  app.addHook('preHandler', async (request, reply) => {
    const key = keyOf(request);
    if (key === null) return;
    const before = await sent.get(key)?.reply;
    if (before) return again(reply, before);
    let settle: Sent['settle'] = () => undefined;
    const own = new Promise<Reply | null>((resolve) => (settle = resolve));
    sent.set(key, { reply: own, settle });
    making.set(request, key);
    const [oldest] = sent.keys();
    if (sent.size > mostKept && oldest !== undefined) sent.delete(oldest);
  });
  // The handler goes on when the browser has turned to the second click, and says here what came of it.
  app.addHook('onSend', async (request, reply, payload) => {
    const key = making.get(request);
    if (key === undefined) return payload;
    const own = sent.get(key);
    own?.settle(repeatable(reply, payload));
    setTimeout(() => sent.get(key) === own && sent.delete(key), sameClickMs).unref();
    return payload;
  });
}

/** Null: no form of somebody who is signed in. */
function keyOf(request: FastifyRequest): string | null {
  const { body, method, actor, url } = request;
  if (method !== 'POST' || actor === null || request.routeOptions.config.upload === true) return null;
  if (typeof body !== 'object' || body === null || typeof (body as { _csrf?: unknown })._csrf !== 'string')
    return null;
  return createHash('sha256')
    .update(JSON.stringify([sessionIdOf(request), url, Object.entries(body)]))
    .digest('base64');
}

/** Where to go on, or a page. What was refused is tried again. */
function repeatable(reply: FastifyReply, payload: unknown): Reply | null {
  const headers = Object.fromEntries(
    Object.entries(reply.getHeaders()).filter(([name]) => !ownHeaders.has(name)),
  );
  const isPage = String(headers['content-type'] ?? '').startsWith('text/html');
  const isDone = reply.statusCode === 303 || (reply.statusCode === 200 && isPage);
  const body = payload ?? null;
  const isSmall =
    body === null || ((typeof body === 'string' || Buffer.isBuffer(body)) && body.length <= largest);
  return isDone && isSmall ? { status: reply.statusCode, headers, body } : null;
}

function again(reply: FastifyReply, { status, headers, body }: Reply): FastifyReply {
  return reply
    .code(status)
    .headers(headers as Record<string, string>)
    .send(body ?? undefined);
}
