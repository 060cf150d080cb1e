/**
 * Signs checkpoints with an Ed25519 key made from 32 secret bytes: as the log (this key stays when the campaigns' keys are
 * destroyed), or as a witness for others.
 */
import { createPrivateKey, createPublicKey, sign, type KeyObject } from 'node:crypto';
import {
  cosignedBytes,
  formatNote,
  formatSignatureLine,
  keyIdOf,
  type NoteKey,
  type SignatureType,
} from '../domain/evidence/note.ts';

const pkcs8Prefix = Buffer.from('302e020100300506032b657004220420', 'hex');

export interface NoteSigner {
  readonly key: NoteKey;
  /** The text as a signed note. */
  sign(text: string): string;
}

interface OpenedSeed {
  readonly seed: Uint8Array;
  readonly secret: KeyObject;
  readonly publicKey: Uint8Array;
}
/** The last one: opening it for every checkpoint would cost the main thread most of a millisecond. */
let opened: OpenedSeed | null = null;

function openOnce(seed: Uint8Array): OpenedSeed {
  if (opened !== null && Buffer.from(opened.seed).equals(seed)) return opened;
  const key = Buffer.concat([pkcs8Prefix, seed]);
  const secret = createPrivateKey({ key, format: 'der', type: 'pkcs8' });
  const spki = createPublicKey(secret).export({ format: 'der', type: 'spki' });
  opened = { seed: Uint8Array.from(seed), secret, publicKey: new Uint8Array(spki.subarray(-32)) };
  return opened;
}

function openSeed(
  seed: Uint8Array,
  name: string,
  type: SignatureType,
): { readonly secret: KeyObject; readonly key: NoteKey } {
  const { secret, publicKey } = openOnce(seed);
  return { secret, key: { name, type, publicKey } };
}

/** @param seed 32 bytes. @param name of the key: the log's origin. */
export function createNoteSigner(seed: Uint8Array, name: string): NoteSigner {
  const { secret, key } = openSeed(seed, name, 'log');
  return {
    key,
    sign(text) {
      const signature = new Uint8Array(sign(null, Buffer.from(text, 'utf8'), secret));
      return formatNote({ text, signatures: [{ name, keyId: keyIdOf(key), signature }] });
    },
  };
}

export interface Cosigner {
  readonly key: NoteKey;
  /** A signature line (C2SP tlog-cosignature, Ed25519) over a checkpoint's text, without its newline. @param at milliseconds since 1970 */
  sign(text: string, at: number): string;
}

/** @param seed 32 bytes. @param name of the witness's key */
export function createCosigner(seed: Uint8Array, name: string): Cosigner {
  const { secret, key } = openSeed(seed, name, 'cosignature');
  return {
    key,
    sign(text, at) {
      const seconds = BigInt(Math.floor(at / 1000));
      const time = Buffer.alloc(8);
      time.writeBigUInt64BE(seconds);
      const signature = new Uint8Array(
        Buffer.concat([time, sign(null, cosignedBytes(text, seconds), secret)]),
      );
      return formatSignatureLine({ name, keyId: keyIdOf(key), signature });
    },
  };
}
