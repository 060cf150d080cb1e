/** Sealing of small secrets (phones, codes): AES-256-GCM, nonce (12) ‖ ciphertext ‖ tag (16). `context` binds a sealed value to its row. */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { AppError } from '../domain/errors.ts';

export function seal(key: Uint8Array, context: Uint8Array | string, plain: Uint8Array | string): Uint8Array {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(typeof context === 'string' ? Buffer.from(context) : context);
  const head = cipher.update(typeof plain === 'string' ? Buffer.from(plain) : plain);
  return new Uint8Array(Buffer.concat([nonce, head, cipher.final(), cipher.getAuthTag()]));
}

/** @throws AppError corrupt `keys.unsealable` if key, context or bytes are not those it was sealed with */
export function unseal(key: Uint8Array, context: Uint8Array | string, sealed: Uint8Array): Uint8Array {
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, 12));
    decipher.setAAD(typeof context === 'string' ? Buffer.from(context) : context);
    decipher.setAuthTag(sealed.subarray(sealed.length - 16));
    const plain = Buffer.concat([decipher.update(sealed.subarray(12, sealed.length - 16)), decipher.final()]);
    return new Uint8Array(plain);
  } catch (cause) {
    throw new AppError('corrupt', 'keys.unsealable', { cause });
  }
}
