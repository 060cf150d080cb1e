import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  formatCheckpoint,
  formatNote,
  formatVerifierKey,
  isSignedBy,
  keyIdOf,
  openCheckpoint,
  parseCheckpoint,
  parseNote,
  parseVerifierKey,
  readCosignature,
  type NoteKey,
} from '../../../src/domain/evidence/note.ts';

// From the documentation of golang.org/x/mod/sumdb/note (Example, and the key in its text).
const peter = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
const peterNote = `If you think cryptography is the answer to your problem,
then you don't know what your problem is.

— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=
`;

interface Signer {
  readonly key: NoteKey;
  readonly secret: KeyObject;
}
function signer(name: string, type: NoteKey['type']): Signer {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(12);
  return { key: { name, type, publicKey: new Uint8Array(raw) }, secret: privateKey };
}
const log = signer('my.example.cn/log/a/990101', 'log');
const witness = signer('witness.example.cn', 'cosignature');
const text = formatCheckpoint({ origin: log.key.name, size: 12, root: new Uint8Array(32).fill(7) });
function signed(body: string, by = log): string {
  const signature = new Uint8Array(sign(null, Buffer.from(body), by.secret));
  return formatNote({ text: body, signatures: [{ name: by.key.name, keyId: keyIdOf(by.key), signature }] });
}

describe('signed notes', () => {
  test("read and verify as Go's sumdb/note does", () => {
    const key = parseVerifierKey(peter);
    expect(formatVerifierKey(key)).toBe(peter);
    const note = parseNote(peterNote);
    expect(isSignedBy(note, key)).toBe(true);
    expect(formatNote(note)).toBe(peterNote);
    expect(isSignedBy({ ...note, text: note.text.replace('you', 'they') }, key)).toBe(false);
    expect(isSignedBy(note, { ...key, name: 'PeterNeumann2' })).toBe(false);
  });

  test('a signature of one key beside that of another is passed over; a wrong one of this key is refused', () => {
    const note = parseNote(signed(text));
    const other = parseNote(signed(text, witness)).signatures[0]!;
    expect(isSignedBy({ ...note, signatures: [other, ...note.signatures] }, log.key)).toBe(true);
    expect(isSignedBy({ ...note, signatures: [other] }, log.key)).toBe(false);
    const bad = { ...note.signatures[0]!, signature: new Uint8Array(64) };
    expect(isSignedBy({ ...note, signatures: [...note.signatures, bad] }, log.key)).toBe(false);
  });

  test('every single changed bit of note or key is refused', () => {
    const raw = Buffer.from(signed(text));
    const accepts = (bytes: Uint8Array, key = log.key): boolean => {
      try {
        openCheckpoint(new TextDecoder('utf-8', { fatal: true }).decode(bytes), key);
        return true;
      } catch {
        return false;
      }
    };
    expect(accepts(raw)).toBe(true);
    for (let bit = 0; bit < raw.length * 8; bit++) {
      const copy = Buffer.from(raw);
      copy[bit >> 3]! ^= 1 << (bit & 7);
      expect(accepts(copy), `bit ${bit}`).toBe(false);
    }
    for (let length = 0; length < raw.length; length++) expect(accepts(raw.subarray(0, length))).toBe(false);
    expect(accepts(Buffer.concat([raw, Buffer.from('\n')]))).toBe(false);
    expect(accepts(raw, { ...log.key, publicKey: witness.key.publicKey })).toBe(false);
  });

  test('a checkpoint of another log is refused though the key is right', () => {
    const foreign = formatCheckpoint({ origin: 'other/log', size: 12, root: new Uint8Array(32) });
    expect(() => openCheckpoint(signed(foreign), log.key)).toThrow('evidence.signature');
  });

  test('checkpoints are read strictly', () => {
    for (const bad of [
      'o\n012\nBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\n',
      'o\n-1\nBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\n',
      'o\n1e3\nBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\n',
      'o\n9007199254740993\nBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\n',
      'o\n1\nBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwd=\n',
      'o\n1\nBwc=\n',
      '\n1\nBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\n',
      'o\n1\n',
    ])
      expect(() => parseCheckpoint(bad), bad).toThrow();
    fc.assert(
      fc.property(fc.nat(), fc.uint8Array({ minLength: 32, maxLength: 32 }), (size, root) => {
        expect(parseCheckpoint(formatCheckpoint({ origin: 'o/é', size, root }))).toEqual({
          origin: 'o/é',
          size,
          root,
        });
      }),
    );
  });

  test('keys are read strictly', () => {
    for (const bad of [
      '',
      'a+b',
      peter.replace('c74f', 'c74e'),
      peter.replace('PeterNeumann', 'P'),
      `${peter}=`,
    ])
      expect(() => parseVerifierKey(bad), bad).toThrow('evidence.key');
  });
});

describe('cosignatures', () => {
  const time = 1_778_551_200;
  function cosign(body: string, at = time) {
    const stamp = Buffer.alloc(8);
    stamp.writeBigUInt64BE(BigInt(at));
    const message = Buffer.from(`cosignature/v1\ntime ${at}\n${body}`);
    const signature = new Uint8Array(Buffer.concat([stamp, sign(null, message, witness.secret)]));
    return { name: witness.key.name, keyId: keyIdOf(witness.key), signature };
  }

  test('give their time; over another checkpoint, time or key they are none', () => {
    const given = cosign(text);
    expect(readCosignature(text, given, witness.key)).toBe(time);
    expect(readCosignature(text.replace('12', '13'), given, witness.key)).toBeUndefined();
    expect(
      readCosignature(text, { ...given, signature: given.signature.with(7, 1) }, witness.key),
    ).toBeUndefined();
    expect(
      readCosignature(text, { ...given, signature: given.signature.slice(8) }, witness.key),
    ).toBeUndefined();
    expect(readCosignature(text, given, { ...witness.key, name: 'x' })).toBeUndefined();
    expect(readCosignature(text, given, { ...witness.key, type: 'log' })).toBeUndefined();
  });
});
