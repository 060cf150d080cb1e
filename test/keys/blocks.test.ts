import { describe, expect, test } from 'vitest';
import { decryptBlocks, encryptBlocks } from '../../src/keys/blocks.ts';

const hex = (text: string) => new Uint8Array(Buffer.from(text, 'hex'));

describe('ids under a key', () => {
  test('are what FIPS 197 says (appendix C.3), each on its own, and come back', () => {
    const key = hex('000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f');
    const plain = hex('00112233445566778899aabbccddeeff');
    const encrypted = hex('8ea2b7ca516745bfeafc49904b496089');
    expect(encryptBlocks(key, plain)).toEqual(encrypted);
    const other = new Uint8Array(16).fill(7);
    const both = encryptBlocks(key, Buffer.concat([plain, other]));
    expect(both.subarray(0, 16)).toEqual(encrypted);
    expect(both.subarray(16)).toEqual(encryptBlocks(key, other));
    expect(decryptBlocks(key, both)).toEqual(new Uint8Array(Buffer.concat([plain, other])));
  });

  test('of none are none', () => {
    expect(encryptBlocks(new Uint8Array(32), new Uint8Array(0))).toEqual(new Uint8Array(0));
    expect(decryptBlocks(new Uint8Array(32), new Uint8Array(0))).toEqual(new Uint8Array(0));
  });
});
