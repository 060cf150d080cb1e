/**
 * Every route declares who may use it (`config: { who }`), or the service does not start. The check is a hook of the route
 * itself. So a route outside the scope with sessions is refused to everyone rather than open to everyone. A path parameter named
 * `county` limits the action to that county.
 */
import type { FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import type { z } from 'zod';
import { AppError } from '../../domain/errors.ts';
import { may, type Action, type Actor } from '../../domain/campaign/permissions.ts';
import type { CountyCode } from '../../domain/model/ids.ts';
import type { AccountStep } from '../../domain/user/second-factor.ts';

/** `signed-in`: any account, for its own affairs. */
export type Who = 'public' | 'signed-in' | Action;

/** Options of a public route: respondents, health checks, style sheets. */
export const anyone = { config: { who: 'public' } } as const;

export interface DeclaredRoute {
  readonly method: string;
  readonly url: string;
  readonly who: Who;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    who?: Who;
    /** The handler checks the form's token itself, because the token precedes the file in the stream. */
    upload?: boolean;
    /** For the API's document: fields of an upload's form besides token and file. */
    form?: z.ZodObject;
    /** Part of what an account must do before anything else (domain/user/second-factor.ts), or of logging out. */
    beforeAnything?: boolean;
    /** Only the headers set by the handler, and those of every response. */
    plainHeaders?: boolean;
  }
  interface FastifyRequest {
    /** Set by the session; null for the public. */
    actor: Actor | null;
    /** What the account must do before anything else; null: nothing. */
    accountStep: AccountStep | null;
  }
  interface FastifyInstance {
    readonly declaredRoutes: readonly DeclaredRoute[];
  }
}

/** @throws AppError unauthenticated `login.needed` */
export function actorOfRequest(request: FastifyRequest): Actor {
  if (!request.actor) throw new AppError('unauthenticated', 'login.needed');
  return request.actor;
}

function assertAllowed(request: FastifyRequest, who: Who): void {
  if (who === 'public') return;
  const actor = actorOfRequest(request);
  const { accountStep, routeOptions } = request;
  if (accountStep !== null && routeOptions.config.beforeAnything !== true)
    throw new AppError('unauthenticated', `account.step.${accountStep}`);
  if (who === 'signed-in') {
    // Actions on the account itself need a person, not a token.
    if (actor.scopes && request.method !== 'GET') throw new AppError('forbidden', 'token.not-here');
    return;
  }
  const { county } = request.params as { readonly county?: string };
  // A malformed county belongs to nobody; for unbound accounts the route's schema reports the fault.
  if (!may(actor, who, county as CountyCode | undefined))
    throw new AppError('forbidden', 'forbidden', { params: { action: who } });
}

export const access = fp(
  async (app) => {
    const declared: DeclaredRoute[] = [];
    app.decorate('declaredRoutes', declared);
    app.decorateRequest('actor', null);
    app.decorateRequest('accountStep', null);
    app.addHook('onRoute', (route) => {
      const who = route.config?.who;
      if (who === undefined) throw new Error(`${String(route.method)} ${route.url} does not say who may`);
      // A route keeps the error handler that is set when it is registered.
      if (!app.hasPlugin('errors'))
        throw new Error(`${String(route.method)} ${route.url} is registered before the error handler`);
      for (const method of [route.method].flat()) declared.push({ method, url: route.url, who });
      if (who === 'public') return;
      // Before the body is read, after every scope's onRequest has determined the user.
      route.preParsing = [
        (
          request: FastifyRequest,
          _reply: unknown,
          payload: unknown,
          done: (e: Error | null, p?: never) => void,
        ) => {
          try {
            assertAllowed(request, who);
          } catch (error) {
            done(error as Error);
            return;
          }
          done(null, payload as never);
        },
        ...[route.preParsing ?? []].flat(),
      ];
    });
  },
  { name: 'access', fastify: '5.x' },
);
