import { randomBytes } from 'node:crypto';

const poolSize = 8192;
/** The system's random bytes, fetched in larger blocks; no byte is used twice. */
export function createRandomBytes(): (length: number) => Uint8Array {
  let pool = new Uint8Array(0);
  let at = 0;
  return (length) => {
    if (length > 64) return new Uint8Array(randomBytes(length));
    if (at + length > pool.length) {
      pool = new Uint8Array(randomBytes(poolSize));
      at = 0;
    }
    const piece = pool.slice(at, at + length);
    pool.fill(0, at, (at += length));
    return piece;
  };
}
