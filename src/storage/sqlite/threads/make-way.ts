/**
 * To be imported before anything else by a thread whose long work must make way for whoever answers: loading all that it needs is a tenth of a second of
 * work already.
 */
import { getPriority, setPriority } from 'node:os';
import { workerData } from 'node:worker_threads';
import type { ThreadData } from './wire.ts';

/** Above the service's own: a tenth of the processor time that another thread gets where there is not enough for both. */
const readerNice = 10;

// Linux gives each thread a priority of its own; elsewhere the whole process would have it.
if ((workerData as ThreadData).role === 'reader' && process.platform === 'linux')
  setPriority(Math.min(19, getPriority() + readerNice));

const workMs = 2;
const restMs = 1;

/**
 * Sleeps for a moment once the thread has worked for some milliseconds. A thread of low priority, too, is let run to the end of its turn before one that has just been
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
