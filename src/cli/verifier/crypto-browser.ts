/**
 * In browsers: what domain/hash.ts takes of node:crypto and Buffer, in plain JavaScript, because a page opened from a file may have no Web Cryptography, and
 * none has it synchronously. FIPS 180-4, RFC 2104, RFC 8032 §5.1.7 (verifying only: nothing here is secret, so nothing need be constant in time).
 */
import { compress, initialState, words } from '../../domain/sha256-block.ts';

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

export function sha256(message: Uint8Array): Uint8Array {
  const state = initialState.slice();
  const padded = new Uint8Array((message.length + 72) & ~63);
  padded.set(message);
  padded[message.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setBigUint64(padded.length - 8, BigInt(message.length) * 8n);
  for (let at = 0; at < padded.length; at += 64) {
    for (let i = 0; i < 16; i++) words[i] = view.getInt32(at + i * 4);
    compress(state, state);
  }
  const out = new Uint8Array(32);
  const outView = new DataView(out.buffer);
  state.forEach((word, i) => outView.setInt32(i * 4, word));
  return out;
}

interface Hasher {
  update(data: Uint8Array | string): Hasher;
  digest(): Uint8Array;
}

function hasher(finish: (message: Uint8Array) => Uint8Array): Hasher {
  const parts: Uint8Array[] = [];
  return {
    update(data) {
      parts.push(toBytes(data));
      return this;
    },
    digest: () => finish(parts.length === 1 ? parts[0]! : join(parts)),
  };
}

export function createHash(_algorithm: 'sha256'): Hasher {
  return hasher(sha256);
}

export function hash(_algorithm: 'sha256', message: Uint8Array, _encoding: 'binary'): string {
  return String.fromCharCode(...sha256(message));
}

export function createHmac(_algorithm: 'sha256', key: Uint8Array): Hasher {
  const block = new Uint8Array(64);
  block.set(key.length > 64 ? sha256(key) : key);
  const pad = (byte: number) => block.map((b) => b ^ byte);
  return hasher((message) => sha256(join([pad(0x5c), sha256(join([pad(0x36), message]))])));
}

// SHA-512 and Ed25519 ----------------------------------------------------------------------------------------------------

const mask = (1n << 64n) - 1n;
const rotate = (x: bigint, n: bigint) => ((x >> n) | (x << (64n - n))) & mask;

/** ⌊frac(ᵏ√p) · 2⁶⁴⌋ of the first `count` primes. */
function rootBits(count: number, k: bigint): bigint[] {
  const out: bigint[] = [];
  for (let p = 2n; out.length < count; p++) {
    let isPrime = true;
    for (let d = 2n; d * d <= p; d++) if (p % d === 0n) isPrime = false;
    if (!isPrime) continue;
    const n = p << (64n * k);
    let low = 0n;
    let high = 1n << 70n;
    while (high - low > 1n) {
      const middle = (low + high) >> 1n;
      if (middle ** k <= n) low = middle;
      else high = middle;
    }
    out.push(low & mask);
  }
  return out;
}
const K512 = rootBits(80, 3n);
const H512 = rootBits(8, 2n);

export function sha512(message: Uint8Array): Uint8Array {
  const padded = new Uint8Array((message.length + 144) & ~127);
  padded.set(message);
  padded[message.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setBigUint64(padded.length - 8, BigInt(message.length) * 8n);
  const h = [...H512];
  for (let at = 0; at < padded.length; at += 128) {
    const w = Array.from({ length: 16 }, (_, i) => view.getBigUint64(at + i * 8));
    for (let i = 16; i < 80; i++) {
      const x = w[i - 15]!;
      const y = w[i - 2]!;
      const s0 = rotate(x, 1n) ^ rotate(x, 8n) ^ (x >> 7n);
      const s1 = rotate(y, 19n) ^ rotate(y, 61n) ^ (y >> 6n);
      w.push((w[i - 16]! + s0 + w[i - 7]! + s1) & mask);
    }
    let [a, b, c, d, e, f, g, k] = h as [bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint];
    for (let i = 0; i < 80; i++) {
      const s1 = rotate(e, 14n) ^ rotate(e, 18n) ^ rotate(e, 41n);
      const t1 = (k + s1 + ((e & f) ^ (~e & mask & g)) + K512[i]! + w[i]!) & mask;
      const s0 = rotate(a, 28n) ^ rotate(a, 34n) ^ rotate(a, 39n);
      const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) & mask;
      [k, g, f, e, d, c, b, a] = [g, f, e, (d + t1) & mask, c, b, a, (t1 + t2) & mask];
    }
    [a, b, c, d, e, f, g, k].forEach((x, i) => (h[i] = (h[i]! + x) & mask));
  }
  const out = new Uint8Array(64);
  h.forEach((word, i) => new DataView(out.buffer).setBigUint64(i * 8, word));
  return out;
}

const P = (1n << 255n) - 19n;
const L = (1n << 252n) + 27742317777372353535851937790883648493n;
const mod = (x: bigint, m = P) => ((x % m) + m) % m;
function power(base: bigint, exponent: bigint): bigint {
  let [result, b] = [1n, mod(base)];
  for (let e = exponent; e > 0n; e >>= 1n) {
    if (e & 1n) result = mod(result * b);
    b = mod(b * b);
  }
  return result;
}
const inverse = (x: bigint) => power(x, P - 2n);
const D = mod(-121665n * inverse(121666n));
const rootOfMinusOne = power(2n, (P - 1n) / 4n);

/** Extended coordinates X, Y, Z, T. */
type Point = readonly [bigint, bigint, bigint, bigint];

function addPoints(p: Point, q: Point): Point {
  const a = mod((p[1] - p[0]) * (q[1] - q[0]));
  const b = mod((p[1] + p[0]) * (q[1] + q[0]));
  const c = mod(2n * p[3] * q[3] * D);
  const d = mod(2n * p[2] * q[2]);
  const [e, f, g, h] = [b - a, d - c, d + c, b + a];
  return [mod(e * f), mod(g * h), mod(f * g), mod(e * h)];
}

function multiply(n: bigint, p: Point): Point {
  let [result, q]: [Point, Point] = [[0n, 1n, 1n, 0n], p];
  for (let s = n; s > 0n; s >>= 1n) {
    if (s & 1n) result = addPoints(result, q);
    q = addPoints(q, q);
  }
  return result;
}

function littleEndian(bytes: Uint8Array): bigint {
  let n = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) n = (n << 8n) | BigInt(bytes[i]!);
  return n;
}

function decodePoint(bytes: Uint8Array): Point | undefined {
  const n = littleEndian(bytes);
  const y = n & ((1n << 255n) - 1n);
  const sign = n >> 255n;
  if (y >= P) return undefined;
  const u = mod(y * y - 1n);
  const x2 = mod(u * inverse(D * y * y + 1n));
  let x = power(x2, (P + 3n) / 8n);
  if (mod(x * x - x2) !== 0n) x = mod(x * rootOfMinusOne);
  if (mod(x * x - x2) !== 0n || (x === 0n && sign === 1n)) return undefined;
  if ((x & 1n) !== sign) x = P - x;
  return [x, y, 1n, mod(x * y)];
}

const G = decodePoint(new Uint8Array(32).fill(0x66).with(0, 0x58))!;

/** The raw key out of its SubjectPublicKeyInfo. */
export function createPublicKey({ key }: { readonly key: Uint8Array }): Uint8Array {
  return key.subarray(key.length - 32);
}

export function verify(
  _algorithm: null,
  message: Uint8Array,
  publicKey: Uint8Array,
  signature: Uint8Array,
): boolean {
  const a = decodePoint(publicKey);
  const r = decodePoint(signature.subarray(0, 32));
  const s = littleEndian(signature.subarray(32));
  if (!a || !r || s >= L) return false;
  const h = littleEndian(sha512(join([signature.subarray(0, 32), publicKey, message]))) % L;
  const left = multiply(s, G);
  const right = addPoints(r, multiply(h, a));
  return (
    mod(left[0] * right[2] - right[0] * left[2]) === 0n && mod(left[1] * right[2] - right[1] * left[2]) === 0n
  );
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
    // Not base 64: gives other text again, which the caller compares.
    return out;
  }
}

/** As much of Node's as hash.ts uses. */
export const Buffer = {
  from: (source: string | ArrayBuffer, how: string | number, length?: number): Bytes =>
    typeof source === 'string' ? fromText(source, String(how)) : new Bytes(source, Number(how), length),
  concat: join,
};
