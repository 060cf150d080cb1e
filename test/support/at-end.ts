/**
 * What a process of the tests does last. Vitest ends its processes by SIGTERM, at which Node tells no listener of `exit`, and half a second later by SIGKILL:
 * what takes longer is a matter for another process.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const works = new Set<() => void>();

function workAll(): void {
  for (const work of [...works].reverse()) {
    works.delete(work);
    try {
      work();
    } catch (error) {
      process.stderr.write(`At the end of the tests: ${String(error)}\n`);
    }
  }
}
process.once('exit', workAll);
process.once('SIGTERM', () => {
  workAll();
  // Nobody listens any more: it ends the process.
  process.kill(process.pid, 'SIGTERM');
});

/** @returns a function that takes it back */
export function atEnd(work: () => void): () => void {
  works.add(work);
  return () => void works.delete(work);
}

export interface TemporaryFolder {
  readonly path: string;
  remove(): void;
}

/** Removed at the end, if nobody does so before. */
export function temporaryFolder(name: string): TemporaryFolder {
  const path = mkdtempSync(join(tmpdir(), `${name}-`));
  const clear = () => rmSync(path, { recursive: true, force: true });
  const takeBack = atEnd(clear);
  return {
    path,
    remove() {
      takeBack();
      clear();
    },
  };
}
