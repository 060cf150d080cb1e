/**
 * Access codes (design 10): 10 characters of Crockford's base 32, the last a check character over GF(32).
 * Nine characters carry 45 bits. Weights of the check are distinct powers of a primitive element, so that every
 * single wrong character and every exchange of two characters fails the check.
 */
import { invisibleMarks, toAsciiDigits } from '../digits.ts';

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

/**
 * Would a spreadsheet that opens the exported CSV show this as a number? `0123456789` loses its zero, `1000316E73` becomes 1.0E+79.
 */
export function looksLikeNumber(code: string): boolean {
  return /^[0-9]+(?:E[0-9]+)?$/.test(code);
}

/** A code to be given to somebody. Bodies are drawn again while the code looks like a number; about one in 45,000 does. */
export function drawAccessCode(newBody: () => string): string {
  for (;;) {
    const code = completeAccessCode(newBody());
    if (!looksLikeNumber(code)) return code;
  }
}

export type CodeReading =
  | { readonly ok: true; readonly code: string }
  /** `shape`: no ten characters of the alphabet, or two codes; `check`: a slip of the pen. Neither is looked up, neither is a miss. */
  | { readonly ok: false; readonly reason: 'shape' | 'check' };

/** A pasted message with its link is shorter. */
const longestInput = 400;
const codeShape = /^[0-9A-HJKMNP-TV-Z]{10}$/;

/**
 * What a person typed, pasted or followed as a link. NFKC, digits of any script, case, spaces, hyphens and dots ignored; O reads as 0, I and L
 * as 1 (Crockford). Words around the code, a full stop after it or the whole link are left out: the one run of ten characters whose check
 * character is right counts. Two different ones are not chosen between.
 */
export function readAccessCode(input: string): CodeReading {
  if (input.length > longestInput) return { ok: false, reason: 'shape' };
  // As links carry it, and nearly every request: there is nothing to clean.
  if (codeShape.test(input) && hasRightCheck(input)) return { ok: true, code: input };
  const text = toAsciiDigits(input.normalize('NFKC').replace(invisibleMarks, '')).toUpperCase();
  const whole = unconfuse(text.replace(/[\s.\-\u2010-\u2015_]/g, ''));
  if (codeShape.test(whole))
    return hasRightCheck(whole) ? { ok: true, code: whole } : { ok: false, reason: 'check' };
  const runs = listRuns(text);
  const [code, ...others] = new Set(runs.filter(hasRightCheck));
  if (code !== undefined && others.length === 0) return { ok: true, code };
  return { ok: false, reason: code === undefined && runs.length > 0 ? 'check' : 'shape' };
}

function unconfuse(text: string): string {
  return text.replaceAll('O', '0').replace(/[IL]/g, '1');
}

function hasRightCheck(code: string): boolean {
  return codeAlphabet.charAt(checkValue(code.slice(0, codeBodyLength))) === code.charAt(codeBodyLength);
}

/**
 * Runs of ten characters of the alphabet between other signs; a space or hyphen may stand within. Of a link, only what follows `/s/`: a host
 * name can have ten letters, too.
 */
function listRuns(text: string): readonly string[] {
  const link = text.lastIndexOf('/S/');
  const pieces = text.slice(link < 0 ? 0 : link + 3).split(/[^0-9A-Z\s\-\u2010-\u2015_]+/);
  return pieces.flatMap((piece) => {
    const words = piece.split(/[^0-9A-Z]+/).filter((word) => word !== '');
    const runs: string[] = [];
    for (const first of words.keys()) {
      let run = '';
      for (let i = first; i < words.length && run.length < 10; i++) run += words[i];
      const code = unconfuse(run);
      if (codeShape.test(code)) runs.push(code);
    }
    return runs;
  });
}

/** As printed and sent: two groups of five. */
export function formatAccessCode(code: string): string {
  return `${code.slice(0, 5)} ${code.slice(5)}`;
}
