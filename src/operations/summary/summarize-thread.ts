/** Computes summaries of large counties beside the thread that answers. */
import { getPriority, setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';
import { AppError } from '../../domain/errors.ts';
import { computeShownSummary } from '../../domain/scoring/suppression/suppression.ts';
import type { SummaryReply, SummaryTask } from './summarizer.ts';

const port = parentPort;
if (!port) throw new Error('summaries started outside a worker');
/** Above the service's own, as of those that read long: whoever answers goes first. Linux gives each thread a priority of its own. */
const threadNice = 10;
if (process.platform === 'linux') setPriority(Math.min(19, getPriority() + threadNice));

port.on('message', ({ id, input }: SummaryTask) => {
  let reply: SummaryReply;
  try {
    reply = { id, summary: computeShownSummary(input) };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    reply = { id, error: { kind: error.kind, message: error.message, params: error.params } };
  }
  port.postMessage(reply);
});
