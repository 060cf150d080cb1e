import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCodeLink, pressureIdOf, pseudonymOf, textIdOf } from '../../../src/domain/code/pseudonym.ts';
import { createShortHmac } from '../../../src/domain/hmac.ts';

describe('the keyed link between a code and what is stored', () => {
  it('is HMAC-SHA-256 as the platform computes it, for keys and texts of any length', () => {
    const text = fc.oneof(fc.string({ maxLength: 120 }), fc.string({ unit: 'binary', maxLength: 60 }));
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), fc.array(text, { maxLength: 5 }), (key, texts) => {
        const hmac = createShortHmac(key);
        for (const one of texts)
          expect(Buffer.from(hmac(one)).toString('hex')).toBe(
            createHmac('sha256', key).update(one).digest('hex').slice(0, 32),
          );
      }),
      { numRuns: 300 },
    );
  });

  it('agrees with a published vector (RFC 4231, case 2)', () => {
    const hmac = createShortHmac(Buffer.from('Jefe'));
    expect(Buffer.from(hmac('what do ya want for nothing?')).toString('hex')).toBe(
      '5bdcc146bf60754e6a042426089575c7',
    );
  });

  it('is the same on the hot path and off it', () => {
    const [a, b] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
    const link = createCodeLink(a, b);
    expect(link.pseudonymOf('ABCDEFGHJK')).toEqual(pseudonymOf(a, 'ABCDEFGHJK'));
    expect(link.textIdOf('ABCDEFGHJK')).toEqual(textIdOf(b, 'ABCDEFGHJK'));
    expect(link.pressureIdOf('ABCDEFGHJK')).toEqual(pressureIdOf(b, 'ABCDEFGHJK'));
    // A campaign that has closed is the code of nobody.
    link.wipe();
    expect(link.pseudonymOf('ABCDEFGHJK')).toEqual(new Uint8Array(16));
    expect(link.textIdOf('ABCDEFGHJK')).toEqual(new Uint8Array(16));
  });
});
