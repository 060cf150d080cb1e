import { createCipheriv } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { seal } from '../../src/keys/seal.ts';
import { unsealTexts } from '../../src/keys/unseal-many.ts';

const key = new Uint8Array(32).map((_, i) => i * 7);
const text = fc.string({ unit: 'binary', maxLength: 70 });
const values = fc.array(fc.tuple(fc.uint8Array({ maxLength: 40 }), text), { maxLength: 12 });

describe('many sealed texts at once', () => {
  test('are what OpenSSL sealed, of whatever length, each from its start on', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), values, (own, list) => {
        const contexts = list.map(([context]) => context);
        const sealed = list.map(([context, plain]) => seal(own, context, plain));
        const whole = unsealTexts(
          own,
          contexts,
          sealed,
          list.map(() => 0),
        );
        expect(whole).toEqual(list.map(([, plain]) => Buffer.from(plain).toString()));
        const after = list.map(([, plain]) => Math.min(3, Buffer.byteLength(plain)));
        expect(unsealTexts(own, contexts, sealed, after)).toEqual(
          list.map(([, plain]) => Buffer.from(plain).toString('utf8', 3)),
        );
      }),
    );
  });

  test('are refused if one bit of one of them, of its context or of the key is another', () => {
    const context = Buffer.from('0123456789abcdef0123');
    const others = ['13800001234', '', 'ABCDEFGHJK'].map((plain) => seal(key, context, plain));
    const open = (own: Uint8Array, contexts: readonly Uint8Array[], sealed: readonly Uint8Array[]) =>
      unsealTexts(
        own,
        contexts,
        sealed,
        sealed.map(() => 0),
      );
    const flipped = (bytes: Uint8Array, bit: number) =>
      bytes.map((byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
    const same = others.map(() => context);
    expect(open(key, same, others)).toEqual(['13800001234', '', 'ABCDEFGHJK']);
    for (const [i, sealed] of others.entries())
      for (let bit = 0; bit < sealed.length * 8; bit++)
        expect(() => open(key, same, others.with(i, flipped(sealed, bit)))).toThrow('keys.unsealable');
    for (let bit = 0; bit < context.length * 8; bit++)
      expect(() => open(key, same.with(1, Buffer.from(flipped(context, bit))), others)).toThrow(
        'keys.unsealable',
      );
    for (let bit = 0; bit < 256; bit += 5)
      expect(() => open(flipped(key, bit), same, others)).toThrow('keys.unsealable');
    for (let length = 0; length < 28; length++)
      expect(() => open(key, [context], [others[0]!.subarray(0, length)])).toThrow('keys.unsealable');
  });

  test('is the cipher of the specification (McGrew and Viega, test case 16 of AES-256 with 96 bits of nonce)', () => {
    const hex = (digits: string) => new Uint8Array(Buffer.from(digits, 'hex'));
    const own = hex('feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308');
    const nonce = hex('cafebabefacedbaddecaf888');
    const context = hex('feedfacedeadbeeffeedfacedeadbeefabaddad2');
    const cipher = hex(
      '522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662',
    );
    const tag = hex('76fc6ece0f4e1768cddf8853bb2d551b');
    const plain = hex(
      'd9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39',
    );
    const [found] = unsealTexts(own, [context], [Buffer.concat([nonce, cipher, tag])], [0]);
    expect(found).toBe(Buffer.from(plain).toString('utf8'));
    // The vector itself, by other code.
    const by = createCipheriv('aes-256-gcm', own, nonce).setAAD(context);
    expect(new Uint8Array(by.update(plain))).toEqual(cipher);
    by.final();
    expect(new Uint8Array(by.getAuthTag())).toEqual(tag);
  });

  test('of none are none', () => {
    expect(unsealTexts(key, [], [], [])).toEqual([]);
  });
});
