/** Common parts of the API's files: the app typed by its schemas, the common responses, and how a handler learns who asks. */
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
  /** Called with the OpenAPI generator once every route is registered. */
  readonly onDocument?: (make: () => object) => void;
}

export const nothing = z.null().describe('No content.');

/** For a route that depends on a state, or on uniqueness. The other errors follow from its kind (`documentRoute`). */
export const conflict = { 409: problemReply(409) } as const;
/** For a route that checks a password. */
export const attempts = { 401: problemReply(401), 429: problemReply(429) } as const;

export function textsOf(request: FastifyRequest): Translate {
  return translator(request.language);
}

/** A patch without the members that were not sent, which the operations' types distinguish from `undefined`. */
export function sent<T extends object>(input: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined)) as never;
}

export function notFound(message: string): never {
  throw new AppError('not-found', message);
}
