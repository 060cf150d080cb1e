/** The JSON API, `/api/v1`: what the pages and the command line do, for programs. The document is made from the schemas that check. */
import swagger from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import {
  jsonSchemaTransform,
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { ApiOptions } from './api.ts';
import { campaignsApi } from './campaigns.ts';
import { fieldworkApi } from './fieldwork.ts';
import { figuresApi } from './figures.ts';
import { sessionApi } from './session.ts';
import { upkeepApi } from './upkeep.ts';
import { usersApi } from './users.ts';

export async function apiRoutes(app: FastifyInstance, { deps, throttle }: ApiOptions): Promise<void> {
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Manyi',
        version: '1',
        description:
          'Public satisfaction surveys. Log in with POST /session; send the token as the header csrf-token. Errors are RFC 9457 problems.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      components: {
        securitySchemes: {
          session: {
            type: 'apiKey',
            in: 'cookie',
            name: deps.publicUrl.startsWith('https:') ? '__Host-manyi' : 'manyi',
          },
        },
      },
      security: [{ session: [] }],
    },
    transform: jsonSchemaTransform,
  });
  const api = app.withTypeProvider<ZodTypeProvider>();
  for (const part of [sessionApi, usersApi, campaignsApi, fieldworkApi, figuresApi, upkeepApi])
    await api.register(part, { deps, throttle });
  api.get(
    '/openapi.json',
    {
      config: { who: 'public' },
      schema: { hide: true, response: { 200: z.unknown() } },
    },
    async () => app.swagger(),
  );
}
