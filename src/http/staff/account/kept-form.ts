/**
 * A form that was sent after the session had ended, or with the token of the session before. It is kept in the page itself, never
 * on the server, and sent again by its owner.
 */
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { pageOfForm } from '../../plugins/errors.ts';
import { formPairs, secretFields, type FormFields } from '../../plugins/forms.ts';
import { ownAddress } from '../pages.ts';
import type { KeptForm } from './view.ts';

const mostBytes = 256 * 1024;

export function isForm(request: FastifyRequest): boolean {
  const type = request.headers['content-type'] ?? '';
  return request.method === 'POST' && type.startsWith('application/x-www-form-urlencoded');
}

/** The refusal came before the body was read. Null: too long, or no longer readable. */
export async function readKept(request: FastifyRequest): Promise<KeptForm | null> {
  if (!isWorthKeeping(request) || !request.raw.readable) return null;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request.raw.iterator({ destroyOnReturn: false })) {
    size += (chunk as Buffer).length;
    if (size > mostBytes) return null;
    chunks.push(chunk as Buffer);
  }
  return keptForm(request, [...new URLSearchParams(Buffer.concat(chunks).toString('utf8'))]);
}

/**
 * The token was the fault: the body has been read. Nothing of a form from another site is kept, whatever the browser says about
 * its origin.
 */
export function keptOfBody(request: FastifyRequest): KeptForm | null {
  if (!isForm(request) || !isWorthKeeping(request)) return null;
  if (request.headers['sec-fetch-site'] !== 'same-origin') return null;
  return keptForm(request, [...formPairs((request.body ?? {}) as FormFields)]);
}

/** Logging in or out and choosing a language are easier repeated than confirmed. */
function isWorthKeeping(request: FastifyRequest): boolean {
  const action = ownAddress(request.url);
  return action !== '/staff' && !/^\/staff\/(?:log|language)/.test(action);
}

function keptForm(request: FastifyRequest, pairs: KeptForm['pairs']): KeptForm {
  return {
    action: ownAddress(request.url),
    page: pageOfForm(request) ?? '/staff',
    pairs: pairs.filter(([name]) => !secretFields.has(name)),
  };
}

const keptSchema = z.object({
  action: z.string(),
  page: z.string(),
  pairs: z.array(z.tuple([z.string(), z.string()])).max(5_000),
});

/** From the log-in form. Null: nothing was kept, or it is not what the page wrote. */
export function keptOf(text: string): KeptForm | null {
  if (text === '') return null;
  try {
    const { action, page, pairs } = keptSchema.parse(JSON.parse(text));
    return {
      action: ownAddress(action),
      page: ownAddress(page),
      pairs: pairs.filter(([name]) => !secretFields.has(name)),
    };
  } catch {
    return null;
  }
}
