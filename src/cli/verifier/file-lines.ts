import { createReadStream } from 'node:fs';
import { systemError } from '../../domain/system-error.ts';
import { createLineReader } from '../../domain/evidence/verify/lines.ts';

/**
 * Lines of a file, in chunks.
 * @throws AppError as `createLineReader`, and `file.*` for system errors
 */
export async function* fileLines(path: string): AsyncGenerator<readonly string[], void, undefined> {
  const reader = createLineReader();
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 }))
      yield reader.push(chunk as Uint8Array);
  } catch (error) {
    throw systemError(error, path) ?? error;
  }
  reader.end();
}
