/** Processor time of a private PostgreSQL server, all of its processes together, those that have ended included. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Server } from '../../support/postgres.ts';

/** Of Linux, on every machine that these benchmarks know. */
const ticksPerSecond = 100;

/** In milliseconds. */
export function serverCpu({ directory }: Server): number {
  const first = readFileSync(join(directory, 'data', 'postmaster.pid'), 'utf8').split('\n', 1)[0]!;
  const children = readFileSync(`/proc/${first}/task/${first}/children`, 'utf8').split(' ').filter(Boolean);
  // Of the first one also what it has waited for: user and system time of its ended children.
  const ticks = ticksOf(first, 4) + children.reduce((sum, pid) => sum + ticksOf(pid, 2), 0);
  return (ticks * 1000) / ticksPerSecond;
}

/** @param fields from `utime` on */
function ticksOf(pid: string, fields: number): number {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch (error) {
    // One that has just ended is counted with the first process.
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return 0;
    throw error;
  }
  // The name of the program, in brackets, may hold anything.
  const values = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return values.slice(11, 11 + fields).reduce((sum, value) => sum + Number(value), 0);
}
