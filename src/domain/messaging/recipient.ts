/**
 * Names under which the outbox knows people and messages. None is stored that a stranger could read: what leads to a contact is made of the pseudonym key,
 * which dies at close, or of the contacts key, which dies with the storage period.
 */
import { hmacSha256, toHex } from '../hash.ts';
import type { CountyCode } from '../model/ids.ts';

/** Of one contact in one sending: the row's key. 16 bytes. */
export function recipientOf(
  pseudonymKey: Uint8Array,
  county: CountyCode,
  sending: number,
  entry: Uint8Array,
): Uint8Array {
  return hmacSha256(pseudonymKey, 'outbox', `${county}/${sending}/`, entry).subarray(0, 16);
}

/** For the contact's id in the row. */
export function entryKeyOf(pseudonymKey: Uint8Array): Uint8Array {
  return hmacSha256(pseudonymKey, 'outbox entry');
}

/** The message's id as the gateway gets it: the same at every attempt, and stored nowhere. */
export function messageIdOf(
  contactsKey: Uint8Array,
  county: CountyCode,
  sending: number,
  entry: Uint8Array,
): string {
  return toHex(hmacSha256(contactsKey, 'message', `${county}/${sending}/`, entry).subarray(0, 12));
}

/** Under what the gateway's own id of a message is stored. */
export function providerDigest(contactsKey: Uint8Array, channel: string, providerId: string): Uint8Array {
  return hmacSha256(contactsKey, 'provider', channel, '\0', providerId).subarray(0, 16);
}

/** A number in lists that reach across campaigns. */
export function numberDigest(numbersKey: Uint8Array, phone: string): Uint8Array {
  return hmacSha256(numbersKey, 'number', phone.replace(/\D/g, '')).subarray(0, 16);
}
