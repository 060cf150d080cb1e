/**
 * Data sealed under a campaign's contacts key. The context is the entry id and a second byte string, which keeps one kind from
 * being taken for the other.
 */
import { phoneCommitment } from '../../domain/evidence/frame-entry.ts';
import { seal, unseal, unsealText } from '../../keys/seal.ts';

const saltLength = 16;
const codeMark = new TextEncoder().encode('code');

/** salt (16) ‖ phone in UTF-8; for a contact without a phone only the salt. */
export function sealPhone(key: Uint8Array, entry: Uint8Array, salt: Uint8Array, phone: string): Uint8Array {
  return seal(key, entry, Buffer.concat([salt, Buffer.from(phone, 'utf8')]));
}

export function unsealPhone(
  key: Uint8Array,
  entry: Uint8Array,
  sealed: Uint8Array,
): { readonly salt: Uint8Array; readonly phone: string } {
  const plain = unseal(key, entry, sealed);
  return {
    salt: plain.subarray(0, saltLength),
    phone: Buffer.from(plain.subarray(saltLength)).toString('utf8'),
  };
}

/** The phone alone; empty if there is none. */
export function unsealNumber(key: Uint8Array, entry: Uint8Array, sealed: Uint8Array): string {
  return unsealText(key, entry, sealed, saltLength);
}

/** The roll's root commits to this instead of the phone. */
export function commitmentOf(key: Uint8Array, entry: Uint8Array, sealed: Uint8Array): Uint8Array {
  const { salt, phone } = unsealPhone(key, entry, sealed);
  return phoneCommitment(salt, phone);
}

function codeContext(entry: Uint8Array): Uint8Array {
  const context = new Uint8Array(entry.length + codeMark.length);
  context.set(entry);
  context.set(codeMark, entry.length);
  return context;
}

export function sealCode(key: Uint8Array, entry: Uint8Array, code: string): Uint8Array {
  return seal(key, codeContext(entry), code);
}

export function unsealCode(key: Uint8Array, entry: Uint8Array, sealed: Uint8Array): string {
  return unsealText(key, codeContext(entry), sealed);
}
