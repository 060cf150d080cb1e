/**
 * V8 compiles code on threads of its own. They start with the process and have its priority, whichever thread they work for: what a close runs for the first time keeps
 * them busy for half a second, on the cores that answers need. So they make way.
 */
import { readdirSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';

/** Above the service's own: a tenth of the processor time that another thread gets where there is not enough for both. */
const helperNice = 10;
/** Node's default: four that V8 gives work to, and one that starts what is put off. */
const helpers = 5;

/**
 * Only where they do not collect garbage: a thread waits for whichever helper has begun a part of its collection, and did so for 56 ms when the helpers had to make
 * way for a crowd. `npm start` says so to V8, which may not be told while it runs. Linux gives each thread a priority of its own; elsewhere nothing is done.
 */
export function lowerHelperThreads(): void {
  if (process.platform !== 'linux' || !process.execArgv.includes('--single-threaded-gc')) return;
  // Numbers rise in the order of their start, and Node 20 gives threads no names. Whatever JavaScript starts comes later.
  const threads = readdirSync('/proc/self/task').map(Number);
  const started = threads.filter((thread) => thread > process.pid).sort((a, b) => a - b);
  const priority = Math.min(19, getPriority() + helperNice);
  for (const thread of started.slice(0, helpers)) setPriority(thread, priority);
}
