/**
 * The keyed link between a code and what is stored under it (design 4–5): 16 bytes of HMAC-SHA-256. It is lost when its key is
 * destroyed.
 */
import { hmacSha256 } from '../hash.ts';
import { createShortHmac } from '../hmac.ts';

/** pseudonym = HMAC(pseudonym key of the campaign, 'p' ‖ code) */
export function pseudonymOf(pseudonymKey: Uint8Array, code: string): Uint8Array {
  return hmacSha256(pseudonymKey, 'p', code).subarray(0, 16);
}

/** Key under which the comments of a code are stored, unrelated to the pseudonym. */
export function textIdOf(textKey: Uint8Array, code: string): Uint8Array {
  return hmacSha256(textKey, 't', code).subarray(0, 16);
}

/** Key under which a code's reports of pressure are stored, unrelated to the pseudonym and to the comments' key. */
export function pressureIdOf(textKey: Uint8Array, code: string): Uint8Array {
  return hmacSha256(textKey, 'r', code).subarray(0, 16);
}

/** Equal phones of one group in a campaign's roll have equal digests; without the contacts key a digest reveals nothing. */
export function phoneDigest(contactsKey: Uint8Array, group: string, phone: string): Uint8Array {
  return hmacSha256(contactsKey, 'd', group, '\0', phone).subarray(0, 16);
}

/** Over all numbers of a household, in any order. */
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
  /** Call this when the campaign takes no more answers: nothing derived from its keys stays in memory. */
  wipe(): void;
}

/** The three digests under two fixed keys, for the hot path. */
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
