import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Summary } from '../../domain/scoring/summary-types.ts';
import { summaryCsv } from '../../export/summary-csv.ts';
import { contentDisposition } from './file-name.ts';

/** A stream passes no serializer, so the type of the route's JSON is none of its business. */
export function sendSummaryCsv(
  request: FastifyRequest,
  reply: FastifyReply,
  summaries: readonly Summary[],
): never {
  const first = summaries[0];
  const name = [first?.campaign.name, ...summaries.slice(0, 3).map((s) => s.county.name)].join(' ');
  reply.header('content-disposition', contentDisposition(`${name}.csv`));
  return reply
    .type('text/csv; charset=utf-8')
    .send(Readable.from(summaryCsv(summaries, request.language))) as never;
}
