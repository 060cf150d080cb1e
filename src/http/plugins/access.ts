/**
 * Every route says who may (`config: { who }`), or the service does not start. The check is a hook of the route itself, so that a route outside the scope that
 * knows sessions is refused to everybody rather than open to everybody. A path parameter named `county` bounds the action to that county.
 */
import type { FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import type { z } from 'zod';
import { AppError } from '../../domain/errors.ts';
import { may, type Action, type Actor } from '../../domain/campaign/permissions.ts';
import type { CountyCode } from '../../domain/model/ids.ts';
import type { AccountStep } from '../../domain/user/second-factor.ts';

/** `signed-in`: any account, for what concerns itself alone. */
export type Who = 'public' | 'signed-in' | Action;

/** Options of a route for the public: respondents, health checks, style sheets. */
export const anyone = { config: { who: 'public' } } as const;

export interface DeclaredRoute {
  readonly method: string;
  readonly url: string;
  readonly who: Who;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    who?: Who;
    /** The handler checks the form's token itself, because it stands in the stream before the file. */
    upload?: boolean;
    /** For the API's document: the fields of an upload's form, beside token and file. */
    form?: z.ZodObject;
    /** Part of what an account has to do before anything else (domain/user/second-factor.ts), or of getting out. */
    beforeAnything?: boolean;
    /** Only the headers that the handler sets itself, and those of every reply. */
    plainHeaders?: boolean;
  }
  interface FastifyRequest {
    /** Set by the session; null for the public. */
    actor: Actor | null;
    /** What the account has to do before anything else; null: nothing. */
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
    // What concerns the account itself is done by a person.
    if (actor.scopes && request.method !== 'GET') throw new AppError('forbidden', 'token.not-here');
    return;
  }
  const { county } = request.params as { readonly county?: string };
  // A malformed county is nobody's county; the route's schema says what is wrong with it to those who are not bound.
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
      // A route keeps the error handler of the moment at which it is registered.
      if (!app.hasPlugin('errors'))
        throw new Error(`${String(route.method)} ${route.url} is registered before the error handler`);
      for (const method of [route.method].flat()) declared.push({ method, url: route.url, who });
      if (who === 'public') return;
      // Before the body is read, after every scope's onRequest has had its say about who asks.
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
