/**
 * Access codes (design 10): 10 characters of Crockford's base 32, the last a check character over GF(32).
 * Nine characters carry 45 bits. Weights of the check are distinct powers of a primitive element, so that every
 * single wrong character and every exchange of two characters fails the check.
 */
export const codeAlphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
export const codeBodyLength = 9;

/** a·x in GF(32) with x⁵ + x² + 1. */
function timesX(a: number): number {
  const b = a << 1;
  return b & 32 ? (b ^ 0b100101) & 31 : b;
}

function checkValue(body: string): number {
  let sum = 0;
  for (let i = 0; i < body.length; i++) {
    // Σ cᵢ·xⁿ⁻ⁱ by Horner: the check character itself has weight x⁰.
    sum = timesX(sum) ^ codeAlphabet.indexOf(body.charAt(i));
  }
  return timesX(sum);
}

/**
 * The whole code of nine random characters of `codeAlphabet`.
 * @throws RangeError if `body` is anything else.
 */
export function completeAccessCode(body: string): string {
  if (!/^[0-9A-HJKMNP-TV-Z]{9}$/.test(body)) throw new RangeError('nine characters of the code alphabet');
  return body + codeAlphabet.charAt(checkValue(body));
}

export type CodeReading =
  | { readonly ok: true; readonly code: string }
  /** `shape`: not ten characters of the alphabet; `check`: a slip of the pen. Neither is looked up, neither is a miss. */
  | { readonly ok: false; readonly reason: 'shape' | 'check' };

/** What a person typed: NFKC, case, spaces, hyphens and dots ignored; O reads as 0, I and L as 1 (Crockford). */
export function readAccessCode(input: string): CodeReading {
  if (input.length > 64) return { ok: false, reason: 'shape' };
  const text = input
    .normalize('NFKC')
    .toUpperCase()
    .replace(/[\s\u200b-\u200f\u2060\ufeff.\-\u2010-\u2015_]/g, '')
    .replaceAll('O', '0')
    .replace(/[IL]/g, '1');
  if (!/^[0-9A-HJKMNP-TV-Z]{10}$/.test(text)) return { ok: false, reason: 'shape' };
  const body = text.slice(0, codeBodyLength);
  return codeAlphabet.charAt(checkValue(body)) === text.charAt(codeBodyLength)
    ? { ok: true, code: text }
    : { ok: false, reason: 'check' };
}

/** As printed and sent: two groups of five. */
export function formatAccessCode(code: string): string {
  return `${code.slice(0, 5)} ${code.slice(5)}`;
}
