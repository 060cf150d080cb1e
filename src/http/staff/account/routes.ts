import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { userIdSchema, type UserId } from '../../../domain/model/ids.ts';
import { AppError } from '../../../domain/errors.ts';
import { roleSchema } from '../../../domain/model/vocabulary.ts';
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
import { statusOf } from '../../plugins/errors.ts';
import {
  awaitSecondFactor,
  beginSession,
  chooseLanguage,
  endSession,
  enrolmentOf,
  findAwaited,
  isExternal,
  sessionIdOf,
} from '../../plugins/session.ts';
import { scopesOfRole } from '../../../domain/campaign/permissions.ts';
import { needsSecondFactor } from '../../../domain/user/second-factor.ts';
import {
  beginEnrolment,
  checkSecondFactor,
  confirmEnrolment,
  removeSecondFactor,
} from '../../../operations/user/second-factor.ts';
import {
  endOwnSession,
  lastLogIns,
  listOwnSessions,
  listSessionsOf,
} from '../../../operations/user/sessions.ts';
import { countyNames, readCountyWords, writeCountyWords } from '../../../operations/campaign/county-list.ts';
import { isBoundToProvider, unbindProvider } from '../../../operations/user/oidc.ts';
import {
  createToken,
  listTokens,
  listUsableTokens,
  revokeToken,
  revokeTokenOf,
} from '../../../operations/user/tokens.ts';
import { codePage, enrolPage, recoveryPage } from './second-factor-view.ts';
import { keptOf } from './kept-form.ts';
import { accountPage, firstPasswordPage, keptPage, logInPage, tokenPage } from './view.ts';
import { userPage, usersPage, type ShownUser, type UserValues } from '../user/view.ts';
import type { Html } from '../../../html/html.ts';
import type { User } from '../../../domain/model/user.ts';
import type { PageProblem } from '../page-view.ts';
import {
  attempt,
  contextOf,
  formOf,
  listOf,
  ownAddress,
  param,
  promisedId,
  query,
  readNumber,
  sayDone,
  textOf,
  type PagesOptions,
} from '../pages.ts';

/** The user's own account, even while something must be done before anything else. */
const own = { config: { who: 'signed-in', beforeAnything: true } } as const;

/** After the log-in: to the requested page, or to the form that was being sent when the session had ended. */
function goOn(
  request: FastifyRequest,
  reply: FastifyReply,
  user: User,
  next: string,
  kept: ReturnType<typeof keptOf>,
): string | Html {
  if (kept === null) return next;
  return keptPage({ ...contextOf(request, reply), user: { name: user.name, role: user.role } }, kept);
}

export async function accountPages(app: FastifyInstance, { deps, throttle }: PagesOptions): Promise<void> {
  const provider = deps.http.oidc;
  app.get('/login', anyone, async (request, reply) => {
    const next = ownAddress(query(request, 'next'));
    if (request.actor !== null) return reply.redirect(next, 303);
    const hasLeft = query(request, 'out') === '1';
    const c = contextOf(request, reply);
    return reply.html(
      logInPage(hasLeft ? { ...c, done: { message: 'staff.done.logged-out', params: {} } } : c, {
        ...{ login: '', next, provider },
        script: hasLeft ? app.assets.href('entry.js') : null,
      }),
    );
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
        if (user.secondFactorAt !== null) {
          awaitSecondFactor(request, deps, user);
          if (kept !== null) return codePage(contextOf(request, reply), { next, kept });
          return `/staff/login/code?next=${encodeURIComponent(next)}`;
        }
        app.devices.remember(request, reply, user.login);
        await beginSession(request, reply, deps, user);
        return goOn(request, reply, user, next, kept);
      },
      (problem) => logInPage(contextOf(request, reply), { login, next, kept, provider, problem }),
    );
  });
  app.get('/login/code', anyone, async (request, reply) => {
    const next = ownAddress(query(request, 'next'));
    if (!(await findAwaited(request, deps)))
      return reply.redirect(`/staff/login?next=${encodeURIComponent(next)}`, 303);
    return reply.html(codePage(contextOf(request, reply), { next }));
  });
  app.post('/login/code', anyone, async (request, reply) => {
    const form = formOf(request);
    const next = ownAddress(textOf(form, 'next'));
    const kept = keptOf(textOf(form, 'kept'));
    const user = await findAwaited(request, deps);
    if (!user) return reply.redirect(`/staff/login?next=${encodeURIComponent(next)}`, 303);
    return attempt(
      reply,
      async () => {
        await checkSecondFactor(deps, throttle, user, textOf(form, 'code'));
        app.devices.remember(request, reply, user.login);
        await beginSession(request, reply, deps, user, isExternal(request));
        return goOn(request, reply, user, next, kept);
      },
      (problem) => codePage(contextOf(request, reply), { next, kept, problem }),
    );
  });
  app.post('/logout', own, async (request, reply) => {
    await endSession(request, deps);
    // Sheets that were not saved, in every tab. Only over TLS; in this tab the script of the next page does it, too.
    reply.header('clear-site-data', '"storage"');
    return reply.redirect('/staff/login?out=1', 303);
  });
  app.post('/language', anyone, async (request, reply) => {
    const form = formOf(request);
    chooseLanguage(request, textOf(form, 'language'));
    return reply.redirect(ownAddress(textOf(form, 'back')), 303);
  });

  async function accountOf(
    request: FastifyRequest,
    reply: FastifyReply,
    more: Pick<Parameters<typeof accountPage>[1], 'values' | 'problem'> = {},
  ) {
    const actor = actorOfRequest(request);
    if (request.accountStep === 'password') return firstPasswordPage(contextOf(request, reply), more);
    const id = userIdSchema.parse(actor.userId);
    const user = await deps.storage.findUser(id);
    const at = user?.secondFactorAt ?? null;
    return accountPage(contextOf(request, reply), {
      counties: actor.counties,
      secondFactor: at === null ? null : { at, recoveryCodes: await deps.storage.countRecoveryCodes(id) },
      needed: actor.role !== 'system' && needsSecondFactor(actor.role),
      logIns: await listOwnSessions(deps, actor),
      here: sessionIdOf(request),
      tokens: await listTokens(deps, actor),
      scopes: actor.role === 'system' ? [] : scopesOfRole(actor.role),
      now: deps.now(),
      promised: deps.newId(),
      ...more,
    });
  }
  app.get('/account', own, async (request, reply) => {
    if (request.accountStep === 'second-factor') return reply.redirect('/staff/account/second-factor', 303);
    return reply.html(await accountOf(request, reply));
  });
  app.post('/account', own, async (request, reply) => {
    const actor = actorOfRequest(request);
    const form = formOf(request);
    return attempt(
      reply,
      async () => {
        const [present, password] = [textOf(form, 'presentPassword'), textOf(form, 'password')];
        const user = await changeOwnPassword(deps, throttle, actor, present, password);
        await beginSession(request, reply, deps, user);
        sayDone(request, 'staff.password.done');
        return '/staff/account';
      },
      (problem) => accountOf(request, reply, { problem }),
    );
  });
  app.get('/account/second-factor', own, async (request, reply) => reply.html(await enrolOf(request, reply)));
  async function enrolOf(request: FastifyRequest, reply: FastifyReply, problem?: PageProblem) {
    const actor = actorOfRequest(request);
    const user = await deps.storage.findUser(userIdSchema.parse(actor.userId));
    const { secret, uri } = beginEnrolment(deps, user?.login ?? actor.name, enrolmentOf(request));
    enrolmentOf(request, secret);
    return enrolPage(contextOf(request, reply), {
      secret,
      uri,
      needed: request.accountStep === 'second-factor',
      ...(problem && { problem }),
    });
  }
  app.post('/account/second-factor', own, async (request, reply) => {
    const secret = enrolmentOf(request);
    // The page was open too long, or in another browser.
    if (secret === undefined) return reply.redirect('/staff/account/second-factor', 303);
    let enrolled: Awaited<ReturnType<typeof confirmEnrolment>>;
    try {
      const code = textOf(formOf(request), 'code');
      enrolled = await confirmEnrolment(deps, throttle, actorOfRequest(request), secret, code);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      const { message, params, issues } = error;
      return reply
        .code(statusOf[error.kind])
        .html(await enrolOf(request, reply, { message, params, issues }));
    }
    enrolmentOf(request, null);
    await beginSession(request, reply, deps, enrolled.user, isExternal(request));
    request.accountStep = null;
    return reply.html(recoveryPage(contextOf(request, reply), enrolled.recoveryCodes));
  });
  app.post('/account/sessions', { config: { who: 'signed-in' } }, async (request, reply) =>
    attempt(
      reply,
      async () => {
        await endOwnSession(deps, actorOfRequest(request), textOf(formOf(request), 'session'));
        sayDone(request, 'staff.done.session-ended');
        return '/staff/account#log-ins';
      },
      (problem) => accountOf(request, reply, { problem }),
    ),
  );
  app.post('/account/tokens', { config: { who: 'signed-in' } }, async (request, reply) => {
    const form = formOf(request);
    const values = { name: textOf(form, 'name'), scopes: listOf(form, 'scopes'), days: textOf(form, 'days') };
    let made: string;
    try {
      const days = readNumber(values.days);
      made = await createToken(deps, actorOfRequest(request), { ...values, days }, promisedId(form));
    } catch (error) {
      if (!(error instanceof AppError) || (error.kind !== 'invalid' && error.kind !== 'conflict'))
        throw error;
      const { message, params, issues } = error;
      const problem = { message, params, issues };
      return reply.code(statusOf[error.kind]).html(await accountOf(request, reply, { values, problem }));
    }
    return reply.html(tokenPage(contextOf(request, reply), made));
  });
  app.post('/account/tokens/revoke', { config: { who: 'signed-in' } }, async (request, reply) =>
    attempt(
      reply,
      async () => {
        await revokeToken(deps, actorOfRequest(request), textOf(formOf(request), 'token'));
        sayDone(request, 'staff.done.token-revoked');
        return '/staff/account#tokens';
      },
      (problem) => accountOf(request, reply, { problem }),
    ),
  );

  const manage = { config: { who: 'users.manage' } } as const;
  const noValues: UserValues = { login: '', name: '', role: '', counties: '' };
  async function usersOf(
    request: FastifyRequest,
    reply: FastifyReply,
    values: UserValues,
    problem?: PageProblem,
  ) {
    const actor = actorOfRequest(request);
    const users = await listUsers(deps, actor);
    const logIns = await lastLogIns(deps, actor);
    const names = await countyNames(
      deps,
      users.flatMap((u) => u.counties),
    );
    return usersPage(contextOf(request, reply), {
      users,
      promised: deps.newId(),
      names,
      logIns,
      values,
      ...(problem && { problem }),
    });
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
        const user = await createUser(
          deps,
          actorOfRequest(request),
          {
            login: values.login,
            name: values.name,
            role: roleSchema.safeParse(values.role).data,
            counties: await readCountyWords(deps, values.counties),
            password: textOf(form, 'password'),
          },
          promisedId(form),
        );
        sayDone(request, 'staff.done.user-created', { name: user.name, login: user.login });
        return `/staff/users/${user.id}`;
      },
      (problem) => usersOf(request, reply, values, problem),
    );
  });
  async function userOf(
    request: FastifyRequest,
    reply: FastifyReply,
    user: ShownUser,
    problem?: PageProblem,
    typed?: string,
  ) {
    return userPage(contextOf(request, reply), {
      user,
      counties: typed ?? (await writeCountyWords(deps, user.counties)),
      logIns: await listSessionsOf(deps, actorOfRequest(request), userIdSchema.parse(user.id)),
      tokens: await listUsableTokens(deps, actorOfRequest(request), userIdSchema.parse(user.id)),
      now: deps.now(),
      isBound: await isBoundToProvider(deps, actorOfRequest(request), userIdSchema.parse(user.id)),
      ...(problem && { problem }),
    });
  }
  app.get('/users/:user', manage, async (request, reply) =>
    reply.html(await userOf(request, reply, await findUser(request))),
  );
  app.post('/users/:user/second-factor', manage, async (request, reply) => {
    const user = await findUser(request);
    await removeSecondFactor(deps, actorOfRequest(request), user.id);
    sayDone(request, 'staff.done.factor-removed', { name: user.name });
    return reply.redirect(`/staff/users/${user.id}`, 303);
  });
  app.post('/users/:user/tokens/revoke', manage, async (request, reply) => {
    const user = await findUser(request);
    await revokeTokenOf(deps, actorOfRequest(request), user.id, textOf(formOf(request), 'token'));
    sayDone(request, 'staff.done.token-revoked');
    return reply.redirect(`/staff/users/${user.id}`, 303);
  });
  app.post('/users/:user/unbind', manage, async (request, reply) => {
    const user = await findUser(request);
    await unbindProvider(deps, actorOfRequest(request), user.id);
    sayDone(request, 'staff.done.unbound', { name: user.name });
    return reply.redirect(`/staff/users/${user.id}`, 303);
  });
  app.post('/users/:user', manage, async (request, reply) => {
    const user = await findUser(request);
    const form = formOf(request);
    const change = { name: textOf(form, 'name'), disabled: textOf(form, 'disabled') === 'yes' };
    const counties = textOf(form, 'counties');
    return attempt(
      reply,
      async () => {
        const role = roleOf(textOf(form, 'role'));
        const codes = await readCountyWords(deps, counties);
        const { name, disabled } = await updateUser(deps, actorOfRequest(request), user.id, {
          ...{ ...change, role, counties: codes },
        });
        const what = disabled === user.disabled ? 'changed' : disabled ? 'disabled' : 'enabled';
        sayDone(request, `staff.done.user-${what}`, { name });
        return `/staff/users/${user.id}`;
      },
      (problem) =>
        // As typed.
        userOf(request, reply, { ...user, ...change }, problem, counties),
    );
  });
  app.post('/users/:user/password', manage, async (request, reply) => {
    const user = await findUser(request);
    return attempt(
      reply,
      async () => {
        await resetPassword(deps, actorOfRequest(request), user.id, textOf(formOf(request), 'password'));
        sayDone(request, 'staff.done.user-password', { name: user.name });
        return `/staff/users/${user.id}`;
      },
      (problem) => userOf(request, reply, user, problem),
    );
  });
}

function roleOf(text: string) {
  const role = roleSchema.safeParse(text);
  if (!role.success)
    throw new AppError('invalid', 'user.invalid', { issues: [{ path: 'role', message: 'user.role' }] });
  return role.data;
}
