/**
 * To be imported before anything else by a thread whose long work must make way for whoever answers: loading all that it needs is a tenth of a second of
 * work already.
 */
import { getPriority, setPriority } from 'node:os';
import { workerData } from 'node:worker_threads';
import type { ThreadData } from './wire.ts';

/**
 * Above the service's own: the reader gets a tenth of the processor time that another thread gets where there is not enough for both, and whoever checkpoints a
 * quarter, or the WAL would grow for as long as a crowd lasts.
 */
const nice = { writer: 0, checkpointer: 5, reader: 10 } as const;

// Linux gives each thread a priority of its own; elsewhere the whole process would have it.
if (process.platform === 'linux')
  setPriority(Math.min(19, getPriority() + nice[(workerData as ThreadData).role]));

const workMs = 1;
const restMs = 1;

/**
 * Sleeps for a moment once the thread has worked for a millisecond. A thread of low priority, too, is let run to the end of its turn before one that has just been
 * woken gets the core, and turns last as long as a whole answer takes.
 */
export function createRest(): () => void {
  const sleeping = new Int32Array(new SharedArrayBuffer(4));
  let since = performance.now();
  return () => {
    if (performance.now() - since < workMs) return;
    Atomics.wait(sleeping, 0, 0, restMs);
    since = performance.now();
  };
}
