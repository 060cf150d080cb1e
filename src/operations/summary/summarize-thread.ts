/** Computes summaries of large counties on a separate thread. */
import { getPriority, setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';
import { AppError } from '../../domain/errors.ts';
import { computeShownSummary } from '../../domain/scoring/suppression/suppression.ts';
import type { SummaryReply, SummaryTask } from './summarizer.ts';

const port = parentPort;
if (!port) throw new Error('summaries started outside a worker');
/**
 * A nice value above the service's own, like that of long readers: answers have priority. On Linux each thread has its own
 * priority.
 */
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
