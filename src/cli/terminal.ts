/** Input and output of a command. */
import { writeSync } from 'node:fs';
import type { Readable } from 'node:stream';

/** The process's own streams, or those of a caller within the process. */
export interface Terminal {
  readonly input: Readable & { readonly isTTY?: boolean };
  /** Everything is written when it returns. */
  readonly write: (stream: 'out' | 'err', bytes: Uint8Array | string) => void;
  /** Width of the standard output; undefined: a file or a pipe. */
  readonly columns?: number | undefined;
}

export const ownTerminal: Terminal = {
  input: process.stdin,
  write: (stream, bytes) => writeAll(stream === 'out' ? 1 : 2, bytes),
  get columns() {
    return process.stdout.isTTY ? process.stdout.columns : undefined;
  },
};

/** Everything, even into a pipe with a slow reader. */
function writeAll(fd: number, text: Uint8Array | string): void {
  let rest = typeof text === 'string' ? Buffer.from(text) : text;
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(fd, rest));
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : '';
      if (code === 'EPIPE') return;
      if (code !== 'EAGAIN') throw error;
    }
  }
}
