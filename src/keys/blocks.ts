/**
 * Ids of 16 bytes under a key, and back. One block of AES-256 is a permutation of all of them: equal ids have equal names, so that a row is found by its
 * contact, and nobody without the key gets from a name to its id. Hundreds at once cost one call.
 */
import { createCipheriv, createDecipheriv } from 'node:crypto';

/** @param blocks one after the other, none twice under one key: that two are equal would show */
export function encryptBlocks(key: Uint8Array, blocks: Uint8Array): Uint8Array {
  return new Uint8Array(createCipheriv('aes-256-ecb', key, null).setAutoPadding(false).update(blocks));
}

export function decryptBlocks(key: Uint8Array, blocks: Uint8Array): Uint8Array {
  return new Uint8Array(createDecipheriv('aes-256-ecb', key, null).setAutoPadding(false).update(blocks));
}
