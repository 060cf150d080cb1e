import { z } from 'zod';
import { actorOfRequest } from '../../plugins/access.ts';
import { createUser, listUsers, resetPassword, updateUser } from '../../../operations/user/users.ts';
import { nothing, conflict, type Api, type ApiOptions } from '../api.ts';
import { presentUser } from '../present.ts';
import { newUserSchema, passwordSchema, userChangeSchema, userSchema } from './schema.ts';
import { userParams } from '../shapes.ts';

export async function usersApi(app: Api, { deps }: ApiOptions): Promise<void> {
  const config = { who: 'users.manage' } as const;
  app.get(
    '/users',
    {
      config,
      schema: {
        tags: ['users'],
        operationId: 'listUsers',
        summary: 'All accounts.',
        response: { 200: z.array(userSchema) },
      },
    },
    async (request) => (await listUsers(deps, actorOfRequest(request))).map(presentUser),
  );
  app.post(
    '/users',
    {
      config,
      schema: {
        tags: ['users'],
        operationId: 'createUser',
        summary: 'Create an account.',
        body: newUserSchema,
        response: { 201: userSchema, ...conflict },
      },
    },
    async (request, reply) =>
      reply.code(201).send(presentUser(await createUser(deps, actorOfRequest(request), request.body))),
  );
  app.patch(
    '/users/:user',
    {
      config,
      schema: {
        tags: ['users'],
        operationId: 'updateUser',
        summary: 'Change name, role, counties; disable. Ends the sessions of the account.',
        params: userParams,
        body: userChangeSchema,
        response: { 200: userSchema, ...conflict },
      },
    },
    async (request) =>
      presentUser(await updateUser(deps, actorOfRequest(request), request.params.user, request.body)),
  );
  app.put(
    '/users/:user/password',
    {
      config,
      schema: {
        tags: ['users'],
        operationId: 'resetPassword',
        summary: 'Set a password; ends the sessions of the account.',
        params: userParams,
        body: passwordSchema,
        response: { 204: nothing },
      },
    },
    async (request, reply) => {
      await resetPassword(deps, actorOfRequest(request), request.params.user, request.body.password);
      return reply.code(204).send(null);
    },
  );
}
