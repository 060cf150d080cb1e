import { basename } from 'node:path';
import { z } from 'zod';
import { actorOfRequest } from '../../plugins/access.ts';
import { readUpload, uploads } from '../../plugins/uploads.ts';
import { makeBackup } from '../../../operations/service/backup.ts';
import { importDivisions } from '../../../operations/campaign/divisions.ts';
import type { Settings } from '../../../domain/model/settings.ts';
import { listTrail } from '../../../operations/trail.ts';
import { conflict, type Api, type ApiOptions } from '../api.ts';
import { presentTrail } from '../present.ts';
import { changeSettings, viewSettings } from '../../../operations/service/settings.ts';
import { backupSchema, settingsBody, settingsReply, trailQuery, trailSchema } from './schema.ts';
import { dateSchema } from '../shapes.ts';

const presentSettings = ({ logo, ...rest }: Settings) => ({ ...rest, hasLogo: logo !== null });

export async function upkeepApi(app: Api, { deps }: ApiOptions): Promise<void> {
  app.get(
    '/trail',
    {
      config: { who: 'trail.view' },
      schema: {
        tags: ['upkeep'],
        operationId: 'listTrail',
        summary: 'Audit trail, newest first; an inspector reads that of the own counties.',
        querystring: trailQuery,
        response: { 200: z.array(trailSchema) },
      },
    },
    async (request) => (await listTrail(deps, actorOfRequest(request), request.query)).map(presentTrail),
  );
  app.post(
    '/backups',
    {
      config: { who: 'backup.make' },
      schema: {
        tags: ['upkeep'],
        operationId: 'makeBackup',
        summary: 'Make a backup now. It holds no key.',
        response: { 201: backupSchema, ...conflict },
      },
    },
    async (request, reply) => {
      const made = await makeBackup(deps, actorOfRequest(request));
      return reply.code(201).send({ file: basename(made.path), bytes: made.bytes });
    },
  );
  app.get(
    '/settings',
    {
      config: { who: 'settings.edit' },
      schema: {
        tags: ['upkeep'],
        operationId: 'getSettings',
        summary: 'Settings of the installation.',
        response: { 200: settingsReply },
      },
    },
    async (request) => presentSettings(await viewSettings(deps, actorOfRequest(request))),
  );
  app.patch(
    '/settings',
    {
      config: { who: 'settings.edit' },
      schema: {
        tags: ['upkeep'],
        operationId: 'changeSettings',
        summary: 'Change some settings. The logo is uploaded on the page.',
        body: settingsBody,
        response: { 200: settingsReply },
      },
    },
    async (request) => {
      const saved = await changeSettings(deps, actorOfRequest(request), request.body);
      app.settings.put(saved);
      return presentSettings(saved);
    },
  );
  await app.register(async (scope: Api) => {
    await scope.register(uploads);
    scope.put(
      '/divisions',
      {
        config: { who: 'divisions.import', upload: true, form: z.object({}) },
        schema: {
          tags: ['upkeep'],
          operationId: 'importDivisions',
          summary: 'Replace the list of divisions (code, name).',
          querystring: z.object({ asOf: dateSchema, fileName: z.string().max(255).optional() }),
          response: { 200: z.object({ divisions: z.int() }), ...conflict },
        },
      },
      async (request, reply) => {
        const { fileName, source } = await readUpload(request, reply);
        const { asOf } = request.query;
        const divisions = await importDivisions(deps, actorOfRequest(request), { asOf, fileName, source });
        return { divisions };
      },
    );
  });
}
