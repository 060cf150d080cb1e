/**
 * Signed notes (C2SP signed-note, as in Go's sumdb/note), checkpoints in them (C2SP tlog-checkpoint) and witnesses' cosignatures
 * (C2SP tlog-cosignature). The input is untrusted: malformed input is refused, never repaired.
 */
import { AppError } from '../errors.ts';
import { fromBase64, sha256, toBase64, toHex, fromHex, verifyEd25519 } from '../hash.ts';

const utf8 = new TextEncoder();

/** Signature types of signed-note: a log's own Ed25519 signature, a witness's timestamped one. */
export const signatureTypes = { log: 1, cosignature: 4 } as const;
export type SignatureType = keyof typeof signatureTypes;

export interface NoteKey {
  readonly name: string;
  readonly type: SignatureType;
  /** Ed25519, 32 bytes. */
  readonly publicKey: Uint8Array;
}

export interface NoteSignature {
  readonly name: string;
  /** First four bytes of SHA-256(name ‖ newline ‖ type ‖ public key). */
  readonly keyId: Uint8Array;
  readonly signature: Uint8Array;
}

export interface Note {
  /** With its last newline: exactly the signed bytes. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

function refuse(fault: string): AppError {
  return new AppError('invalid', 'evidence.note', { params: { fault } });
}

/** C2SP signed-note: not empty, no space, no plus sign. */
export function isKeyName(name: string): boolean {
  return name !== '' && !/[\s+\p{Cc}\p{Cs}]/u.test(name);
}

/** C2SP signed-note: the first four bytes of SHA-256(name ‖ newline ‖ type ‖ public key). */
export function keyIdOf(key: NoteKey): Uint8Array {
  return sha256(key.name, '\n', Uint8Array.of(signatureTypes[key.type]), key.publicKey).subarray(0, 4);
}

/** `name+hex(key id)+base64(type ‖ public key)`: the form in which verifiers get it. */
export function formatVerifierKey(key: NoteKey): string {
  const bytes = Uint8Array.of(signatureTypes[key.type], ...key.publicKey);
  return `${key.name}+${toHex(keyIdOf(key))}+${toBase64(bytes)}`;
}

/** @throws AppError invalid `evidence.key` */
export function parseVerifierKey(text: string): NoteKey {
  const fault = () => new AppError('invalid', 'evidence.key');
  const match = /^([^+]+)\+([0-9a-f]{8})\+(\S+)$/.exec(text.trim());
  if (!match) throw fault();
  const [, name = '', id = '', body = ''] = match;
  let bytes: Uint8Array;
  try {
    bytes = fromBase64(body);
  } catch {
    throw fault();
  }
  const type = bytes[0] === 1 ? 'log' : bytes[0] === 4 ? 'cosignature' : undefined;
  if (!isKeyName(name) || type === undefined || bytes.length !== 33) throw fault();
  const key: NoteKey = { name, type, publicKey: bytes.slice(1) };
  if (toHex(keyIdOf(key)) !== toHex(fromHex(id))) throw fault();
  return key;
}

/** The signed bytes must be UTF-8 without control characters except newline, and end with one. */
function assertText(text: string): void {
  if (!text.endsWith('\n') || /[\u0000-\u0009\u000b-\u001f]/.test(text) || /\p{Cs}/u.test(text))
    throw refuse('text');
}

/** @throws AppError invalid `evidence.note` */
export function parseNote(raw: string): Note {
  if (raw.length > 1_000_000) throw refuse('too long');
  const split = raw.lastIndexOf('\n\n');
  if (split < 0) throw refuse('no signatures');
  const text = raw.slice(0, split + 1);
  const rest = raw.slice(split + 2);
  assertText(text);
  assertText(rest);
  const lines = rest.slice(0, -1).split('\n');
  if (lines.length > 100) throw refuse('too many signatures');
  return { text, signatures: lines.map(parseSignatureLine) };
}

/** `— name base64(key id ‖ signature)` @throws AppError invalid `evidence.note` */
export function parseSignatureLine(line: string): NoteSignature {
  const match = /^\u2014 (\S+) (\S+)$/u.exec(line);
  if (!match) throw refuse('signature line');
  const [, name = '', body = ''] = match;
  let bytes: Uint8Array;
  try {
    bytes = fromBase64(body);
  } catch {
    throw refuse('signature line');
  }
  if (!isKeyName(name) || bytes.length < 5) throw refuse('signature line');
  return { name, keyId: bytes.slice(0, 4), signature: bytes.slice(4) };
}

/** C2SP signed-note, without the end of the line. */
export function formatSignatureLine(s: NoteSignature): string {
  return `\u2014 ${s.name} ${toBase64(Uint8Array.of(...s.keyId, ...s.signature))}`;
}

/**
 * Text, an empty line, one line for each signature.
 * @throws AppError invalid `evidence.note` if the text is not valid in a note
 */
export function formatNote(note: Note): string {
  assertText(note.text);
  return `${note.text}\n${note.signatures.map((s) => `${formatSignatureLine(s)}\n`).join('')}`;
}

const sameKey = (s: NoteSignature, key: NoteKey) =>
  s.name === key.name && toHex(s.keyId) === toHex(keyIdOf(key));

/** Whether the note is signed by that key. Signatures of other keys are ignored; a wrong one of this key is refused. */
export function isSignedBy(note: Note, key: NoteKey): boolean {
  const own = note.signatures.filter((s) => sameKey(s, key));
  return own.length > 0 && own.every((s) => checkSignature(note.text, s, key) !== undefined);
}

/** Whether the note has a signature with that key's name and id that is not valid. */
export function hasWrongSignature(note: Note, key: NoteKey): boolean {
  return note.signatures.some((s) => sameKey(s, key)) && !isSignedBy(note, key);
}

/** What a witness signs (cosignature/v1): the text and the time at which it was seen. */
export function cosignedBytes(text: string, seconds: bigint): Uint8Array {
  return utf8.encode(`cosignature/v1\ntime ${seconds}\n${text}`);
}

/** A later time (after the year 9999) cannot be written as a date; 0 means no time. */
const latestTime = 253_402_300_799n;

/** Time (seconds since 1970) for a cosignature, null for a log's signature; undefined if it is not valid. */
function checkSignature(text: string, s: NoteSignature, key: NoteKey): number | null | undefined {
  if (!sameKey(s, key)) return undefined;
  if (key.type === 'log')
    return verifyEd25519(key.publicKey, utf8.encode(text), s.signature) ? null : undefined;
  if (s.signature.length !== 72) return undefined;
  const time = new DataView(s.signature.buffer, s.signature.byteOffset).getBigUint64(0);
  if (time === 0n || time > latestTime) return undefined;
  return verifyEd25519(key.publicKey, cosignedBytes(text, time), s.signature.subarray(8))
    ? Number(time)
    : undefined;
}

/** A witness's signature over a checkpoint: its time (seconds since 1970), or undefined if it is not that witness's. */
export function readCosignature(text: string, s: NoteSignature, witness: NoteKey): number | undefined {
  return witness.type === 'cosignature' ? (checkSignature(text, s, witness) ?? undefined) : undefined;
}

// Checkpoints ----------------------------------------------------------------------------------------------------------

export interface Checkpoint {
  /** Identifies the log: also the name of the key that signs it. */
  readonly origin: string;
  readonly size: number;
  readonly root: Uint8Array;
}

/** C2SP tlog-checkpoint: origin, size, root in base 64. @throws RangeError */
export function formatCheckpoint({ origin, size, root }: Checkpoint): string {
  if (!isKeyName(origin) || !Number.isSafeInteger(size) || size < 0 || root.length !== 32)
    throw new RangeError('not a checkpoint');
  return `${origin}\n${size}\n${toBase64(root)}\n`;
}

/**
 * Our checkpoints have no extension lines; those of other logs may, and are accepted.
 * @throws AppError invalid `evidence.note`
 */
export function parseCheckpoint(text: string): Checkpoint {
  assertText(text);
  const [origin = '', sizeText = '', rootText = '', ...extensions] = text.slice(0, -1).split('\n');
  if (origin === '' || !/^(?:0|[1-9][0-9]{0,15})$/.test(sizeText) || extensions.includes(''))
    throw refuse('checkpoint');
  let root: Uint8Array;
  try {
    root = fromBase64(rootText);
  } catch {
    throw refuse('checkpoint');
  }
  const size = Number(sizeText);
  if (root.length !== 32 || !Number.isSafeInteger(size)) throw refuse('checkpoint');
  return { origin, size, root };
}

/**
 * A checkpoint from outside, with its note.
 * @throws AppError invalid `evidence.note`, `evidence.signature`
 */
export function openCheckpoint(raw: string, key: NoteKey): Checkpoint & { readonly note: Note } {
  const note = parseNote(raw);
  const checkpoint = parseCheckpoint(note.text);
  if (checkpoint.origin !== key.name || !isSignedBy(note, key))
    throw new AppError('invalid', 'evidence.signature', { params: { origin: checkpoint.origin } });
  return { ...checkpoint, note };
}
