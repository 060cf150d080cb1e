/**
 * For browsers: the parts of node:crypto and Buffer that domain/hash.ts uses. A page opened from a file may have no Web
 * Cryptography, and none has it synchronously. SHA-256, HMAC and Ed25519 are those of @noble/hashes and @noble/curves.
 */
import { ed25519 } from '@noble/curves/ed25519.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';

const utf8 = new TextEncoder();
const toBytes = (data: Uint8Array | string) => (typeof data === 'string' ? utf8.encode(data) : data);

function join(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const p of parts) {
    out.set(p, at);
    at += p.length;
  }
  return out;
}

interface Hasher {
  update(data: Uint8Array | string): Hasher;
  digest(): Uint8Array;
}

function hasherOf(state: { update(data: Uint8Array): unknown; digest(): Uint8Array }): Hasher {
  return {
    update(data) {
      state.update(toBytes(data));
      return this;
    },
    digest: () => state.digest(),
  };
}

export const createHash = (_algorithm: 'sha256'): Hasher => hasherOf(sha256.create());
export const createHmac = (_algorithm: 'sha256', key: Uint8Array): Hasher =>
  hasherOf(hmac.create(sha256, key));

export function hash(_algorithm: 'sha256', message: Uint8Array, _encoding: 'binary'): string {
  return String.fromCharCode(...sha256(message));
}

/** The raw key from its SubjectPublicKeyInfo. */
export function createPublicKey({ key }: { readonly key: Uint8Array }): Uint8Array {
  return key.subarray(key.length - 32);
}

/** By RFC 8032, like Node: not the looser rules of ZIP 215. */
export function verify(
  _algorithm: null,
  message: Uint8Array,
  publicKey: Uint8Array,
  signature: Uint8Array,
): boolean {
  return ed25519.verify(signature, message, publicKey, { zip215: false });
}

// Buffer -----------------------------------------------------------------------------------------------------------------

const hexDigits = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, '0'));

class Bytes extends Uint8Array {
  override toString(encoding?: string): string {
    let text = '';
    if (encoding === 'hex') {
      for (const byte of this) text += hexDigits[byte]!;
      return text;
    }
    for (let at = 0; at < this.length; at += 8192)
      text += String.fromCharCode(...this.subarray(at, at + 8192));
    return btoa(text);
  }
}

function fromText(text: string, encoding: string): Bytes {
  const out = new Bytes(encoding === 'hex' ? text.length / 2 : 0);
  if (encoding === 'hex') {
    for (let i = 0; i < out.length; i++) out[i] = parseInt(text.slice(2 * i, 2 * i + 2), 16);
    return out;
  }
  try {
    const binary = atob(text);
    const bytes = new Bytes(binary.length);
    for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
    return bytes;
  } catch {
    // Invalid base 64 gives different text when encoded again, which the caller compares.
    return out;
  }
}

/** The part of Node's API that hash.ts uses. */
export const Buffer = {
  from: (source: string | ArrayBuffer, how: string | number, length?: number): Bytes =>
    typeof source === 'string' ? fromText(source, String(how)) : new Bytes(source, Number(how), length),
  concat: join,
};
