import { create } from 'content-disposition';
import type { FastifyReply } from 'fastify';
import { wellFormed } from '../domain/file-name.ts';

export const xlsxType = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';

/**
 * Sends a file for the browser to save (RFC 6266). Old browsers get a name in ASCII, without characters that they take for
 * escapes.
 */
export function downloadAs(reply: Pick<FastifyReply, 'header'>, fileName: string): void {
  const name = wellFormed(fileName);
  const fallback = name.replace(/[^\x20-\x7e]|["\\%]/gu, '_');
  reply.header('content-disposition', create(name, { fallback }));
}
