/**
 * Writes large files to disk while others commit. A flush blocks all others, including the writer's commits, until it is done:
 * for a whole copy a tenth of a second and more. So copies are made without a flush, which leaves them in the page cache. They
 * are then rewritten in steps, each flushed by itself, with pauses for commits.
 */
import { closeSync, fdatasyncSync, fsyncSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import type { Raw } from '../connection.ts';
import { createPrivateFile } from '../modes.ts';

const stepBytes = 1 << 18;
/** After each step the disk is left to others for twice as long as the step took, but no longer than this. */
const longestPauseMs = 50;

/** Not on the disk when it returns. `path` is an empty file, or none. */
export function vacuumUnflushed(raw: Raw, path: string): void {
  const before = raw.pragma('synchronous', { simple: true }) as number;
  raw.pragma('synchronous = OFF');
  try {
    raw.prepare('VACUUM INTO ?').run(path);
  } finally {
    raw.pragma(`synchronous = ${before}`);
  }
}

/**
 * Writes the contents of `from` to a new file `to`, durable on return; then `from` is deleted. Blocks its thread: not for the
 * thread that answers requests.
 */
export function flushInSteps(from: string, to: string): void {
  createPrivateFile(to);
  const source = openSync(from, 'r');
  const target = openSync(to, 'r+');
  const sleeping = new Int32Array(new SharedArrayBuffer(4));
  try {
    const step = Buffer.allocUnsafe(stepBytes);
    for (let at = 0; ;) {
      const length = readSync(source, step, 0, stepBytes, at);
      if (length === 0) break;
      const started = performance.now();
      for (let done = 0; done < length;) done += writeSync(target, step, done, length - done, at + done);
      fdatasyncSync(target);
      at += length;
      Atomics.wait(sleeping, 0, 0, Math.min(longestPauseMs, 2 * (performance.now() - started)));
    }
    fsyncSync(target);
  } finally {
    closeSync(source);
    closeSync(target);
  }
  rmSync(from);
}
