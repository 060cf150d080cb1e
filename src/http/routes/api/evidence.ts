import { Readable } from 'node:stream';
import { z } from 'zod';
import { exportBundle } from '../../../operations/bundle.ts';
import { actorOfRequest } from '../../plugins/access.ts';
import { problems, type Api, type ApiOptions } from './api.ts';
import { countyParams } from './schemas.ts';

export async function evidenceApi(app: Api, { deps }: ApiOptions): Promise<void> {
  // POST: each hand-over is written into the log itself.
  app.post(
    '/campaigns/:campaign/counties/:county/bundle',
    {
      config: { who: 'evidence.export' },
      schema: {
        tags: ['evidence'],
        summary: 'The evidence log with its contents, for `manyi verify`; after close, and logged.',
        params: countyParams,
        response: { 200: z.unknown().describe('One JSON document a line.'), ...problems },
      },
    },
    async (request, reply) => {
      const { campaign, county } = request.params;
      const lines = await exportBundle(deps, actorOfRequest(request), campaign, county);
      return reply
        .type('application/x-ndjson; charset=utf-8')
        .header('content-disposition', `attachment; filename="manyi-${campaign}-${county}.bundle"`)
        .send(Readable.from(lines));
    },
  );
}
