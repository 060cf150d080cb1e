import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  codeAlphabet,
  completeAccessCode,
  formatAccessCode,
  readAccessCode,
} from '../../../src/domain/fieldwork/access-code.ts';

const body = fc
  .array(fc.integer({ min: 0, max: 31 }), { minLength: 9, maxLength: 9 })
  .map((digits) => digits.map((d) => codeAlphabet.charAt(d)).join(''));

describe('access codes', () => {
  test('the alphabet is Crockford’s: 32 characters, no I, L, O, U', () => {
    expect(codeAlphabet).toHaveLength(32);
    expect(new Set(codeAlphabet).size).toBe(32);
    expect(codeAlphabet).not.toMatch(/[ILOU]/);
  });

  test('a whole code reads as itself, as printed, in small letters, full width, and with the letters that people confuse', () => {
    fc.assert(
      fc.property(body, (b) => {
        const code = completeAccessCode(b);
        const fullWidth = [...code].map((c) => String.fromCharCode(c.charCodeAt(0) + 0xfee0)).join('');
        const confused = code.replaceAll('0', 'O').replaceAll('1', 'l');
        for (const typed of [
          code,
          formatAccessCode(code),
          ` ${code.toLowerCase()}\u200b`,
          fullWidth,
          confused,
          code.slice(0, 3) + '-' + code.slice(3),
        ])
          expect(readAccessCode(typed)).toEqual({ ok: true, code });
      }),
    );
  });

  test('every single wrong character fails the check', () => {
    fc.assert(
      fc.property(body, fc.integer({ min: 0, max: 9 }), fc.integer({ min: 1, max: 31 }), (b, at, shift) => {
        const code = completeAccessCode(b);
        const wrong = codeAlphabet.charAt((codeAlphabet.indexOf(code.charAt(at)) + shift) % 32);
        expect(readAccessCode(code.slice(0, at) + wrong + code.slice(at + 1))).toEqual({
          ok: false,
          reason: 'check',
        });
      }),
      { numRuns: 500 },
    );
  });

  test('every exchange of two different characters fails the check, neighbours or not', () => {
    fc.assert(
      fc.property(body, fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 9 }), (b, i, j) => {
        const code = [...completeAccessCode(b)];
        fc.pre(code[i] !== code[j]);
        [code[i], code[j]] = [code[j]!, code[i]!];
        expect(readAccessCode(code.join(''))).toEqual({ ok: false, reason: 'check' });
      }),
      { numRuns: 500 },
    );
  });

  test('anything else is of the wrong shape and never throws', () => {
    for (const typed of [
      '',
      '1',
      'U'.repeat(10),
      '0'.repeat(11),
      '💥'.repeat(10),
      'x'.repeat(5000),
      '__proto__',
    ])
      expect(readAccessCode(typed)).toEqual({ ok: false, reason: 'shape' });
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (s) => typeof readAccessCode(s).ok === 'boolean'));
  });

  test('only nine characters of the alphabet are completed', () => {
    for (const bad of ['', '12345678', 'abcdefghj', 'ABCDEFGHI'])
      expect(() => completeAccessCode(bad)).toThrow(RangeError);
  });
});
