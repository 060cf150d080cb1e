/**
 * V8 compiles code on its own threads. They start with the process and have its priority, whichever thread they work for. Code
 * that a close runs for the first time keeps them busy for half a second, on the cores that answers need. So this module lowers
 * their priority.
 */
import { readdirSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';

/** A nice value above the service's own: a tenth of the CPU time of another thread under contention. */
const helperNice = 10;
/** Node's default: four worker threads of V8, and one for delayed tasks. */
const helpers = 5;

/**
 * Only if they do not collect garbage: a thread waits for a helper that has begun a part of its collection, and did so for 56 ms
 * when helpers with low priority had to wait under load. `npm start` sets the option of V8, which cannot be set at runtime. On
 * Linux each thread has its own priority; elsewhere nothing is done.
 */
export function lowerHelperThreads(): void {
  if (process.platform !== 'linux' || !process.execArgv.includes('--single-threaded-gc')) return;
  // Thread ids rise in the order of their start, and Node 20 gives threads no names. Threads started by JavaScript come later.
  const threads = readdirSync('/proc/self/task').map(Number);
  const started = threads.filter((thread) => thread > process.pid).sort((a, b) => a - b);
  const priority = Math.min(19, getPriority() + helperNice);
  for (const thread of started.slice(0, helpers)) setPriority(thread, priority);
}
