import { actorOfRequest } from '../../plugins/access.ts';
import { beginSession, endSession } from '../../plugins/session.ts';
import { checkSecondFactor } from '../../../operations/user/second-factor.ts';
import { changeOwnPassword, logIn } from '../../../operations/user/users.ts';
import { userIdSchema } from '../../../domain/model/ids.ts';
import { attempts, nothing, type Api, type ApiOptions } from '../api.ts';
import { logInSchema, ownPasswordSchema, sessionSchema } from '../user/schema.ts';

export async function sessionApi(app: Api, { deps, throttle }: ApiOptions): Promise<void> {
  app.post(
    '/session',
    {
      config: { who: 'public' },
      schema: {
        tags: ['session'],
        operationId: 'logIn',
        summary: 'Log in; the reply sets the session cookie.',
        body: logInSchema,
        response: { 201: sessionSchema, ...attempts },
      },
    },
    async (request, reply) => {
      const { login, password, code } = request.body;
      const user = await logIn(deps, throttle, { login, password, ...app.devices.sourceOf(request, login) });
      await checkSecondFactor(deps, throttle, user, code ?? '');
      app.devices.remember(request, reply, user.login);
      await beginSession(request, reply, deps, user);
      return reply.code(201).send({
        user: { id: user.id, name: user.name, role: user.role, counties: [...user.counties] },
        csrfToken: reply.generateCsrf(),
      });
    },
  );
  app.get(
    '/session',
    {
      config: { who: 'signed-in', beforeAnything: true },
      schema: {
        tags: ['session'],
        operationId: 'getSession',
        summary: 'Who is logged in, and a fresh token.',
        response: { 200: sessionSchema },
      },
    },
    async (request, reply) => {
      const actor = actorOfRequest(request);
      return reply.send({
        user: {
          id: userIdSchema.parse(actor.userId),
          name: actor.name,
          role: actor.role as Exclude<typeof actor.role, 'system'>,
          counties: [...actor.counties],
        },
        csrfToken: reply.generateCsrf(),
      });
    },
  );
  app.put(
    '/session/password',
    {
      config: { who: 'signed-in', beforeAnything: true },
      schema: {
        tags: ['session'],
        operationId: 'changePassword',
        summary: 'Change the own password; ends all other sessions of the account.',
        body: ownPasswordSchema,
        response: { 204: nothing, ...attempts },
      },
    },
    async (request, reply) => {
      const { present, password } = request.body;
      const user = await changeOwnPassword(deps, throttle, actorOfRequest(request), present, password);
      await beginSession(request, reply, deps, user);
      return reply.code(204).send(null);
    },
  );
  app.delete(
    '/session',
    {
      config: { who: 'signed-in', beforeAnything: true },
      schema: {
        tags: ['session'],
        operationId: 'logOut',
        summary: 'Log out; ends the session on the server.',
        response: { 204: nothing },
      },
    },
    async (request, reply) => {
      await endSession(request, deps);
      return reply.code(204).send(null);
    },
  );
}
