/**
 * Import this first in a thread whose long work must have a lower priority than answers: loading its modules alone takes a tenth
 * of a second.
 */
import { getPriority, setPriority } from 'node:os';
import { workerData } from 'node:worker_threads';
import type { ThreadData } from './wire.ts';

/**
 * Nice values above the service's own: under contention the reader gets a tenth of the CPU time of another thread. The
 * checkpointer gets a quarter, or the WAL would grow for as long as the load lasts.
 */
const nice = { writer: 0, checkpointer: 5, reader: 10 } as const;

// On Linux each thread has its own priority; elsewhere it would apply to the whole process.
if (process.platform === 'linux')
  setPriority(Math.min(19, getPriority() + nice[(workerData as ThreadData).role]));

const workMs = 1;
const restMs = 1;

/**
 * Sleeps briefly after a millisecond of work. The scheduler lets even a thread of low priority finish its time slice before a
 * thread that has just been woken gets the core, and a slice is as long as a whole answer takes.
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
