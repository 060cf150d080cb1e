import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  codeAlphabet,
  completeAccessCode,
  drawAccessCode,
  formatAccessCode,
  looksLikeNumber,
  readAccessCode,
} from '../../../src/domain/code/access-code.ts';

const body = fc
  .array(fc.integer({ min: 0, max: 31 }), { minLength: 9, maxLength: 9 })
  .map((digits) => digits.map((d) => codeAlphabet.charAt(d)).join(''));

describe('access codes', () => {
  test('the alphabet is Crockford’s: 32 characters, no I, L, O, U', () => {
    expect(codeAlphabet).toHaveLength(32);
    expect(new Set(codeAlphabet).size).toBe(32);
    expect(codeAlphabet).not.toMatch(/[ILOU]/);
  });

  test('the check character never changes: codes are printed on letters', () => {
    // Computed apart from this program, with tables of exponents and logarithms of GF(32).
    for (const code of ['0000000000', '0000000012', '100000000T', 'ABCDE8005M', 'ZZZZZZZZZX', '7KQ2M9XWTJ']) {
      expect(completeAccessCode(code.slice(0, 9))).toBe(code);
      expect(readAccessCode(code)).toEqual({ ok: true, code });
    }
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

  test('words, punctuation or the whole link around the code are left out', () => {
    const around = [
      (c: string) => `${c}。`,
      (c: string) => `${c}，`,
      (c: string) => `${c}）`,
      (c: string) => `${c}】`,
      (c: string) => `${c}！`,
      (c: string) => `${c}请在截止前填写`,
      (c: string) => `${c}&x=1`,
      (c: string) => `编号${c}。`,
      (c: string) => `${c},勿转给他人。`,
      (c: string) => `${c}，勿转给他人。`,
      (c: string) => `答题码：${formatAccessCode(c)}。`,
      (c: string) => `https://diaocha.example.gov.cn/s/${c}`,
      (c: string) => `http://diaocha.gov/s/${c}?lang=en`,
      (c: string) =>
        `【某县人民政府教育督导委员会办公室】诚邀您参加教育满意度调查，请访问 my.example.gov.cn 输入答题码${c}，勿转给他人。`,
      (c: string) => `${c} ${c}`,
      (c: string) => `Your code ${formatAccessCode(c)} is valid until 20 May`,
    ];
    fc.assert(
      fc.property(body, fc.constantFrom(...around), (b, wrap) => {
        const code = completeAccessCode(b);
        expect(readAccessCode(wrap(code))).toEqual({ ok: true, code });
        expect(readAccessCode(wrap(code.toLowerCase()))).toEqual({ ok: true, code });
      }),
      { seed: 7 },
    );
  });

  test('digits of other scripts are digits', () => {
    const code = completeAccessCode('123456789');
    const arabic = code.replace(/[0-9]/g, (d) => String.fromCodePoint(0x660 + Number(d)));
    expect(readAccessCode(arabic)).toEqual({ ok: true, code });
  });

  test('a wrong code in a sentence, two codes, or a longer run are not read', () => {
    const code = completeAccessCode('ABCDEFGHJ');
    const other = completeAccessCode('ZZZZZZZZZ');
    const wrong = `${code.slice(0, 9)}${code.endsWith('0') ? '1' : '0'}`;
    expect(readAccessCode(`答题码${wrong}。`)).toEqual({ ok: false, reason: 'check' });
    expect(readAccessCode(`${code}，${other}`)).toEqual({ ok: false, reason: 'shape' });
    for (const longer of [`${code}7。`, `U${code}，`])
      expect(readAccessCode(longer)).toEqual({ ok: false, reason: 'shape' });
  });

  test('no code is issued that a spreadsheet takes for a number', () => {
    for (const number of ['1000316E73', '0123456789', '1E23456789', '9999999999'])
      expect([number, looksLikeNumber(number)]).toEqual([number, true]);
    for (const text of ['1E2E456789', 'E123456789', '123456789E', 'ABCDEFGHJK'])
      expect([text, looksLikeNumber(text)]).toEqual([text, false]);
    // Bodies of digits and E alone: one in three or so would be taken for a number.
    const draws = fc.array(fc.array(fc.constantFrom(...'01234567E'), { minLength: 9, maxLength: 9 }), {
      minLength: 1,
    });
    fc.assert(
      fc.property(draws, body, (list, last) => {
        fc.pre(/[A-DF-Z]/.test(last));
        const bodies = [...list.map((b) => b.join('')), last];
        const expected = bodies.map(completeAccessCode).find((c) => !/^\d+(E\d+)?$/.test(c));
        expect(drawAccessCode(() => bodies.shift()!)).toBe(expected);
      }),
      { seed: 8, numRuns: 2000 },
    );
  });
});
