/** The response instead of a look-up, while a network exceeds its allowance of misses (plugins/limits.ts). */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '../../domain/errors.ts';
import { availableLanguages } from '../../texts/texts.ts';
import { wantsJson } from '../plugins/errors.ts';
import { FormBody, formPairs, type FormFields } from '../plugins/forms.ts';
import { heldPage } from './respondent-view.ts';
import { serviceSecond } from '../../domain/time-zone.ts';

/**
 * Undefined: the code may be looked up. Otherwise the response was sent: when to retry, with what was filled in.
 * @throws AppError too-many `http.held` for programs
 */
export function holdLookUp(
  request: FastifyRequest,
  reply: FastifyReply,
  code: string,
  now: number,
): FastifyReply | undefined {
  const seconds = request.server.limits.secondsToWait(request, code);
  if (seconds === 0) return undefined;
  if (wantsJson(request)) throw new AppError('too-many', 'http.held', { params: { seconds } });
  const fields = request.method === 'POST' ? fieldsOf(request.body) : null;
  const chosen = fields?.find(([name]) => name === '_language')?.[1];
  const language = availableLanguages.find((l) => l === chosen) ?? request.language;
  const time = serviceSecond(now + seconds * 1000);
  return reply
    .code(429)
    .header('retry-after', seconds)
    .header('cache-control', 'no-store')
    .html(
      heldPage(request.server.pageContext(language, request.large), {
        seconds,
        time,
        address: request.url,
        fields,
      }),
    );
}

function fieldsOf(body: unknown): readonly (readonly [string, string])[] {
  if (body instanceof FormBody) return body.pairs;
  return [...formPairs((body ?? {}) as FormFields)];
}
