/** The keyed link between a code and what is stored under it (design 4–5). 16 bytes of HMAC-SHA-256 each; gone with their keys. */
import { hmacSha256 } from '../hash.ts';
import { createShortHmac } from '../hmac.ts';

/** pseudonym = HMAC(pseudonym key of the campaign, 'p' ‖ code) */
export function pseudonymOf(pseudonymKey: Uint8Array, code: string): Uint8Array {
  return hmacSha256(pseudonymKey, 'p', code).subarray(0, 16);
}

/** Key under which the comments of a code stand, unrelated to the pseudonym. */
export function textIdOf(textKey: Uint8Array, code: string): Uint8Array {
  return hmacSha256(textKey, 't', code).subarray(0, 16);
}

/** Key under which a code's reports of pressure stand, unrelated to the pseudonym and to the comments' key. */
export function pressureIdOf(textKey: Uint8Array, code: string): Uint8Array {
  return hmacSha256(textKey, 'r', code).subarray(0, 16);
}

/** Equal phones of one group of a campaign's roll have equal digests; tells nothing without the contacts key. */
export function phoneDigest(contactsKey: Uint8Array, group: string, phone: string): Uint8Array {
  return hmacSha256(contactsKey, 'd', group, '\0', phone).subarray(0, 16);
}

/** Of all numbers of a household, in any order. */
export function householdDigest(
  contactsKey: Uint8Array,
  group: string,
  phones: readonly string[],
): Uint8Array {
  return hmacSha256(contactsKey, 'h', group, '\0', [...phones].sort().join('/')).subarray(0, 16);
}

export interface CodeLink {
  pseudonymOf(code: string): Uint8Array;
  textIdOf(code: string): Uint8Array;
  pressureIdOf(code: string): Uint8Array;
  /** Once the campaign takes no more answers: nothing derived from its keys stays in memory. */
  wipe(): void;
}

/** The three of them under two fixed keys, for the hot path. */
export function createCodeLink(pseudonymKey: Uint8Array, textKey: Uint8Array): CodeLink {
  const pseudonym = createShortHmac(pseudonymKey);
  const text = createShortHmac(textKey);
  return {
    pseudonymOf: (code) => pseudonym(`p${code}`),
    textIdOf: (code) => text(`t${code}`),
    pressureIdOf: (code) => text(`r${code}`),
    wipe() {
      pseudonym.wipe();
      text.wipe();
    },
  };
}
