/**
 * Encrypts and decrypts ids of 16 bytes. One block of AES-256 is a permutation: equal ids have equal ciphertexts, so a row is
 * found by its contact, and without the key nobody gets from a ciphertext to the id. Hundreds at once cost one call.
 */
import { createCipheriv, createDecipheriv } from 'node:crypto';

/** @param blocks concatenated, none twice under one key, because equal ones would show */
export function encryptBlocks(key: Uint8Array, blocks: Uint8Array): Uint8Array {
  return new Uint8Array(createCipheriv('aes-256-ecb', key, null).setAutoPadding(false).update(blocks));
}

export function decryptBlocks(key: Uint8Array, blocks: Uint8Array): Uint8Array {
  return new Uint8Array(createDecipheriv('aes-256-ecb', key, null).setAutoPadding(false).update(blocks));
}
