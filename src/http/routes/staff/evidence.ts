import type { FastifyInstance } from 'fastify';
import { Readable } from 'node:stream';
import { isScoreVisible } from '../../../domain/fieldwork/campaign.ts';
import { may } from '../../../domain/fieldwork/permissions.ts';
import { exportBundle } from '../../../operations/bundle.ts';
import { viewEvidence } from '../../../operations/witnesses.ts';
import { actorOfRequest } from '../../plugins/access.ts';
import { evidencePage } from '../../views/staff/log-view.ts';
import { contextOf, placeOf, type PagesOptions } from './pages.ts';

const base = '/campaigns/:campaign/counties/:county';

export async function evidencePages(app: FastifyInstance, { deps }: PagesOptions): Promise<void> {
  app.get(`${base}/evidence`, { config: { who: 'evidence.view' } }, async (request, reply) => {
    const { id, code } = await placeOf(deps, request);
    const actor = actorOfRequest(request);
    const view = await viewEvidence(deps, actor, id, code);
    const mayExport = isScoreVisible(view.campaign.state) && may(actor, 'evidence.export', code);
    return reply.html(evidencePage(contextOf(request, reply), { ...view, mayExport }));
  });
  // POST: each hand-over is written into the log itself.
  app.post(`${base}/evidence/bundle`, { config: { who: 'evidence.export' } }, async (request, reply) => {
    const { id, code } = await placeOf(deps, request);
    const lines = await exportBundle(deps, actorOfRequest(request), id, code);
    return reply
      .type('application/x-ndjson; charset=utf-8')
      .header('cache-control', 'no-store')
      .header('content-disposition', `attachment; filename="manyi-${id}-${code}.bundle"`)
      .send(Readable.from(lines));
  });
}
