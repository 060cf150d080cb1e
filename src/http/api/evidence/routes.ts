import { Readable } from 'node:stream';
import type { z } from 'zod';
import { exportBundle } from '../../../operations/evidence/bundle.ts';
import { openCanaries, sealCanaries, viewCanaries } from '../../../operations/evidence/canaries.ts';
import { makeDossier } from '../../../operations/summary/dossier.ts';
import { exportAnalysis } from '../../../operations/summary/analysis.ts';
import { makePublication } from '../../../operations/summary/publication.ts';
import { viewEvidence } from '../../../operations/evidence/witnesses.ts';
import { downloadAs } from '../../download.ts';
import { sendDossier } from '../../summary-files.ts';
import { actorOfRequest } from '../../plugins/access.ts';
import { conflict, type Api, type ApiOptions } from '../api.ts';
import { fileReply } from '../document.ts';
import { iso, presentLog } from '../present.ts';
import { canaryFileSchema } from '../../../domain/evidence/canaries.ts';
import { canaryResultsSchema, canaryStateSchema, evidenceSchema, newCanariesSchema } from './schema.ts';
import { countyParams } from '../shapes.ts';
import { publicationSchema } from '../summary/schema.ts';

export async function evidenceApi(app: Api, { deps }: ApiOptions): Promise<void> {
  app.get(
    '/campaigns/:campaign/counties/:county/evidence',
    {
      config: { who: 'evidence.view' },
      schema: {
        tags: ['evidence'],
        operationId: 'getEvidence',
        summary: 'Head of the evidence log, which witness holds what, and what waits for whom.',
        params: countyParams,
        response: { 200: evidenceSchema },
      },
    },
    async (request) => {
      const { campaign, county } = request.params;
      const { t } = request.page;
      const { log, queue } = await viewEvidence(deps, actorOfRequest(request), campaign, county);
      return {
        log: presentLog(log),
        queue: queue.map(({ witness, waiting, failure }) => ({
          witness,
          waiting,
          failure: failure && {
            detail: t(failure.message, failure.params),
            at: iso(failure.at),
            attempts: failure.attempts,
            nextAt: iso(failure.nextAt),
          },
        })),
      };
    },
  );
  app.get(
    '/campaigns/:campaign/counties/:county/canaries',
    {
      config: { who: 'canaries.seal' },
      schema: {
        tags: ['evidence'],
        operationId: 'getCanaries',
        summary: 'Are test contacts sealed? For inspectors.',
        params: countyParams,
        response: { 200: canaryStateSchema },
      },
    },
    async (request) => {
      const { campaign, county } = request.params;
      return viewCanaries(deps, actorOfRequest(request), campaign, county);
    },
  );
  app.post(
    '/campaigns/:campaign/counties/:county/canaries',
    {
      config: { who: 'canaries.seal' },
      schema: {
        tags: ['evidence'],
        operationId: 'sealCanaries',
        summary:
          'Seal test contacts, after the freeze and before the draw. The reply is given once: keep it.',
        params: countyParams,
        body: newCanariesSchema,
        response: { 201: canaryFileSchema, ...conflict },
      },
    },
    async (request, reply) => {
      const { campaign, county } = request.params;
      const { canaries } = request.body;
      const file = await sealCanaries(deps, actorOfRequest(request), campaign, county, canaries);
      return reply.code(201).send({ ...file, canaries: [...file.canaries] });
    },
  );
  app.post(
    '/campaigns/:campaign/counties/:county/canaries/opened',
    {
      config: { who: 'canaries.seal' },
      schema: {
        tags: ['evidence'],
        operationId: 'openCanaries',
        summary:
          'Open the commitment after close: which test contact is missing, altered or unexpectedly answered.',
        params: countyParams,
        body: canaryFileSchema,
        response: { 200: canaryResultsSchema, ...conflict },
      },
    },
    async (request) => {
      const { campaign, county } = request.params;
      const text = JSON.stringify(request.body);
      return [...(await openCanaries(deps, actorOfRequest(request), campaign, county, text))];
    },
  );
  app.post(
    '/campaigns/:campaign/counties/:county/publication',
    {
      config: { who: 'campaign.publish' },
      schema: {
        tags: ['evidence'],
        operationId: 'makePublication',
        summary: 'What the public may have after release: suppressed figures, roots, checkpoints. Logged.',
        params: countyParams,
        response: { 200: publicationSchema, ...conflict },
      },
    },
    async (request, reply) => {
      const { campaign, county } = request.params;
      const publication = await makePublication(deps, actorOfRequest(request), campaign, county);
      downloadAs(reply, `${campaign}-${county}.json`);
      return publication as unknown as z.infer<typeof publicationSchema>;
    },
  );
  app.post(
    '/campaigns/:campaign/counties/:county/dossier',
    {
      config: { who: 'dossier.make' },
      schema: {
        tags: ['evidence'],
        operationId: 'makeDossier',
        summary: 'The survey’s files for the archive of an inspection, as one zip; after close. Logged.',
        params: countyParams,
        response: { 200: fileReply('A folder of numbered files.', 'application/zip'), ...conflict },
      },
    },
    async (request, reply) => {
      const { campaign, county } = request.params;
      const made = await makeDossier(deps, actorOfRequest(request), campaign, county, request.language);
      return sendDossier(reply, made, deps.now()) as never;
    },
  );
  app.post(
    '/campaigns/:campaign/counties/:county/analysis',
    {
      config: { who: 'analysis.export' },
      schema: {
        tags: ['evidence'],
        operationId: 'exportAnalysis',
        summary:
          'A row for each answer that counts, with stratum and weight, a codebook, and syntax for SPSS, R and Stata; after close, and logged.',
        params: countyParams,
        response: { 200: fileReply('Table, codebook and syntax.', 'application/zip'), ...conflict },
      },
    },
    async (request, reply) => {
      const { campaign, county } = request.params;
      const actor = actorOfRequest(request);
      const zip = await exportAnalysis(deps, actor, campaign, county, request.language);
      downloadAs(reply, `${campaign}-${county}-analysis.zip`);
      return reply.type('application/zip').send(Readable.from(zip) as unknown as string);
    },
  );
  // POST, because the log itself records each hand-over.
  app.post(
    '/campaigns/:campaign/counties/:county/bundle',
    {
      config: { who: 'evidence.export' },
      schema: {
        tags: ['evidence'],
        operationId: 'exportBundle',
        summary: 'The evidence log with its contents, for `manyi verify`; after close, and logged.',
        params: countyParams,
        response: { 200: fileReply('One JSON document a line.', 'application/x-ndjson'), ...conflict },
      },
    },
    async (request, reply) => {
      const { campaign, county } = request.params;
      const lines = await exportBundle(deps, actorOfRequest(request), campaign, county);
      downloadAs(reply, `manyi-${campaign}-${county}.bundle`);
      return reply
        .type('application/x-ndjson; charset=utf-8')
        .send(Readable.from(lines) as unknown as string);
    },
  );
}
