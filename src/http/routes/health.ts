/** For whatever watches the service: is the process there, and can it do its work? */
import type { FastifyPluginAsync } from 'fastify';
import { z } from 'zod';
import type { HttpDeps } from '../deps.ts';
import { anyone } from '../plugins/access.ts';

const alive = z.object({ status: z.literal('ok') });
const ready = z.object({ status: z.enum(['ok', 'not-ready']), schemaVersion: z.int() });

export function healthRoutes(deps: Pick<HttpDeps, 'storage'>): FastifyPluginAsync {
  return async (app) => {
    app.get('/healthz', { ...anyone, schema: { response: { 200: alive } } }, async (_request, reply) =>
      reply.header('cache-control', 'no-store').send({ status: 'ok' }),
    );
    app.get(
      '/readyz',
      { ...anyone, schema: { response: { 200: ready, 503: ready } } },
      async (_request, reply) => {
        const health = await deps.storage.health();
        return reply
          .code(health.writerAlive ? 200 : 503)
          .header('cache-control', 'no-store')
          .send({ status: health.writerAlive ? 'ok' : 'not-ready', schemaVersion: health.schemaVersion });
      },
    );
  };
}
