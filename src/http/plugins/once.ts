/**
 * Forms that arrive twice, as after a double click: the second gets the response of the first, and nothing is done again. Each
 * page has its own token, so the same token with the same fields is the same form of the same page. In memory and for seconds
 * only: another process does not know. There the version on which a form is based decides, or the id that the page promised to
 * the created object (operations/make-once.ts).
 */
import { createHash } from 'node:crypto';
import { setTimeout } from 'node:timers';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { sessionIdOf } from './session.ts';

/** Parts of a response that a browser needs to continue as if it were its own. */
interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | number | readonly string[] | undefined>>;
  readonly body: string | Buffer | null;
}
interface Sent {
  /** Null: not repeatable. */
  readonly reply: Promise<Reply | null>;
  readonly settle: (reply: Reply | null) => void;
}

/** Counted from the response: impatience, not intent. */
const sameClickMs = 5_000;
const mostKept = 200;
/** A file is made and recorded again. */
const largest = 1024 * 1024;

/** Specific to one connection, or generated again. */
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
  // The handler continues after the browser has turned to the second click, and stores its result here.
  app.addHook('onSend', async (request, reply, payload) => {
    const key = making.get(request);
    if (key === undefined) return payload;
    const own = sent.get(key);
    own?.settle(repeatable(reply, payload));
    setTimeout(() => sent.get(key) === own && sent.delete(key), sameClickMs).unref();
    return payload;
  });
}

/** Null: not a form of a signed-in user. */
function keyOf(request: FastifyRequest): string | null {
  const { body, method, actor, url } = request;
  if (method !== 'POST' || actor === null || request.routeOptions.config.upload === true) return null;
  if (typeof body !== 'object' || body === null || typeof (body as { _csrf?: unknown })._csrf !== 'string')
    return null;
  return createHash('sha256')
    .update(JSON.stringify([sessionIdOf(request), url, Object.entries(body)]))
    .digest('base64');
}

/** A redirect, or a page. Refused forms are tried again. */
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
