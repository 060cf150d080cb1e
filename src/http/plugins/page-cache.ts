/**
 * Pages rendered and compressed once, kept while they are in use. The uncompressed form is kept only on demand, which no browser
 * does.
 */
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { LRUCache } from 'lru-cache';
import type { Encoding } from './encoding.ts';

export interface PageCache {
  /** `key` must include all inputs of the page. */
  get(key: string, encoding: Encoding, make: () => string): Promise<Buffer> | Buffer;
}

const toBrotli = promisify(brotliCompress);
const toGzip = promisify(gzip);

async function encode(body: Buffer, encoding: Encoding): Promise<Buffer> {
  switch (encoding) {
    case 'identity':
      return body;
    case 'gzip':
      return toGzip(body, { level: 9 });
    case 'br':
      // Off the event loop; the last quality level costs ten times the time for 2 % fewer bytes.
      return toBrotli(body, {
        params: { [constants.BROTLI_PARAM_QUALITY]: 9, [constants.BROTLI_PARAM_SIZE_HINT]: body.length },
      });
  }
}

/** Keeps the `limit` most recently used pages (each encoding counts as one). */
export function createPageCache(limit: number): PageCache {
  const kept = new LRUCache<string, Buffer>({ max: limit });
  const making = new Map<string, Promise<Buffer>>();
  return {
    get(key, encoding, make) {
      const id = `${encoding} ${key}`;
      const body = kept.get(id);
      if (body) return body;
      let promise = making.get(id);
      if (!promise) {
        promise = encode(Buffer.from(make()), encoding)
          .then((encoded) => {
            kept.set(id, encoded);
            return encoded;
          })
          .finally(() => making.delete(id));
        making.set(id, promise);
      }
      return promise;
    },
  };
}
