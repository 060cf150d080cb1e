/** Held against node's own: RFC 4648 as Buffer does it where it is strict, SHA-256 as createHash does it. */
import { createHash, createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromBase64, hmacSha256, sha256, toBase64 } from '../../src/domain/hash.ts';
import { parseLine } from '../../src/domain/evidence/bundle.ts';

const isStrict = (text: string) => Buffer.from(text, 'base64').toString('base64') === text;
function decoded(text: string): Buffer | null {
  try {
    return Buffer.from(fromBase64(text));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return null;
  }
}

describe('base 64', () => {
  test('gives back what was encoded', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(fromBase64(toBase64(bytes))).toEqual(bytes);
      }),
    );
  });

  test('refuses everything that only decodes to the same bytes', () => {
    const digits = 'ABz09+/=-_ \nß\u4e2d'.split('');
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...digits), { maxLength: 12 }), (list) => {
        const text = list.join('');
        expect(decoded(text)).toEqual(isStrict(text) ? Buffer.from(text, 'base64') : null);
      }),
      { numRuns: 5000 },
    );
    for (const text of ['=', '==', 'A===', 'AB==', 'AA=A', 'AAB=', 'AAAA=', 'QUJD\n', 'QU-_'])
      expect(decoded(text), text).toBeNull();
  });
});

test('SHA-256 of parts, at every length around what is hashed at once', () => {
  for (const length of [0, 1, 55, 56, 63, 64, 65, 1023, 1024, 1025, 5000]) {
    const bytes = new Uint8Array(length).map((_, i) => i * 31 + length);
    const expected = createHash('sha256').update('x').update(bytes).digest();
    expect(Buffer.from(sha256('x', bytes)).equals(expected)).toBe(true);
    expect(Buffer.from(sha256(Buffer.from('x'), bytes)).equals(expected)).toBe(true);
  }
});

test('a leaf’s line read by position is what the parser gives, and has one spelling', () => {
  const lines = [
    '{"l":"QUJD","h":"QUJD","c":"QUJD"}',
    '{"l":"QUJD","h":"QUJD"}',
    '{"l":"","h":"","c":""}',
    '{"l":null,"h":"QUJD"}',
  ];
  for (const line of lines)
    expect(parseLine(line, 2), line).toEqual({ kind: 'leaf', value: JSON.parse(line) as unknown });
  for (const line of [
    '{"l":"QUJD","h":"QUJD"} ',
    '{"l":"QUJD","h":"QUJD"}\r',
    '{"l":"QUJD","h":"QUJD","c":"QU\\/D"}',
    '{"l": "QUJD","h":"QUJD"}',
    '{"h":"QUJD","l":"QUJD"}',
  ])
    expect(() => parseLine(line, 2), line).toThrow();
  for (const line of [
    '{"l":"QUJD","h":"QUJD","c":"QUJD"',
    '{"l":"QUJD","h":"QUJD","c":"QUJD","c":"}',
    '{"l":"QUJD","h":"QUJD"}}',
    '{"l":"QUJD","h":"QUJD","x":"QUJD"}',
    '{"l":"QUJD","h":"QUJD","c":"QUJD"}{"l":""}',
    '{"l":"',
  ])
    expect(() => parseLine(line, 2), line).toThrow();
});

test('HMAC of keys and texts of any length is what node makes of them', () => {
  const part = fc.oneof(fc.uint8Array({ maxLength: 700 }), fc.string({ unit: 'grapheme', maxLength: 150 }));
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), fc.array(part, { maxLength: 4 }), (key, parts) => {
      const theirs = createHmac('sha256', key);
      for (const p of parts) theirs.update(p);
      expect(Buffer.from(hmacSha256(key, ...parts)).toString('hex')).toBe(theirs.digest('hex'));
    }),
    { numRuns: 300 },
  );
});
