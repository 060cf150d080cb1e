/** For monitoring: whether the process is alive, and whether it can work. */
import type { FastifyPluginAsync } from 'fastify';
import { z } from 'zod';
import { createReadiness, readinessFaults, readinessWarnings } from '../../operations/service/readiness.ts';
import type { HttpDeps } from '../deps.ts';
import { anyone } from '../plugins/access.ts';

const alive = z.object({ status: z.literal('ok') });
const ready = z.object({
  status: z.enum(['ok', 'not-ready']),
  schemaVersion: z.int(),
  faults: z.array(z.enum(readinessFaults)).describe('Why answers cannot be stored.'),
  warnings: z.array(z.enum(readinessWarnings)).describe('What a person has to look at.'),
});

export function healthRoutes(deps: HttpDeps): FastifyPluginAsync {
  const readiness = createReadiness(deps);
  return async (app) => {
    for (const [name, content] of deps.http.rootFiles ?? [])
      app.get(`/${name}`, anyone, async (_request, reply) =>
        reply
          .type(name.endsWith('.html') ? 'text/html; charset=utf-8' : 'text/plain; charset=utf-8')
          .send(content),
      );
    app.get('/healthz', { ...anyone, schema: { response: { 200: alive } } }, async (_request, reply) =>
      reply.header('cache-control', 'no-store').send({ status: 'ok' }),
    );
    app.get(
      '/readyz',
      { ...anyone, schema: { response: { 200: ready, 503: ready } } },
      async (_request, reply) => {
        const { schemaVersion, faults, warnings } = await readiness();
        return reply
          .code(faults.length === 0 ? 200 : 503)
          .header('cache-control', 'no-store')
          .send({ status: faults.length === 0 ? 'ok' : 'not-ready', schemaVersion, faults, warnings });
      },
    );
  };
}
