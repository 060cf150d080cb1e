/** Writes files one after the other into a .zip, in constant memory. */
import type { Zip } from 'fflate';

export interface FileToZip {
  /** With its folders, separated by `/`. */
  readonly name: string;
  readonly content: AsyncIterable<Uint8Array | string> | Iterable<Uint8Array | string>;
}

/** Names are UTF-8 and marked as such. Each entry has the time `at` (milliseconds since 1970). */
export async function* zipChunks(
  files: AsyncIterable<FileToZip> | Iterable<FileToZip>,
  at: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { Zip, ZipDeflate } = await import('fflate');
  let out: Uint8Array[] = [];
  const zip: Zip = new Zip((error, chunk) => {
    if (error) throw error;
    out.push(chunk);
  });
  function* drain(): Generator<Uint8Array> {
    const chunks = out;
    out = [];
    yield* chunks;
  }
  for await (const { name, content } of files) {
    const file = new ZipDeflate(name, { level: 6 });
    file.mtime = at;
    zip.add(file);
    for await (const chunk of content) {
      file.push(typeof chunk === 'string' ? Buffer.from(chunk, 'utf8') : chunk);
      yield* drain();
    }
    file.push(new Uint8Array(), true);
    yield* drain();
  }
  zip.end();
  yield* drain();
}
