/**
 * Gateways report delivery outcomes and replies here. It is not part of the API: each vendor prescribes the form of its calls, so
 * only src/messaging/README.md documents it. A call is read only after its secret or signature is verified, and answered once
 * every receipt is stored; an error is 503, after which gateways call again. Wrong secrets are limited by network; right ones
 * never, or an attacker could block the others.
 */
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '../../domain/errors.ts';
import type { ReceiptCall } from '../../domain/messaging/receipt-call.ts';
import { networkOf } from '../../domain/limits/network.ts';
import type { HttpDeps } from '../deps.ts';
import { anyone } from '../plugins/access.ts';

/** Some 2,000 receipts of the longest kind. */
const largestCall = 512 * 1024;
/** Calls stored concurrently; further ones are asked to retry. */
const mostAtOnce = 64;
const minute = 60_000;
const wrongByNetwork = 20;

export function deliveryReceiptRoutes(deps: Pick<HttpDeps, 'http'>): FastifyPluginAsync {
  const receivers = new Map(
    (deps.http.receivers ?? []).map((r) => [`${r.what ?? 'receipts'}/${r.channel}`, r]),
  );
  let atOnce = 0;

  return async (app) => {
    if (receivers.size === 0) return;
    // The signature is over the bytes as received.
    app.removeAllContentTypeParsers();
    app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
    const wrong = app.createRateLimit({
      max: wrongByNetwork,
      timeWindow: minute,
      keyGenerator: (request) => networkOf(request.ip),
    });

    async function receive(request: FastifyRequest, reply: FastifyReply) {
      const receiver = receivers.get(placeOf(request));
      if (receiver === undefined) throw new AppError('not-found', 'http.not-found');
      reply.header('cache-control', 'no-store');
      if (atOnce >= mostAtOnce) return later(reply);
      atOnce += 1;
      try {
        const came = await receiver.receive(callOf(request));
        switch (came.kind) {
          case 'taken':
            return await reply.type(came.contentType).send(came.body);
          case 'unreadable':
            return await reply.code(400).type('text/plain').send('unreadable\n');
          case 'refused': {
            const limit = await wrong(request);
            const isTooMany = !limit.isAllowed && limit.isExceeded;
            return await reply
              .code(isTooMany ? 429 : 403)
              .type('text/plain')
              .send('refused\n');
          }
        }
      } catch (err) {
        request.log.error({ err, channel: receiver.channel }, 'receipt.not-stored');
        return later(reply);
      } finally {
        atOnce -= 1;
      }
    }

    for (const path of ['/gateway/receipts/:channel', '/gateway/replies/:channel']) {
      app.get(path, anyone, receive);
      app.post(path, { ...anyone, bodyLimit: largestCall }, receive);
    }
  };
}

function placeOf({ params, routeOptions }: FastifyRequest): string {
  const what = routeOptions.url?.startsWith('/gateway/replies/') ? 'replies' : 'receipts';
  return `${what}/${(params as { readonly channel: string }).channel}`;
}

function later(reply: FastifyReply) {
  return reply.code(503).header('retry-after', '5').type('text/plain').send('later\n');
}

function callOf(request: FastifyRequest): ReceiptCall {
  return {
    query: request.query as Readonly<Record<string, unknown>>,
    headers: request.headers,
    body: typeof request.body === 'string' ? request.body : '',
  };
}
