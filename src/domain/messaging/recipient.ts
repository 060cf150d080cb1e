/**
 * Keys by which the outbox identifies people and messages. None can be read by an outsider. What leads to a contact is derived
 * from the pseudonym key, which is destroyed at close, or from the contacts key, which is destroyed at the end of the storage
 * period.
 */
import { hmacSha256, toHex } from '../hash.ts';
import type { CountyCode } from '../model/ids.ts';

const idBytes = 16;

/** @returns views of 16 bytes each, not copies */
export function splitIds(ids: Uint8Array): readonly Uint8Array[] {
  const parts: Uint8Array[] = [];
  for (let at = 0; at < ids.length; at += idBytes) parts.push(ids.subarray(at, at + idBytes));
  return parts;
}

/** One after the other. */
export function joinIds(parts: readonly Uint8Array[]): Uint8Array {
  const ids = new Uint8Array(parts.length * idBytes);
  for (let i = 0; i < parts.length; i++) ids.set(parts[i]!, i * idBytes);
  return ids;
}

/** As databases order bytes. */
export function compareIds(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < idBytes; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return 0;
}

/** Key that encrypts a contact's id into its row key in one sending, and decrypts it (`keys/blocks.ts`). 32 bytes. */
export function recipientKeyOf(pseudonymKey: Uint8Array, county: CountyCode, sending: number): Uint8Array {
  return hmacSha256(pseudonymKey, 'outbox recipient', `${county}/${sending}`);
}

/** The row key from before it was the encrypted id: it is one-way, so the row holds the sealed id. */
export function hashedRecipientOf(
  pseudonymKey: Uint8Array,
  county: CountyCode,
  sending: number,
  entry: Uint8Array,
): Uint8Array {
  return hmacSha256(pseudonymKey, 'outbox', `${county}/${sending}/`, entry).subarray(0, 16);
}

/** For the contact's id in such a row. */
export function entryKeyOf(pseudonymKey: Uint8Array): Uint8Array {
  return hmacSha256(pseudonymKey, 'outbox entry');
}

/** The message's id for the gateway: the same at every attempt, and not stored. */
export function messageIdOf(
  contactsKey: Uint8Array,
  county: CountyCode,
  sending: number,
  entry: Uint8Array,
): string {
  return toHex(hmacSha256(contactsKey, 'message', `${county}/${sending}/`, entry).subarray(0, 12));
}

/** Key under which the gateway's own id of a message is stored. */
export function providerDigest(contactsKey: Uint8Array, channel: string, providerId: string): Uint8Array {
  return hmacSha256(contactsKey, 'provider', channel, '\0', providerId).slice(0, 16);
}

/** A number in lists that span campaigns. */
export function numberDigest(numbersKey: Uint8Array, phone: string): Uint8Array {
  return hmacSha256(numbersKey, 'number', phone.replace(/\D/g, '')).slice(0, 16);
}
