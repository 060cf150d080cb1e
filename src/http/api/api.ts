/** What all files of the API share: the app typed by its schemas, the common replies, and how a handler learns who asks. */
import type {
  FastifyBaseLogger,
  FastifyInstance,
  FastifyRequest,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { AppError } from '../../domain/errors.ts';
import { translator, type Translate } from '../../texts/texts.ts';
import type { Deps } from '../../operations/deps.ts';
import type { LoginThrottle } from '../../operations/user/login-throttle.ts';
import { problemReply } from './document.ts';

export type Api = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  ZodTypeProvider
>;
export interface ApiOptions {
  readonly deps: Deps;
  readonly throttle: LoginThrottle;
  /** Handed what makes the OpenAPI document, once every route is there. */
  readonly onDocument?: (make: () => object) => void;
}

export const nothing = z.null().describe('No content.');

/** Of a route that depends on a state, or on what is unique. The other refusals follow from its kind (`documentRoute`). */
export const conflict = { 409: problemReply(409) } as const;
/** Of a route that tries a password. */
export const attempts = { 401: problemReply(401), 429: problemReply(429) } as const;

export function textsOf(request: FastifyRequest): Translate {
  return translator(request.language);
}

/** A patch without the members that were not sent, which the operations' types tell apart from `undefined`. */
export function sent<T extends object>(input: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined)) as never;
}

export function notFound(message: string): never {
  throw new AppError('not-found', message);
}
