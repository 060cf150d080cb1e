/**
 * Encrypts small secrets (phones, codes): AES-256-GCM, nonce (12) ‖ ciphertext ‖ tag (16). `context` binds a sealed value to its
 * row.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { AppError } from '../domain/errors.ts';

export function seal(key: Uint8Array, context: Uint8Array | string, plain: Uint8Array | string): Uint8Array {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(typeof context === 'string' ? Buffer.from(context) : context);
  const bytes = typeof plain === 'string' ? Buffer.from(plain) : plain;
  const sealed = new Uint8Array(12 + bytes.length + 16);
  sealed.set(nonce);
  sealed.set(cipher.update(bytes), 12);
  cipher.final();
  sealed.set(cipher.getAuthTag(), 12 + bytes.length);
  return sealed;
}

/** @throws AppError corrupt `keys.unsealable` if key, context or bytes are not those of the sealing */
export function unseal(key: Uint8Array, context: Uint8Array | string, sealed: Uint8Array): Uint8Array {
  return new Uint8Array(open(key, context, sealed));
}

/** Likewise, for text in UTF-8 from `start` on. */
export function unsealText(key: Uint8Array, context: Uint8Array, sealed: Uint8Array, start = 0): string {
  const plain = open(key, context, sealed);
  const text = plain.toString('utf8', start);
  plain.fill(0);
  return text;
}

function open(key: Uint8Array, context: Uint8Array | string, sealed: Uint8Array): Buffer {
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, 12));
    decipher.setAAD(typeof context === 'string' ? Buffer.from(context) : context);
    decipher.setAuthTag(sealed.subarray(sealed.length - 16));
    const plain = decipher.update(sealed.subarray(12, sealed.length - 16));
    // A stream cipher leaves no remaining bytes: this only checks the tag.
    decipher.final();
    return plain;
  } catch (cause) {
    throw new AppError('corrupt', 'keys.unsealable', { cause });
  }
}
