/**
 * The staff session: a cookie sealed with a key of this installation, with a random id, the user's id, its epoch and the time of
 * log-in. Each request looks up the user and whether the session has ended. So a disabled account, a changed password, changed
 * counties or a log-out take effect at once, in every copy of the cookie. It ends eight hours after log-in. Registered only in
 * the staff's scope: respondents' pages neither set nor read a cookie.
 */
import csrf from '@fastify/csrf-protection';
import formbody from '@fastify/formbody';
import secureSession, { type SessionData } from '@fastify/secure-session';
import type { FastifyReply, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import { AppError, type MessageParams } from '../../domain/errors.ts';
import { userIdSchema } from '../../domain/model/ids.ts';
import { availableLanguages } from '../../texts/texts.ts';
import type { Deps } from '../../operations/deps.ts';
import { createDevices, type Devices } from './devices.ts';
import { describeDevice } from '../../operations/user/sessions.ts';
import { actorOfToken } from '../../operations/user/tokens.ts';
import { actorOf } from '../../operations/user/users.ts';
import { networkOf } from '../../domain/limits/network.ts';
import { nextStep } from '../../domain/user/second-factor.ts';
import type { HttpDeps } from '../deps.ts';
import type { User } from '../../domain/model/user.ts';

export const sessionHours = 8;
const sessionMs = sessionHours * 3_600_000;
/** A process on a machine whose clock is ahead may have started the session. */
const clockSkew = 60_000;

declare module '@fastify/secure-session' {
  interface SessionData {
    id: string;
    user: string;
    epoch: number;
    since: number;
    language: string;
    /** The result of the last action, to be shown once. */
    done: { readonly message: string; readonly params: MessageParams } | undefined;
    /** The password was right, the second factor is still missing: nobody is logged in. */
    pending: string;
    pendingSince: number;
    /** Started through the identity provider: the account's own password is not needed. */
    external: boolean;
    /** During the redirect to the identity provider. */
    oidc:
      | {
          readonly verifier: string;
          readonly state: string;
          readonly nonce: string;
          readonly next: string;
          readonly at: number;
        }
      | undefined;
    /** Sheets saved since the log-in, on that day: only a count. */
    entered: { readonly day: string; readonly count: number } | undefined;
    /** Secret of a second factor that is being enrolled. */
    enrol: string;
  }
}
declare module 'fastify' {
  interface FastifyInstance {
    readonly devices: Devices;
  }
}
export interface SessionOptions {
  readonly deps: HttpDeps;
}

function dataOf(request: FastifyRequest): Readonly<Partial<SessionData>> {
  return request.session.data() ?? {};
}

/** Starts a session, or renews it after a change of the own password; earlier content of the cookie is dropped. */
export async function beginSession(
  request: FastifyRequest,
  reply: FastifyReply,
  deps: Pick<Deps, 'now' | 'randomBytes' | 'storage'>,
  user: User,
  external = false,
): Promise<void> {
  const { language } = dataOf(request);
  const id = Buffer.from(deps.randomBytes(16)).toString('base64url');
  const since = deps.now();
  await deps.storage.beginSession({
    id,
    user: user.id,
    epoch: user.sessionEpoch,
    beganAt: since,
    expiresAt: since + sessionMs,
    network: networkOf(request.ip),
    device: describeDevice(request.headers['user-agent']),
  });
  request.session.regenerate();
  request.session.set('id', id);
  request.session.set('user', user.id);
  request.session.set('epoch', user.sessionEpoch);
  request.session.set('since', since);
  if (external) request.session.set('external', true);
  if (language !== undefined) request.session.set('language', language);
  // Creates the secret of the forms' tokens at once: two pages opened in parallel must not each create one.
  reply.generateCsrf();
}

/** Also on the server: a copy of the cookie becomes invalid. */
export async function endSession(request: FastifyRequest, { storage }: Pick<Deps, 'storage'>): Promise<void> {
  const { id, since } = dataOf(request);
  request.session.delete();
  if (id !== undefined && since !== undefined) await storage.endSession(id, since + sessionMs);
}

/** How long after the password the second factor may be given. */
const pendingMs = 10 * 60_000;

/** The password was right; the account is kept for the next page. */
export function awaitSecondFactor(
  request: FastifyRequest,
  deps: Pick<Deps, 'now'>,
  user: User,
  external = false,
): void {
  const { language } = dataOf(request);
  request.session.regenerate();
  request.session.set('pending', user.id);
  request.session.set('pendingSince', deps.now());
  if (external) request.session.set('external', true);
  if (language !== undefined) request.session.set('language', language);
}

/** @returns the account whose password was given recently; undefined: none */
export async function findAwaited(
  request: FastifyRequest,
  deps: Pick<Deps, 'now' | 'storage'>,
): Promise<User | undefined> {
  const { pending, pendingSince = 0 } = dataOf(request);
  const age = deps.now() - pendingSince;
  const id = userIdSchema.safeParse(pending);
  if (!id.success || age < -clockSkew || age >= pendingMs) return undefined;
  const user = await deps.storage.findUser(id.data);
  return user && !user.disabled ? user : undefined;
}

/** Whether the session, or the log-in that waits for its second factor, is one through the identity provider. */
export function isExternal(request: FastifyRequest): boolean {
  return dataOf(request).external === true;
}

/** The id of the requesting session. */
export function sessionIdOf(request: FastifyRequest): string | undefined {
  return dataOf(request).id;
}

/** The secret being enrolled, in the sealed cookie; with `set`, replaces or removes it. */
export function enrolmentOf(request: FastifyRequest, set?: string | null): string | undefined {
  if (set !== undefined) request.session.set('enrol', set ?? undefined);
  return dataOf(request).enrol;
}

export function chooseLanguage(request: FastifyRequest, language: string): void {
  if (!availableLanguages.includes(language)) return;
  request.session.set('language', language);
  request.language = language;
}

/**
 * The form's token, if the request has none in a header.
 * @throws AppError forbidden `csrf.failed`
 */
export function assertToken(request: FastifyRequest, reply: FastifyReply): void {
  let passed = false;
  // The plugin answers a failure itself; here only yes or no is needed.
  const silent = { send: () => undefined } as unknown as FastifyReply;
  reply.server.csrfProtection(request, silent, () => {
    passed = true;
  });
  if (!passed) throw new AppError('forbidden', 'csrf.failed');
}

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * A form proves its origin by its token. Other content types cannot be sent by a foreign site's form; they need the token in a
 * header, or the browser's statement that the request comes from this site. Without a session (log-in through the API) only the
 * browser's statement is available.
 */
function assertSameSite(request: FastifyRequest, reply: FastifyReply): void {
  if (safeMethods.has(request.method) || request.routeOptions.config.upload === true) return;
  // No browser adds a token by itself.
  if (request.actor?.scopes) return;
  const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  const isForm =
    type === 'application/x-www-form-urlencoded' || type === 'multipart/form-data' || type === 'text/plain';
  const isApi = request.url.startsWith('/api/');
  const site = request.headers['sec-fetch-site'];
  if (site === 'cross-site' || site === 'same-site') throw new AppError('forbidden', 'csrf.failed');
  if (isApi && !isForm && (site === 'same-origin' || (request.actor === null && site === undefined))) return;
  assertToken(request, reply);
}

export const session = fp<SessionOptions>(
  async (app, { deps }) => {
    const secure = deps.publicUrl.startsWith('https:');
    const rules = deps.http.accounts ?? { secondFactor: 'optional', ownPassword: false };
    if (!app.hasContentTypeParser('application/x-www-form-urlencoded')) await app.register(formbody);
    await app.register(secureSession, {
      key: Buffer.from(deps.keys.service('session')),
      cookieName: secure ? '__Host-manyi' : 'manyi',
      // The seal uses the machine's clock; the eight hours below use the service's.
      expiry: 24 * 3600,
      cookie: { path: '/', httpOnly: true, sameSite: 'lax', secure, maxAge: sessionMs / 1000 },
    });
    await app.register(csrf, { sessionPlugin: '@fastify/secure-session', logLevel: 'debug' });

    app.addHook('onRequest', async (request, reply) => {
      const data = dataOf(request);
      if (data.language !== undefined && availableLanguages.includes(data.language))
        request.language = data.language;
      // Figures and rolls must not be cached anywhere between here and the reader.
      reply.header('cache-control', 'no-store');
      const bearer = /^Bearer +(\S+) *$/i.exec(request.headers.authorization ?? '')?.[1];
      if (bearer !== undefined && request.url.startsWith('/api/')) {
        try {
          request.actor = await actorOfToken(deps, bearer);
        } catch (error) {
          if (error instanceof AppError && error.message === 'token.refused')
            await app.limits.countUnknown(request);
          throw error;
        }
        return;
      }
      const id = userIdSchema.safeParse(data.user);
      if (!id.success || data.since === undefined || data.id === undefined) return;
      const age = deps.now() - data.since;
      if (age < -clockSkew || age >= sessionMs) return;
      const user = await deps.storage.findUser(id.data);
      if (!user || user.disabled || user.sessionEpoch !== data.epoch) return;
      if (await deps.storage.isSessionEnded(data.id)) return;
      request.actor = actorOf(user, 'web');
      request.accountStep = nextStep(user, data.external === true ? { ...rules, ownPassword: false } : rules);
    });
    app.decorate('devices', createDevices(deps, secure));
    app.addHook('preValidation', async (request, reply) => {
      assertSameSite(request, reply);
      // Work for signed-in staff may take minutes; a silent socket is not cut off meanwhile. The next request has its timeout
      // again.
      if (request.actor !== null) request.raw.socket.setTimeout?.(0);
    });
  },
  { name: 'session', fastify: '5.x', dependencies: ['access', 'pages', 'limits'] },
);
