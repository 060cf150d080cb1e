/** Signs checkpoints with the installation's Ed25519 key, which is made of 32 secret bytes and stays when the campaigns' keys die. */
import { createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { formatNote, keyIdOf, type NoteKey } from '../domain/evidence/note.ts';

const pkcs8Prefix = Buffer.from('302e020100300506032b657004220420', 'hex');

export interface NoteSigner {
  readonly key: NoteKey;
  /** The text as a signed note. */
  sign(text: string): string;
}

/** @param seed 32 bytes. @param name of the key: the log's origin. */
export function createNoteSigner(seed: Uint8Array, name: string): NoteSigner {
  const secret = createPrivateKey({
    key: Buffer.concat([pkcs8Prefix, seed]),
    format: 'der',
    type: 'pkcs8',
  });
  const spki = createPublicKey(secret).export({ format: 'der', type: 'spki' });
  const key: NoteKey = { name, type: 'log', publicKey: new Uint8Array(spki.subarray(-32)) };
  return {
    key,
    sign(text) {
      const signature = new Uint8Array(sign(null, Buffer.from(text, 'utf8'), secret));
      return formatNote({ text, signatures: [{ name, keyId: keyIdOf(key), signature }] });
    },
  };
}
