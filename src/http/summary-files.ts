/** Suppressed summaries as files to save, in the reader's language. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Readable } from 'node:stream';
import { safeFileName } from '../domain/file-name.ts';
import type { BallotComparison } from '../domain/scoring/ballot/compare.ts';
import { ballotCsv } from '../export/ballot-csv.ts';
import type { ReportOptions } from '../export/report/docx.ts';
import { summaryCsv, type ReportedSummary } from '../export/summary-csv.ts';
import { summaryXlsx } from '../export/summary-xlsx.ts';
import { zipChunks } from '../export/zip.ts';
import type { MadeDossier } from '../operations/summary/dossier.ts';
import { downloadAs } from './download.ts';

function saveAs(reply: FastifyReply, summaries: readonly ReportedSummary[], ending: string): void {
  const first = summaries[0];
  const name = [first?.campaign.name, summaries.length === 1 ? first?.county.name : null]
    .filter(Boolean)
    .join('-');
  downloadAs(reply, safeFileName(name || 'summary', ending));
}

export function sendSummaryCsv(
  request: FastifyRequest,
  reply: FastifyReply,
  summaries: readonly ReportedSummary[],
): never {
  saveAs(reply, summaries, 'csv');
  reply.type('text/csv; charset=utf-8');
  // Sent unchanged: the JSON response schema of the route does not apply.
  return reply.send(Readable.from(summaryCsv(summaries, request.language))) as never;
}

export function sendSummaryXlsx(
  request: FastifyRequest,
  reply: FastifyReply,
  summaries: readonly ReportedSummary[],
): never {
  saveAs(reply, summaries, 'xlsx');
  reply.type('application/vnd.openxmlformats-officedocument.spreadsheetml.sheet');
  return reply.send(Readable.from(summaryXlsx(summaries, request.language))) as never;
}

/** Loading the library takes a third of a second: only requests for a report wait for it. */
export async function sendReport(
  request: FastifyRequest,
  reply: FastifyReply,
  summary: ReportedSummary,
  options: Omit<ReportOptions, 'language'>,
): Promise<FastifyReply> {
  const { reportDocx } = await import('../export/report/docx.ts');
  saveAs(reply, [summary], 'docx');
  reply.type('application/vnd.openxmlformats-officedocument.wordprocessingml.document');
  return reply.send(await reportDocx(summary, { ...options, language: request.language }));
}

/** The arms of a split ballot. */
export function sendBallotCsv(
  request: FastifyRequest,
  reply: FastifyReply,
  comparison: BallotComparison,
): never {
  const { campaign, county } = comparison;
  downloadAs(reply, safeFileName(`${campaign.name}-${county.name}-ballot`, 'csv'));
  reply.type('text/csv; charset=utf-8');
  return reply.send(Readable.from(ballotCsv(comparison, request.language))) as never;
}

/** One folder in a zip. */
export function sendDossier(reply: FastifyReply, { name, files }: MadeDossier, at: number): FastifyReply {
  downloadAs(reply, safeFileName(name, 'zip'));
  reply.type('application/zip').header('cache-control', 'no-store');
  const inFolder = files.map((file) => ({ name: `${name}/${file.name}`, content: [file.content] }));
  return reply.send(Readable.from(zipChunks(inFolder, at)));
}
