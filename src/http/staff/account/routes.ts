import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { UserId } from '../../../domain/model/ids.ts';
import { AppError } from '../../../domain/errors.ts';
import { roleSchema } from '../../../domain/model/vocabulary.ts';
import { trailPageSize, listTrail } from '../../../operations/trail.ts';
import { campaignIdSchema } from '../../../domain/model/ids.ts';
import { getCampaign } from '../../../operations/campaign/campaigns.ts';
import {
  changeOwnPassword,
  createUser,
  listUsers,
  logIn,
  resetPassword,
  updateUser,
  type UserView,
} from '../../../operations/user/users.ts';
import { actorOfRequest, anyone } from '../../plugins/access.ts';
import { beginSession, chooseLanguage, endSession } from '../../plugins/session.ts';
import { keptOf } from './kept-form.ts';
import { accountPage, keptPage, logInPage } from './view.ts';
import { trailPage } from '../trail/view.ts';
import { userPage, usersPage, type UserValues } from '../user/view.ts';
import type { PageProblem } from '../page-view.ts';
import { attempt, contextOf, formOf, ownAddress, param, query, textOf, type PagesOptions } from '../pages.ts';

const countiesIn = (text: string) => text.split(/[\s,，、;；]+/).filter((x) => x !== '');

export async function accountPages(app: FastifyInstance, { deps, throttle }: PagesOptions): Promise<void> {
  app.get('/login', anyone, async (request, reply) => {
    const next = ownAddress(query(request, 'next'));
    if (request.actor !== null) return reply.redirect(next, 303);
    return reply.html(logInPage(contextOf(request, reply), { login: '', next }));
  });
  app.post('/login', anyone, async (request, reply) => {
    const form = formOf(request);
    const login = textOf(form, 'login');
    const next = ownAddress(textOf(form, 'next'));
    const kept = keptOf(textOf(form, 'kept'));
    return attempt(
      reply,
      async () => {
        const user = await logIn(deps, throttle, {
          login,
          password: textOf(form, 'password'),
          ...app.devices.sourceOf(request, login),
        });
        app.devices.remember(request, reply, user.login);
        beginSession(request, reply, deps, user);
        if (kept === null) return next;
        const c = contextOf(request, reply);
        return keptPage({ ...c, user: { name: user.name, role: user.role } }, kept);
      },
      (problem) => logInPage(contextOf(request, reply), { login, next, kept, problem }),
    );
  });
  app.post('/logout', { config: { who: 'signed-in' } }, async (request, reply) => {
    await endSession(request, deps);
    return reply.redirect('/staff/login', 303);
  });
  app.post('/language', anyone, async (request, reply) => {
    const form = formOf(request);
    chooseLanguage(request, textOf(form, 'language'));
    return reply.redirect(ownAddress(textOf(form, 'back')), 303);
  });

  app.get('/account', { config: { who: 'signed-in' } }, async (request, reply) =>
    reply.html(
      accountPage(contextOf(request, reply), {
        counties: actorOfRequest(request).counties,
        done: query(request, 'done') === 'yes',
      }),
    ),
  );
  app.post('/account', { config: { who: 'signed-in' } }, async (request, reply) => {
    const actor = actorOfRequest(request);
    const form = formOf(request);
    return attempt(
      reply,
      async () => {
        const [present, password] = [textOf(form, 'present'), textOf(form, 'password')];
        const user = await changeOwnPassword(deps, throttle, actor, present, password);
        beginSession(request, reply, deps, user);
        return '/staff/account?done=yes';
      },
      (problem) => accountPage(contextOf(request, reply), { counties: actor.counties, done: false, problem }),
    );
  });

  const manage = { config: { who: 'users.manage' } } as const;
  const noValues: UserValues = { login: '', name: '', role: 'official', counties: '' };
  async function usersOf(
    request: FastifyRequest,
    reply: FastifyReply,
    values: UserValues,
    problem?: PageProblem,
  ) {
    const users = await listUsers(deps, actorOfRequest(request));
    return usersPage(contextOf(request, reply), { users, values, ...(problem && { problem }) });
  }
  async function findUser(request: FastifyRequest): Promise<UserView & { readonly id: UserId }> {
    const users = await listUsers(deps, actorOfRequest(request));
    const user = users.find((u) => u.id === param(request, 'user'));
    if (!user) throw new AppError('not-found', 'user.unknown');
    return user;
  }
  app.get('/users', manage, async (request, reply) => reply.html(await usersOf(request, reply, noValues)));
  app.post('/users', manage, async (request, reply) => {
    const form = formOf(request);
    const values: UserValues = {
      login: textOf(form, 'login'),
      name: textOf(form, 'name'),
      role: textOf(form, 'role'),
      counties: textOf(form, 'counties'),
    };
    return attempt(
      reply,
      async () => {
        const user = await createUser(deps, actorOfRequest(request), {
          login: values.login,
          name: values.name,
          role: roleOf(values.role),
          counties: countiesIn(values.counties),
          password: textOf(form, 'password'),
        });
        return `/staff/users/${user.id}?done=yes`;
      },
      (problem) => usersOf(request, reply, values, problem),
    );
  });
  app.get('/users/:user', manage, async (request, reply) =>
    reply.html(
      userPage(contextOf(request, reply), {
        user: await findUser(request),
        done: query(request, 'done') === 'yes',
      }),
    ),
  );
  app.post('/users/:user', manage, async (request, reply) => {
    const user = await findUser(request);
    const form = formOf(request);
    const change = {
      name: textOf(form, 'name'),
      counties: countiesIn(textOf(form, 'counties')),
      disabled: textOf(form, 'disabled') === 'yes',
    };
    return attempt(
      reply,
      async () => {
        const role = roleOf(textOf(form, 'role'));
        await updateUser(deps, actorOfRequest(request), user.id, { ...change, role });
        return `/staff/users/${user.id}?done=yes`;
      },
      (problem) =>
        userPage(contextOf(request, reply), { user: { ...user, ...change }, done: false, problem }),
    );
  });
  app.post('/users/:user/password', manage, async (request, reply) => {
    const user = await findUser(request);
    return attempt(
      reply,
      async () => {
        await resetPassword(deps, actorOfRequest(request), user.id, textOf(formOf(request), 'password'));
        return `/staff/users/${user.id}?done=yes`;
      },
      (problem) => userPage(contextOf(request, reply), { user, done: false, problem }),
    );
  });

  app.get('/trail', { config: { who: 'trail.view' } }, async (request, reply) => {
    const actor = actorOfRequest(request);
    const id = campaignIdSchema.safeParse(query(request, 'campaign'));
    const campaign = id.success ? await getCampaign(deps, actor, id.data) : null;
    const before = Number(query(request, 'before'));
    const entries = await listTrail(deps, actor, {
      campaign: campaign?.id,
      before: Number.isSafeInteger(before) && before > 0 ? before : undefined,
    });
    const last = entries.at(-1);
    return reply.html(
      trailPage(contextOf(request, reply), {
        entries,
        campaign,
        older: last !== undefined && entries.length === trailPageSize ? last.no : null,
      }),
    );
  });
}

function roleOf(text: string) {
  const role = roleSchema.safeParse(text);
  if (!role.success)
    throw new AppError('invalid', 'user.invalid', { issues: [{ path: 'role', message: 'user.role' }] });
  return role.data;
}
