import type { FastifyInstance } from 'fastify';
import { contextOf } from '../pages.ts';
import { helpPage } from './view.ts';

export async function helpPages(app: FastifyInstance): Promise<void> {
  app.get('/help', { config: { who: 'signed-in' } }, async (request, reply) =>
    reply.html(helpPage(contextOf(request, reply))),
  );
}
