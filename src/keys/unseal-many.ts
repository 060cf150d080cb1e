/**
 * What `seal.ts` sealed, opened by the hundred. An object of node:crypto for each value costs twenty times as much as its AES: here all blocks of a batch are
 * one call. The AES is OpenSSL's. The hash that authenticates (GHASH) is written out below, after NIST SP 800-38D, 6.4 and 7.2, for nonces of 96 bits. Only
 * opening is done here: what is stored is made by OpenSSL alone.
 */
import { AppError } from '../domain/errors.ts';
import { encryptBlocks } from './blocks.ts';

const blockBytes = 16;
const nonceBytes = 12;
const tagBytes = 16;

/**
 * @param contexts as each was sealed with
 * @param starts where the text of each begins
 * @returns the texts, which are in UTF-8
 * @throws AppError corrupt `keys.unsealable` if key, context or bytes of one are not those it was sealed with
 */
export function unsealTexts(
  key: Uint8Array,
  contexts: readonly Uint8Array[],
  sealed: readonly Uint8Array[],
  starts: readonly number[],
): readonly string[] {
  const counters = countersOf(sealed);
  const stream = encryptBlocks(key, counters);
  // The first block is of noughts: its cipher is the hash's key.
  const hash = createGhash(stream);
  const plain = Buffer.from(counters.buffer, counters.byteOffset, counters.length);
  const texts: string[] = [];
  let at = blockBytes;
  try {
    for (let i = 0; i < sealed.length; i++) {
      const bytes = sealed[i]!;
      const context = contexts[i]!;
      const end = bytes.length - tagBytes;
      const length = end - nonceBytes;
      hash.begin();
      hash.update(context, 0, context.length);
      hash.update(bytes, nonceBytes, end);
      hash.finish(context.length, length);
      if (!hash.isTag(stream, at, bytes, end)) throw new AppError('corrupt', 'keys.unsealable');
      at += blockBytes;
      for (let j = 0; j < length; j++) plain[at + j] = bytes[nonceBytes + j]! ^ stream[at + j]!;
      texts.push(plain.toString('utf8', at + starts[i]!, at + length));
      at += blockBytes * Math.ceil(length / blockBytes);
    }
    return texts;
  } finally {
    stream.fill(0);
    plain.fill(0);
    hash.wipe();
  }
}

/** A block of noughts; then of each value the counter that its tag is masked with (1), and those that its text is (2 and on). */
function countersOf(sealed: readonly Uint8Array[]): Uint8Array {
  let blocks = 1;
  for (const { length } of sealed) {
    if (length < nonceBytes + tagBytes) throw new AppError('corrupt', 'keys.unsealable');
    blocks += 1 + Math.ceil((length - nonceBytes - tagBytes) / blockBytes);
  }
  const counters = new Uint8Array(blocks * blockBytes);
  let at = blockBytes;
  for (const bytes of sealed) {
    const last = 1 + Math.ceil((bytes.length - nonceBytes - tagBytes) / blockBytes);
    for (let counter = 1; counter <= last; counter++, at += blockBytes) {
      for (let j = 0; j < nonceBytes; j++) counters[at + j] = bytes[j]!;
      counters[at + 12] = counter >>> 24;
      counters[at + 13] = counter >>> 16;
      counters[at + 14] = counter >>> 8;
      counters[at + 15] = counter;
    }
  }
  return counters;
}

/**
 * A byte at a time, with a table made of the key, in words of 32 bits (McGrew and Viega, “The Galois/Counter Mode of Operation”, 4.1). What a look-up in a
 * table takes depends on what is looked up; to measure that, somebody must run on this machine, and there the keys are.
 */
function createGhash(keyBlock: Uint8Array) {
  const multiples = multiplesOf(keyBlock);
  const y = new Int32Array(4);

  /** y × the key */
  function multiply(): void {
    let z0 = 0;
    let z1 = 0;
    let z2 = 0;
    let z3 = 0;
    for (let word = 3; word >= 0; word--) {
      let bits = y[word]!;
      for (let i = 0; i < 4; i++) {
        const carry = reductions[z3 & 255]!;
        const at = (bits & 255) << 2;
        bits >>>= 8;
        z3 = ((z3 >>> 8) | (z2 << 24)) ^ multiples[at + 3]!;
        z2 = ((z2 >>> 8) | (z1 << 24)) ^ multiples[at + 2]!;
        z1 = ((z1 >>> 8) | (z0 << 24)) ^ multiples[at + 1]!;
        z0 = (z0 >>> 8) ^ carry ^ multiples[at]!;
      }
    }
    y[0] = z0;
    y[1] = z1;
    y[2] = z2;
    y[3] = z3;
  }

  return {
    begin: () => void y.fill(0),
    /** Blocks of bytes; the last one is filled with noughts. */
    update(bytes: Uint8Array, from: number, to: number): void {
      for (let at = from; at < to; at += blockBytes) {
        for (let i = 0; i < 4; i++) y[i]! ^= wordAt(bytes, at + 4 * i, to);
        multiply();
      }
    },
    /** Lengths in bytes; the hash holds them in bits, and none of ours needs more than 32. */
    finish(contextBytes: number, length: number): void {
      y[1]! ^= contextBytes << 3;
      y[3]! ^= length << 3;
      multiply();
    },
    /** Every byte is looked at, wherever the first difference is. */
    isTag(mask: Uint8Array, maskAt: number, tag: Uint8Array, tagAt: number): boolean {
      let differences = 0;
      for (let i = 0; i < 4; i++)
        differences |=
          y[i]! ^
          wordAt(mask, maskAt + 4 * i, maskAt + blockBytes) ^
          wordAt(tag, tagAt + 4 * i, tagAt + tagBytes);
      return differences === 0;
    },
    wipe(): void {
      multiples.fill(0);
      y.fill(0);
    },
  };
}

/** Big-endian; noughts from `end` on. */
function wordAt(bytes: Uint8Array, at: number, end: number): number {
  if (at + 4 <= end)
    return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
  let word = 0;
  for (let i = 0; i < 4; i++) word = (word << 8) | (at + i < end ? bytes[at + i]! : 0);
  return word;
}

/** Four words for each byte: the key times its polynomial, of which the highest bit is the lowest power. */
function multiplesOf(keyBlock: Uint8Array): Int32Array {
  const multiples = new Int32Array(4 * 256);
  let a = wordAt(keyBlock, 0, blockBytes);
  let b = wordAt(keyBlock, 4, blockBytes);
  let c = wordAt(keyBlock, 8, blockBytes);
  let d = wordAt(keyBlock, 12, blockBytes);
  for (let bit = 128; bit > 0; bit >>= 1) {
    multiples.set([a, b, c, d], bit * 4);
    const carry = (d & 1) === 0 ? 0 : reduction;
    d = (d >>> 1) | (c << 31);
    c = (c >>> 1) | (b << 31);
    b = (b >>> 1) | (a << 31);
    a = (a >>> 1) ^ carry;
  }
  for (let bit = 2; bit < 256; bit <<= 1)
    for (let i = 4; i < bit * 4; i++) multiples[bit * 4 + i] = multiples[bit * 4 + (i & 3)]! ^ multiples[i]!;
  return multiples;
}

/** x^128 = 1 + x + x² + x⁷ */
const reduction = 0xe100_0000;
/** What a byte that is shifted out at the end brings back at the beginning. */
const reductions = Int32Array.from({ length: 256 }, (_, byte) => {
  let word = 0;
  for (let bit = 0; bit < 8; bit++) if ((byte >> bit) & 1) word ^= reduction >>> (7 - bit);
  return word;
});
