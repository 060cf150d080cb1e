import type { FastifyInstance } from 'fastify';
import { contextOf, type PagesOptions } from '../pages.ts';
import { programsPage, type ApiDocument } from './view.ts';

export async function programsPages(app: FastifyInstance, { apiDocument }: PagesOptions): Promise<void> {
  app.get('/programs', { config: { who: 'signed-in' } }, async (request, reply) =>
    reply.html(programsPage(contextOf(request, reply), apiDocument() as ApiDocument)),
  );
}
