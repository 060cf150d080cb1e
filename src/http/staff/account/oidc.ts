/** Log-in through the identity provider: authorization code with PKCE, state and nonce, all in the sealed cookie. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Configuration } from 'openid-client';
import { AppError } from '../../../domain/errors.ts';
import { logInByProvider } from '../../../operations/user/oidc.ts';
import { anyone } from '../../plugins/access.ts';
import { statusOf } from '../../plugins/errors.ts';
import { awaitSecondFactor, beginSession } from '../../plugins/session.ts';
import { contextOf, ownAddress, query, type PagesOptions } from '../pages.ts';
import { logInPage } from './view.ts';

/** How long the provider's page may stay open. */
const patienceMs = 10 * 60_000;

/** Loaded on first use: an installation without a provider does not need it. */
const library = () => import('openid-client');

export async function oidcPages(app: FastifyInstance, { deps }: PagesOptions): Promise<void> {
  const provider = deps.http.oidc;
  if (!provider) return;
  const back = `${deps.publicUrl}/staff/login/oidc/back`;
  let found: Promise<Configuration> | null = null;
  /** Once for all log-ins; a provider that did not answer is queried again the next time. */
  const discover = () =>
    (found ??= library()
      .then(({ discovery, allowInsecureRequests }) =>
        discovery(new URL(provider.issuer), provider.clientId, provider.clientSecret, undefined, {
          timeout: 10,
          // Only for a provider on this machine: config.ts refuses any other without TLS.
          ...(provider.issuer.startsWith('http:') && { execute: [allowInsecureRequests] }),
        }),
      )
      .catch((cause: unknown) => {
        found = null;
        deps.log.warn({ err: cause }, 'oidc.unreachable');
        throw new AppError('unavailable', 'login.oidc-unavailable', { cause });
      }));

  app.get('/login/oidc', anyone, async (request, reply) => {
    const next = ownAddress(query(request, 'next'));
    try {
      await app.limits.countLogIn(request, 'begin');
      const {
        randomPKCECodeVerifier,
        calculatePKCECodeChallenge,
        randomState,
        randomNonce,
        buildAuthorizationUrl,
      } = await library();
      const config = await discover();
      const [verifier, state, nonce] = [randomPKCECodeVerifier(), randomState(), randomNonce()];
      request.session.set('oidc', { verifier, state, nonce, next, at: deps.now() });
      const url = buildAuthorizationUrl(config, {
        redirect_uri: back,
        scope: provider.scope,
        code_challenge: await calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
        ...{ state, nonce },
      });
      return reply.redirect(url.href, 303);
    } catch (error) {
      return refuse(request, reply, error, next);
    }
  });

  app.get('/login/oidc/back', anyone, async (request, reply) => {
    const begun = request.session.get('oidc');
    request.session.set('oidc', undefined);
    const next = begun?.next ?? '/staff';
    try {
      const age = deps.now() - (begun?.at ?? 0);
      // Another browser, a page that was open too long, or a link made by someone else.
      if (!begun || age < 0 || age > patienceMs) throw new AppError('unauthenticated', 'login.oidc-late');
      // The cookie can be sent again with any code: each would query the provider.
      await app.limits.countLogIn(request, 'back');
      const { authorizationCodeGrant } = await library();
      const tokens = await authorizationCodeGrant(await discover(), new URL(request.url, deps.publicUrl), {
        pkceCodeVerifier: begun.verifier,
        expectedState: begun.state,
        expectedNonce: begun.nonce,
        idTokenExpected: true,
      }).catch((cause: unknown) => {
        deps.log.warn({ err: cause }, 'oidc.refused');
        throw new AppError('unauthenticated', 'login.oidc-failed', { cause });
      });
      const claims = tokens.claims()!;
      const user = await logInByProvider(deps, provider.claim, { subject: claims.sub, claims });
      if (user.secondFactorAt !== null) {
        awaitSecondFactor(request, deps, user, true);
        return reply.redirect(`/staff/login/code?next=${encodeURIComponent(next)}`, 303);
      }
      await beginSession(request, reply, deps, user, true);
      return reply.redirect(next, 303);
    } catch (error) {
      return refuse(request, reply, error, next);
    }
  });

  function refuse(
    request: FastifyRequest,
    reply: Parameters<typeof contextOf>[1],
    error: unknown,
    next: string,
  ) {
    if (!(error instanceof AppError)) throw error;
    const { message, params, issues } = error;
    if (typeof params['seconds'] === 'number') reply.header('retry-after', params['seconds']);
    return reply.code(statusOf[error.kind]).html(
      logInPage(contextOf(request, reply), {
        login: '',
        next,
        provider,
        problem: { message, params, issues },
      }),
    );
  }
}
