/** A form that was sent after the session had ended: kept in the log-in page itself, never on the server, and sent again by its owner after the log-in. */
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { ownAddress } from '../pages.ts';

interface KeptForm {
  readonly action: string;
  readonly pairs: readonly (readonly [string, string])[];
}

const mostBytes = 256 * 1024;
/** A token of the session before, and what nobody wants in a page. */
const dropped: ReadonlySet<string> = new Set(['_csrf', 'password', 'present']);

export function isForm(request: FastifyRequest): boolean {
  const type = request.headers['content-type'] ?? '';
  return request.method === 'POST' && type.startsWith('application/x-www-form-urlencoded');
}

/** The refusal came before the body was read. Null: too long, or not to be read any more. */
export async function readKept(request: FastifyRequest): Promise<KeptForm | null> {
  const action = ownAddress(request.url);
  if (action === '/staff' || action.startsWith('/staff/log') || !request.raw.readable) return null;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request.raw.iterator({ destroyOnReturn: false })) {
    size += (chunk as Buffer).length;
    if (size > mostBytes) return null;
    chunks.push(chunk as Buffer);
  }
  const pairs = [...new URLSearchParams(Buffer.concat(chunks).toString('utf8'))];
  return { action, pairs: pairs.filter(([name]) => !dropped.has(name)) };
}

const keptSchema = z.object({
  action: z.string(),
  pairs: z.array(z.tuple([z.string(), z.string()])).max(5_000),
});

/** From the log-in form. Null: nothing was kept, or it is not what the page wrote. */
export function keptOf(text: string): KeptForm | null {
  if (text === '') return null;
  try {
    const { action, pairs } = keptSchema.parse(JSON.parse(text));
    return { action: ownAddress(action), pairs: pairs.filter(([name]) => !dropped.has(name)) };
  } catch {
    return null;
  }
}
