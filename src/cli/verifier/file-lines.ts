import { createReadStream } from 'node:fs';
import { createLineSplitter } from '../../domain/evidence/verify/lines.ts';

/** Lines of a file, some at a time. What follows the last newline is a line too, so that a cut file is seen. */
export async function* fileLines(path: string): AsyncGenerator<readonly string[], void, undefined> {
  const splitter = createLineSplitter();
  const decoder = new TextDecoder('utf-8', { fatal: false });
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 }))
    yield splitter.push(decoder.decode(chunk as Uint8Array, { stream: true }));
  const rest = splitter.rest() + decoder.decode();
  if (rest !== '') yield [rest];
}
