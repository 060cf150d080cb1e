import type { FastifyReply, FastifyRequest } from 'fastify';
import { Readable } from 'node:stream';
import { safeFileName } from '../domain/file-name.ts';
import { summaryCsv, type ReportedSummary } from '../export/summary-csv.ts';
import { downloadAs } from './download.ts';

/** Suppressed summaries as one CSV, in the reader's language. */
export function sendSummaryCsv(
  request: FastifyRequest,
  reply: FastifyReply,
  summaries: readonly ReportedSummary[],
): never {
  const first = summaries[0];
  const name = [first?.campaign.name, summaries.length === 1 ? first?.county.name : null]
    .filter(Boolean)
    .join('-');
  downloadAs(reply, safeFileName(name || 'summary', 'csv'));
  reply.type('text/csv; charset=utf-8');
  // Sent as it is: the JSON response schema of the route does not apply.
  return reply.send(Readable.from(summaryCsv(summaries, request.language))) as never;
}
