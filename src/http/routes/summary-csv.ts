import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Summary } from '../../domain/scoring/summary-types.ts';
import { contentDisposition } from './file-name.ts';

export function sendSummaryCsv(
  _request: FastifyRequest,
  reply: FastifyReply,
  summaries: readonly Summary[],
): never {
  const first = summaries[0];
  reply.header('content-disposition', contentDisposition(`${first?.campaign.name ?? ''}-summary.csv`));
  reply.type('text/csv; charset=utf-8');
  return reply.send('') as never;
}
