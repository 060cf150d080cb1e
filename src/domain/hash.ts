/**
 * The only file of the domain that uses cryptography: hashing, and verifying signatures. Deterministic; no randomness, and no
 * secret except HMAC keys. The verifier's page for browsers replaces `node:crypto` by `cli/verifier/crypto-browser.ts`.
 */
import { createHash, createHmac, createPublicKey, hash, verify, type KeyObject } from 'node:crypto';
import type { ContentHash } from './model/ids.ts';

const scratch = new Uint8Array(1024);

/** Over the concatenated parts; texts as UTF-8. */
export function sha256(...parts: readonly (Uint8Array | string)[]): Uint8Array {
  // Nodes and leaves are small, and there are millions: no object is created for each.
  let length = 0;
  for (const p of parts) {
    if (typeof p === 'string' || length + p.length > scratch.length) return sha256OfMuch(parts);
    scratch.set(p, length);
    length += p.length;
  }
  // As a binary string: twice as fast as a Buffer, which is an object with its own memory.
  const digest = hash('sha256', scratch.subarray(0, length), 'binary');
  const out = new Uint8Array(32);
  for (let i = 0; i < 32; i++) out[i] = digest.charCodeAt(i);
  return out;
}

/** Writes the hash of `bytes` into `out` at offset `at`, for millions of hashes that are not kept. */
export function sha256Into(bytes: Uint8Array, out: Uint8Array, at: number): void {
  const digest = hash('sha256', bytes, 'binary');
  for (let i = 0; i < 32; i++) out[at + i] = digest.charCodeAt(i);
}

function sha256OfMuch(parts: readonly (Uint8Array | string)[]): Uint8Array {
  const h = createHash('sha256');
  for (const p of parts) h.update(p);
  return new Uint8Array(h.digest());
}

const block = 64;
const inner = new Uint8Array(1024);
const outer = new Uint8Array(block + 32);
const utf8 = new TextEncoder();

export interface RunningHash {
  update(bytes: Uint8Array): void;
  /** Call it once, at the end: 32 bytes. */
  digest(): Uint8Array;
}

/** SHA-256 of data that arrives in chunks. */
export function createSha256(): RunningHash {
  const h = createHash('sha256');
  return {
    update(bytes) {
      h.update(bytes);
    },
    digest: () => new Uint8Array(h.digest()),
  };
}

/** HMAC-SHA-256 (RFC 2104): 32 bytes. */
export function hmacSha256(key: Uint8Array, ...parts: readonly (Uint8Array | string)[]): Uint8Array {
  // Codes, numbers and ids are short: two one-shot hashes cost a fifth of a node:crypto HMAC object.
  let length = block;
  for (const p of parts) length += typeof p === 'string' ? 3 * p.length : p.length;
  if (key.length > block || length > inner.length) return hmacOfMuch(key, parts);
  for (let i = 0; i < block; i++) {
    const byte = i < key.length ? key[i]! : 0;
    inner[i] = byte ^ 0x36;
    outer[i] = byte ^ 0x5c;
  }
  length = block;
  for (const p of parts) {
    if (typeof p === 'string') length += putText(p, length);
    else {
      inner.set(p, length);
      length += p.length;
    }
  }
  sha256Into(inner.subarray(0, length), outer, block);
  const out = new Uint8Array(32);
  sha256Into(outer, out, 0);
  // No key outlives its use.
  inner.fill(0, 0, length);
  outer.fill(0);
  return out;
}

/** @returns how many bytes of `inner` it takes */
function putText(text: string, at: number): number {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    // Text that is not ASCII is rare. For a dozen characters, calling the encoder costs more than the hash.
    if (code > 127) return utf8.encodeInto(text, inner.subarray(at)).written;
    inner[at + i] = code;
  }
  return text.length;
}

function hmacOfMuch(key: Uint8Array, parts: readonly (Uint8Array | string)[]): Uint8Array {
  const h = createHmac('sha256', key);
  for (const p of parts) h.update(p);
  return new Uint8Array(h.digest());
}

/** Lower case. */
export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}

/** @throws RangeError if it is not hexadecimal */
export function fromHex(hex: string): Uint8Array {
  if (hex.length % 2 !== 0 || !/^[0-9a-f]*$/i.test(hex)) throw new RangeError('not hexadecimal');
  return new Uint8Array(Buffer.from(hex, 'hex'));
}

/** RFC 4648, with padding. */
export function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

const base64Digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
/** For every UTF-16 code unit; non-digits have bits above the six. */
const valueOfDigit = new Uint8Array(65_536).fill(255);
for (let i = 0; i < 64; i++) valueOfDigit[base64Digits.charCodeAt(i)] = i;

/**
 * RFC 4648 §4 with padding, canonical encoding only.
 * @throws RangeError
 */
export function fromBase64(text: string): Uint8Array {
  const length = text.length;
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  if (length % 4 !== 0) throw new RangeError('not base64');
  const out = new Uint8Array((length / 4) * 3 - padding);
  const whole = padding === 0 ? length : length - 4;
  let seen = 0;
  let at = 0;
  for (let i = 0; i < whole; i += 4) {
    const a = valueOfDigit[text.charCodeAt(i)]!;
    const b = valueOfDigit[text.charCodeAt(i + 1)]!;
    const c = valueOfDigit[text.charCodeAt(i + 2)]!;
    const d = valueOfDigit[text.charCodeAt(i + 3)]!;
    seen |= a | b | c | d;
    out[at++] = (a << 2) | (b >> 4);
    out[at++] = (b << 4) | (c >> 2);
    out[at++] = (c << 6) | d;
  }
  if (padding > 0) {
    const a = valueOfDigit[text.charCodeAt(whole)]!;
    const b = valueOfDigit[text.charCodeAt(whole + 1)]!;
    const c = padding === 1 ? valueOfDigit[text.charCodeAt(whole + 2)]! : 0;
    seen |= a | b | c;
    // Bits beyond the last byte must be 0.
    if ((padding === 1 ? c & 3 : b & 15) !== 0) seen |= 64;
    out[at++] = (a << 2) | (b >> 4);
    if (padding === 1) out[at++] = (b << 4) | (c >> 2);
  }
  if (seen > 63) throw new RangeError('not base64');
  return out;
}

const spkiPrefix = Buffer.from('302a300506032b6570032100', 'hex');
const publicKeys = new Map<string, KeyObject>();

/** RFC 8032 Ed25519, pure. False for malformed input. */
export function verifyEd25519(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (publicKey.length !== 32 || signature.length !== 64) return false;
  const name = toHex(publicKey);
  try {
    let key = publicKeys.get(name);
    if (!key) {
      key = createPublicKey({ key: Buffer.concat([spkiPrefix, publicKey]), format: 'der', type: 'spki' });
      if (publicKeys.size > 1000) publicKeys.clear();
      publicKeys.set(name, key);
    }
    return verify(null, message, key, signature);
  } catch {
    return false;
  }
}

/** JSON with object keys sorted at every level and no white space (the subset of RFC 8785 that our data needs). */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value))
    return `[${value.map((v) => canonicalJson(v === undefined ? null : v)).join(',')}]`;
  const entries = Object.entries(value as Record<string, unknown>)
    .filter(([, v]) => v !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([k, v]) => `${JSON.stringify(k)}:${canonicalJson(v)}`);
  return `{${entries.join(',')}}`;
}

/** Version of a document: SHA-256 of its canonical JSON. */
export function contentHash(document: unknown): ContentHash {
  return toHex(sha256(canonicalJson(document))) as ContentHash;
}
