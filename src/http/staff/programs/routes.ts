import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { AppError } from '../../../domain/errors.ts';
import { contextOf, type PagesOptions } from '../pages.ts';
import { partOfProgramsPage, programsPage, type ApiDocument } from './view.ts';

const partParams = z.object({ part: z.string() });

export async function programsPages(app: FastifyInstance, { apiDocument }: PagesOptions): Promise<void> {
  app.get('/programs', { config: { who: 'signed-in' } }, async (request, reply) =>
    reply.html(programsPage(contextOf(request, reply), apiDocument() as ApiDocument)),
  );

  app.get('/programs/:part', { config: { who: 'signed-in' } }, async (request, reply) => {
    const { part } = partParams.parse(request.params);
    const document = apiDocument() as ApiDocument;
    const tag = document.tags?.find(({ name }) => name === part);
    if (!tag) throw new AppError('not-found', 'http.not-found');
    return reply.html(partOfProgramsPage(contextOf(request, reply), document, tag));
  });
}
