/**
 * The JSON API, `/api/v1`: the functions of pages and command line, for programs. The document is generated from the validating
 * schemas.
 */
import swagger from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { ApiOptions } from './api.ts';
import { campaignsApi } from './campaign/routes.ts';
import { completeDocument, documentRoute, transformRoute } from './document.ts';
import { messagesApi } from './messages/routes.ts';
import { fieldworkApi } from './fieldwork/routes.ts';
import { evidenceApi } from './evidence/routes.ts';
import { figuresApi } from './summary/routes.ts';
import { sessionApi } from './session/routes.ts';
import { followUpApi } from './inspection/follow-up.ts';
import { inspectionApi } from './inspection/routes.ts';
import { templatesApi } from './template/routes.ts';
import { upkeepApi } from './upkeep/routes.ts';
import { usersApi } from './user/routes.ts';

export async function apiRoutes(
  app: FastifyInstance,
  { deps, throttle, onDocument }: ApiOptions,
): Promise<void> {
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Manyi',
        version: '1',
        description:
          'Public satisfaction surveys. Log in with POST /session; send the token as the header csrf-token. Errors are RFC 9457 problems, texts in the language of Accept-Language or of the session. A connection that sends no HTTP gets 400, 408 or 431 as plain text.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      servers: [{ url: deps.publicUrl.replace(/\/$/, '') }],
      tags: [
        { name: 'session', description: 'Log in and out, and the own password.' },
        { name: 'users', description: 'Accounts.' },
        { name: 'campaigns', description: 'Campaigns from draft to release.' },
        { name: 'templates', description: 'Questionnaires and rule profiles that campaigns are made of.' },
        { name: 'proposals', description: 'Changes that a second person confirms.' },
        { name: 'fieldwork', description: 'Rolls, samples, exports, links.' },
        { name: 'figures', description: 'Rates, summaries, comments.' },
        { name: 'evidence', description: 'The evidence log and test contacts.' },
        {
          name: 'inspection',
          description: 'The inspection around the survey: rules, balance, determination.',
        },
        { name: 'upkeep', description: 'Audit trail, backups, divisions.' },
        { name: 'document', description: 'This document.' },
      ],
      components: {
        securitySchemes: {
          session: {
            type: 'apiKey',
            in: 'cookie',
            name: deps.publicUrl.startsWith('https:') ? '__Host-manyi' : 'manyi',
          },
          token: {
            type: 'http',
            scheme: 'bearer',
            description:
              'A token made on the page “My account”, in place of session and csrf. It has scopes and an end, and reaches no further than its account.',
          },
          csrf: {
            type: 'apiKey',
            in: 'header',
            name: 'csrf-token',
            description:
              'From `POST /session` or `GET /session`; in a multipart form also as its field `_csrf`.',
          },
        },
      },
      security: [{ session: [] }],
    },
    transform: transformRoute,
    transformObject: (made) =>
      'openapiObject' in made ? completeDocument(made.openapiObject) : made.swaggerObject,
  });
  app.addHook('onRoute', documentRoute);
  onDocument?.(() => app.swagger());
  const api = app.withTypeProvider<ZodTypeProvider>();
  for (const part of [
    sessionApi,
    usersApi,
    campaignsApi,
    templatesApi,
    fieldworkApi,
    messagesApi,
    figuresApi,
    evidenceApi,
    inspectionApi,
    followUpApi,
    upkeepApi,
  ])
    await api.register(part, { deps, throttle });
  api.get(
    '/openapi.json',
    {
      config: { who: 'public' },
      schema: {
        tags: ['document'],
        operationId: 'getDocument',
        summary: 'This document.',
        response: { 200: z.looseObject({ openapi: z.string() }) },
      },
    },
    async () => app.swagger() as { readonly openapi: string },
  );
}
