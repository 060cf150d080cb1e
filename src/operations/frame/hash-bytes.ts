/**
 * The bytes of a file, hashed as they pass.
 * @param atEnd called when all have come, or the reader wants no more
 */
export async function* hashBytes(
  source: AsyncIterable<Uint8Array>,
  hash: { update(bytes: Uint8Array): unknown },
  atEnd: () => void = () => undefined,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const bytes of source) {
      hash.update(bytes);
      yield bytes;
    }
  } finally {
    atEnd();
  }
}
