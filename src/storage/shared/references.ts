/** Storage of response leaves: a row holds references to rows of `responses`, in the order of the leaves. */
import { contentHashOf, encodeResponseLeaf } from '../../domain/evidence/leaf.ts';
import type { StoredLeaf } from '../../domain/model/evidence.ts';
import { channels } from '../../domain/model/vocabulary.ts';

/** `data`: a state leaf itself; for a response's leaf, which is in its own row, a reference to that row. */
export interface NewLeaf {
  readonly type: number;
  readonly data: Uint8Array;
  readonly hash: Uint8Array;
}

/** Bytes of a reference: pseudonym, revision. */
export const referenceSize = 20;
/** As many as fit on a page of SQLite with three such rows; larger rows would need overflow pages. */
export const leavesPerReference = 48;

export function encodeReference(pseudonym: Uint8Array, revision: number): Uint8Array {
  const bytes = Buffer.alloc(referenceSize);
  bytes.set(pseudonym);
  bytes.writeUInt32BE(revision, 16);
  return bytes;
}

/** A row of references; `no` is the number of its first leaf. */
export interface ReferenceRow {
  readonly no: number;
  readonly data: Buffer;
}

/** By number of the leaf. */
export function referencesByLeaf(rows: readonly ReferenceRow[]): ReadonlyMap<number, Buffer> {
  const references = new Map<number, Buffer>();
  for (const { no, data } of rows)
    for (let i = 0; (i + 1) * referenceSize <= data.length; i++)
      references.set(no + i, data.subarray(i * referenceSize, (i + 1) * referenceSize));
  return references;
}

/**
 * References of a log of `size` leaves, one after the other, zeros for state leaves. References beyond the log, or in too long a
 * row, are left out.
 */
export function joinReferences(rows: readonly ReferenceRow[], size: number): Uint8Array {
  const references = new Uint8Array(size * referenceSize);
  for (const { no, data } of rows) {
    const own = data.subarray(0, leavesPerReference * referenceSize);
    const at = no * referenceSize;
    if (at >= 0 && at < references.length) references.set(own.subarray(0, references.length - at), at);
  }
  return references;
}

export interface ResponseRow {
  readonly stratum: number;
  readonly channel: number;
  readonly nonce: Buffer | null;
  readonly answers: Buffer | null;
  /** Hash of erased contents. */
  readonly content: Buffer | null;
}

/** A response's leaf from its row; without data if the row is missing, without contents if they were erased. */
export function responseLeaf(
  no: number,
  hash: Uint8Array,
  { pseudonym, revision }: ReturnType<typeof decodeReference>,
  row: ResponseRow | undefined,
): StoredLeaf {
  const isThere = row?.nonce && row.answers;
  const contents = isThere ? new Uint8Array(Buffer.concat([row.nonce, row.answers])) : null;
  const content = isThere ? contentHashOf(row.nonce, row.answers) : row?.content;
  const data =
    row && content
      ? encodeResponseLeaf({
          reportingStratum: row.stratum,
          channel: channels[row.channel] ?? 'web',
          pseudonym,
          revision,
          content,
        })
      : null;
  return { no, data, hash, contents };
}

export function decodeReference(reference: Buffer): {
  readonly pseudonym: Uint8Array;
  readonly revision: number;
} {
  return { pseudonym: reference.subarray(0, 16), revision: reference.readUInt32BE(16) };
}
