/**
 * C2SP tlog-witness, both sides: what a log sends with a checkpoint, and what a witness decides about it. A witness signs a
 * checkpoint only if it extends the last one that it signed. So showing two histories of one log to two readers needs its help
 * for both.
 */
import { AppError } from '../errors.ts';
import { fromBase64, toBase64 } from '../hash.ts';
import { emptyRange, rangeRoot } from './merkle.ts';
import {
  hasWrongSignature,
  isSignedBy,
  parseCheckpoint,
  parseNote,
  type Note,
  type NoteKey,
} from './note.ts';
import { verifyConsistency } from './proofs.ts';

export interface AddCheckpoint {
  /** Size of the checkpoint that the witness signed last, according to the log. */
  readonly oldSize: number;
  /** From there to the checkpoint, RFC 6962 §2.1.2. */
  readonly proof: readonly Uint8Array[];
  /** Signed note. */
  readonly note: string;
}

const emptyRoot = rangeRoot(emptyRange);
/** The maximum for a tree of 2^63 leaves. */
const mostHashes = 63;

/** The body of a request (C2SP tlog-witness). */
export function formatAddCheckpoint({ oldSize, proof, note }: AddCheckpoint): string {
  return `old ${oldSize}\n${proof.map((hash) => `${toBase64(hash)}\n`).join('')}\n${note}`;
}

/** @throws AppError invalid `witness.request` */
export function parseAddCheckpoint(body: string): AddCheckpoint {
  const fault = () => new AppError('invalid', 'witness.request');
  const end = body.indexOf('\n\n');
  if (end < 0) throw fault();
  const [first = '', ...lines] = body.slice(0, end).split('\n');
  const size = /^old (0|[1-9][0-9]{0,15})$/.exec(first)?.[1];
  const oldSize = Number(size);
  if (size === undefined || !Number.isSafeInteger(oldSize) || lines.length > mostHashes) throw fault();
  const proof = lines.map((line) => {
    let hash: Uint8Array;
    try {
      hash = fromBase64(line);
    } catch {
      throw fault();
    }
    if (hash.length !== 32) throw fault();
    return hash;
  });
  return { oldSize, proof, note: body.slice(end + 2) };
}

// The witness ----------------------------------------------------------------------------------------------------------

/** What a witness trusts: one log by its origin, or all logs with a prefix if the origin ends in `/*`. */
export interface TrustedLog {
  readonly origin: string;
  readonly key: NoteKey;
}

/** One key signs every log of an installation, under the log's own name; this name covers all of them. */
export const anyLogOf = (host: string) => `${host}/log/*`;

/** Keys that may sign a log of that origin; empty: unknown. */
export function keysOf(trusted: readonly TrustedLog[], origin: string): readonly NoteKey[] {
  return trusted.flatMap((log) => {
    if (log.origin === origin) return [log.key];
    const isOfMany = log.origin.endsWith('/*') && origin.startsWith(log.origin.slice(0, -1));
    // Each of them signs under its own name.
    return isOfMany ? [{ ...log.key, name: origin }] : [];
  });
}

export interface WitnessedHead {
  readonly origin: string;
  readonly size: number;
  readonly root: Uint8Array;
}

export type WitnessAnswer =
  /** To be stored, then signed. `note`: text and the log's own valid signatures. */
  | { readonly status: 200; readonly head: WitnessedHead; readonly note: Note }
  | { readonly status: 409; readonly size: number; readonly contradicts: WitnessedHead | null }
  | { readonly status: 422; readonly why: string; readonly contradicts: WitnessedHead }
  | { readonly status: 400 | 403 | 404; readonly why: string };

const refused = (status: 400 | 403 | 404, why: string): WitnessAnswer => ({ status, why });

/**
 * The order of the checks is that of the specification. `contradicts`: a head that the log signed, and that is not shown to
 * extend what the witness signed. Two signed heads of one size prove a second history by themselves; otherwise the proof may only
 * be wrong.
 * @param latest head that the witness signed last for this origin; null: none
 */
export function decideAddCheckpoint(
  trusted: readonly TrustedLog[],
  latest: Pick<WitnessedHead, 'size' | 'root'> | null,
  request: AddCheckpoint,
): WitnessAnswer {
  let note: Note;
  let head: WitnessedHead;
  try {
    note = parseNote(request.note);
    head = parseCheckpoint(note.text);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return refused(400, 'witness.refused.malformed');
  }
  const { origin, size, root } = head;
  const keys = keysOf(trusted, origin);
  if (keys.length === 0) return refused(404, 'witness.refused.unknown-log');
  const signing = keys.filter((key) => isSignedBy(note, key));
  if (signing.length === 0 || keys.some((key) => hasWrongSignature(note, key)))
    return refused(403, 'witness.refused.signature');
  const { oldSize, proof } = request;
  if (oldSize > size) return refused(400, 'witness.refused.old-size');
  const last = latest ?? { size: 0, root: emptyRoot };
  const isFork = size === last.size && !isSame(root, last.root);
  if (oldSize !== last.size) return { status: 409, size: last.size, contradicts: isFork ? head : null };
  if (isFork || !verifyConsistency(oldSize, size, proof, last.root, root)) {
    const why = size === 0 ? 'empty' : isFork ? 'fork' : 'inconsistent';
    return { status: 422, why: `witness.refused.${why}`, contradicts: head };
  }
  const own = note.signatures.filter((s) =>
    signing.some((key) => isSignedBy({ text: note.text, signatures: [s] }, key)),
  );
  return { status: 200, head, note: { text: note.text, signatures: own } };
}

const isSame = (a: Uint8Array, b: Uint8Array) => a.length === b.length && a.every((byte, i) => byte === b[i]);

// The log's side -------------------------------------------------------------------------------------------------------

/** Body of a 409: the size that the witness signed last. Undefined if the body is not one. */
export function parseWitnessedSize(body: string): number | undefined {
  const digits = /^(0|[1-9][0-9]{0,15})\n?$/.exec(body)?.[1];
  const size = Number(digits);
  return digits !== undefined && Number.isSafeInteger(size) ? size : undefined;
}

// What a witness keeps -------------------------------------------------------------------------------------------------

export interface WitnessedCheckpoint extends WitnessedHead {
  /** Signed note: the log's verified signatures, and the witness's own. */
  readonly note: string;
  readonly at: number;
}

export interface WitnessStore {
  /** Name and public key (hexadecimal) with which it was created. */
  readonly identity: { readonly name: string; readonly publicKey: string };
  listTrusted(): readonly TrustedLog[];
  trust(log: TrustedLog): void;
  /** @returns how many keys were removed */
  distrust(origin: string): number;
  listCheckpoints(): readonly WitnessedCheckpoint[];
  /** By SHA-256 of the origin, hexadecimal. */
  findCheckpoint(originHash: string): WitnessedCheckpoint | undefined;
  /**
   * Reads, decides and stores in one exclusive transaction, so that two requests for one origin are never compared with the same
   * head. What `decide` returns to be kept is durable when this returns.
   */
  advance<T>(
    origin: string,
    decide: (
      trusted: readonly TrustedLog[],
      latest: WitnessedCheckpoint | null,
    ) => {
      readonly keep: WitnessedCheckpoint | null;
      /** Refused although the log signed it: each head once, with a limit per log that a person can still read. */
      readonly refused: WitnessedCheckpoint | null;
      readonly result: T;
    },
  ): T;
  listRefused(): readonly WitnessedCheckpoint[];
  close(): void;
}
