/**
 * Digits as people type them. Unicode has a block of ten for each script (general category Nd), zero first, so a digit's value is
 * its offset in the block. Adjacent blocks (mathematical digits) are aligned in tens.
 */
const digit = /^\p{Nd}$/u;
const values = new Map<string, string>();

function asciiDigit(character: string): string {
  const known = values.get(character);
  if (known !== undefined) return known;
  const at = character.codePointAt(0) ?? 0;
  let before = 0;
  while (digit.test(String.fromCodePoint(at - before - 1))) before++;
  const value = String(before % 10);
  values.set(character, value);
  return value;
}

/** Every decimal digit of every script as 0–9; the rest stays as it is. */
export function toAsciiDigits(text: string): string {
  return text.replace(/(?![0-9])\p{Nd}/gu, asciiDigit);
}

/** Invisible characters that only control direction or joining of text. */
export const invisibleMarks = /[\u061c\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]/g;

/** A whole number as typed: digits of any script, also full-width; the Arabic thousands separator is allowed where it belongs. */
export function readTypedNumber(text: string): number | 'blank' | 'not-a-number' {
  if (text.length > 64) return 'not-a-number';
  const plain = toAsciiDigits(text.normalize('NFKC').replace(invisibleMarks, '')).trim();
  if (plain === '') return 'blank';
  if (/^[0-9]{1,3}(?:\u066c[0-9]{3})+$/.test(plain)) return Number(plain.replaceAll('\u066c', ''));
  return /^[0-9]+$/.test(plain) ? Number(plain) : 'not-a-number';
}
