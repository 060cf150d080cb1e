import { createReadStream } from 'node:fs';
import { createLineReader } from '../../domain/evidence/verify/lines.ts';

/** Lines of a file, some at a time. @throws AppError as `createLineReader` */
export async function* fileLines(path: string): AsyncGenerator<readonly string[], void, undefined> {
  const reader = createLineReader();
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 }))
    yield reader.push(chunk as Uint8Array);
  reader.end();
}
