/**
 * Access codes (design 10): 10 characters of Crockford's base 32, the last a check character over GF(32). Nine characters carry
 * 45 bits. The weights of the check are distinct powers of a primitive element. So it detects every single wrong character and
 * every swap of two characters.
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
 * The complete code for nine random characters of `codeAlphabet`.
 * @throws RangeError if `body` is anything else
 */
export function completeAccessCode(body: string): string {
  if (!/^[0-9A-HJKMNP-TV-Z]{9}$/.test(body)) throw new RangeError('nine characters of the code alphabet');
  return body + codeAlphabet.charAt(checkValue(body));
}

/**
 * Whether a spreadsheet that opens the exported CSV would read this as a number: `0123456789` loses its zero, `1000316E73`
 * becomes 1.0E+79.
 */
export function looksLikeNumber(code: string): boolean {
  return /^[0-9]+(?:E[0-9]+)?$/.test(code);
}

/** A code that can be issued. The body is drawn again while the code looks like a number (about one in 45,000). */
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

/** A pasted message with its link is shorter than this. */
const longestInput = 400;
const codeShape = /^[0-9A-HJKMNP-TV-Z]{10}$/;

/**
 * A code as a person typed, pasted or followed it as a link. NFKC, digits of any script, case, spaces, hyphens and dots are
 * normalised; O reads as 0, I and L as 1 (Crockford). Other text is ignored: the one run of ten characters with a correct check
 * character counts. If there are two different ones, none is chosen.
 */
export function readAccessCode(input: string): CodeReading {
  if (input.length > longestInput) return { ok: false, reason: 'shape' };
  // Fast path for links, which are nearly all requests: nothing to normalise.
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
 * Runs of ten characters of the alphabet between other characters; a space or hyphen may be inside. In a link, only what follows
 * `/s/`, because a host name can have ten letters too.
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

/** As printed and sent: two groups of five characters. */
export function formatAccessCode(code: string): string {
  return `${code.slice(0, 5)} ${code.slice(5)}`;
}
