/** The hot path's reader of forms, held against the platform's (WHATWG URL, application/x-www-form-urlencoded). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FormBody, formPairs, readPairs } from '../../src/http/plugins/forms.ts';

const expected = (text: string) => [...new URLSearchParams(text)];

describe('the reader of forms', () => {
  it('reads what a browser writes', () => {
    const field = fc.tuple(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }));
    fc.assert(
      fc.property(fc.array(field, { maxLength: 20 }), (fields) => {
        const text = new URLSearchParams(fields).toString();
        expect(readPairs(text)).toEqual(expected(text));
      }),
      { numRuns: 500 },
    );
  });

  it('reads any ASCII as the platform does', () => {
    // A question mark in front is no part of a body; URLSearchParams takes it away.
    const nonsense = fc
      .string({ unit: fc.constantFrom(...'a1=&+%25%E4%BD%A0%F%zz;?\0', '%', '=', '&') })
      .filter((text) => !text.startsWith('?'));
    fc.assert(
      fc.property(nonsense, (text) => {
        expect(readPairs(text)).toEqual(expected(text));
      }),
      { numRuns: 2000 },
    );
  });

  it('reads other letters that were sent as they are, beside bytes that are no letters (URL Standard: bytes first, then UTF-8)', () => {
    // The platform's own reader spoils the second one.
    expect(readPairs('名=值&%aaé=%E4%BD')).toEqual([
      ['名', '值'],
      ['\ufffdé', '\ufffd'],
    ]);
  });

  it('gives fields by name, repeated ones as lists, and no field to the prototype', () => {
    const body = new FormBody('a=1&b=x&a=2&__proto__=y&a=3');
    expect(body.fields['a']).toEqual(['1', '2', '3']);
    expect(body.fields['b']).toBe('x');
    expect(Object.getPrototypeOf(body.fields)).toBeNull();
    expect([...formPairs(body.fields)]).toHaveLength(5);
  });
});
