/**
 * A page that is the same for many requests except for the token of its forms, compressed once. The token must differ in every
 * response: a constant secret in compressed pages can be guessed from their lengths (BREACH). So the page is cut where tokens
 * are. Its pieces are deflated separately (each ends with a full flush, and refers to nothing before it), and each response puts
 * its own token between them as a stored block, which is never compressed.
 */
import { constants, crc32, deflateRawSync } from 'node:zlib';

/** RFC 1952: deflate, no name, no time, unknown system. */
const head = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);
/** RFC 1951 §3.2.4: the last block, stored, empty. */
const lastBlock = Buffer.from([1, 0, 0, 0xff, 0xff]);

export class KeptPage {
  readonly #plain: readonly Buffer[];
  #deflated: readonly Buffer[] | null = null;

  /** @param mark placeholder of the token in the markup */
  constructor(markup: string, mark: string) {
    this.#plain = markup.split(mark).map((piece) => Buffer.from(piece));
  }

  /** Its memory, including the compressed form. */
  get bytes(): number {
    return this.#plain.reduce((sum, piece) => sum + 100 + 1.5 * piece.length, 0);
  }

  gzip(token: string): Buffer {
    this.#deflated ??= this.#plain.map((piece) =>
      deflateRawSync(piece, { level: 6, finishFlush: constants.Z_FULL_FLUSH }),
    );
    const text = Buffer.from(token);
    const end = Buffer.alloc(8);
    let crc = 0;
    let size = 0;
    for (const part of between(this.#plain, text)) {
      // Of nothing, zlib begins anew.
      if (part.length > 0) crc = crc32(part, crc);
      size += part.length;
    }
    end.writeUInt32LE(crc, 0);
    end.writeUInt32LE(size % 2 ** 32, 4);
    return Buffer.concat([head, ...between(this.#deflated, stored(text)), lastBlock, end]);
  }
}

function between(pieces: readonly Buffer[], part: Buffer): Buffer[] {
  return pieces.flatMap((piece, i) => (i === 0 ? [piece] : [part, piece]));
}

/** As a block that is not the last. A token is shorter than the 65,535 bytes of a block. */
function stored(text: Buffer): Buffer {
  const block = Buffer.alloc(5 + text.length);
  block.writeUInt16LE(text.length, 1);
  block.writeUInt16LE(0xffff - text.length, 3);
  text.copy(block, 5);
  return block;
}
