/**
 * Results of a lot of messages on their way to the writer: one transferred block of bytes instead of hundreds of small objects
 * with four arrays each, which cost more to clone than to store.
 */
import type { MessageResult } from '../../../domain/messaging/outbox.ts';
import type { RecordedResult } from '../../port/outbox.ts';

const idBytes = 16;
/** Recipient, entry, provider and number; then which of the last two are present, and for a sent message its segments. */
const rowBytes = 4 * idBytes + 2;

export interface PackedResults {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** By position: results other than plainly sent. */
  readonly others: ReadonlyMap<number, MessageResult>;
}

export function packRecorded(results: readonly RecordedResult[]): PackedResults {
  const bytes = new Uint8Array(results.length * rowBytes);
  const others = new Map<number, MessageResult>();
  for (let i = 0; i < results.length; i++) {
    const { recipient, entry, provider, number, result } = results[i]!;
    const at = i * rowBytes;
    bytes.set(recipient, at);
    bytes.set(entry, at + idBytes);
    if (provider) bytes.set(provider, at + 2 * idBytes);
    if (number) bytes.set(number, at + 3 * idBytes);
    bytes[at + 4 * idBytes] = (provider ? 1 : 0) | (number ? 2 : 0);
    if (result.state === 'sent' && result.segments < 256) bytes[at + 4 * idBytes + 1] = result.segments;
    else others.set(i, result);
  }
  return { bytes, others };
}

export function unpackRecorded({ bytes, others }: PackedResults): readonly RecordedResult[] {
  const results: RecordedResult[] = [];
  for (let at = 0, i = 0; at < bytes.length; at += rowBytes, i++) {
    const id = (n: number) => bytes.subarray(at + n * idBytes, at + (n + 1) * idBytes);
    const has = bytes[at + 4 * idBytes]!;
    results.push({
      recipient: id(0),
      entry: id(1),
      provider: (has & 1) === 0 ? null : id(2),
      number: (has & 2) === 0 ? null : id(3),
      result: others.get(i) ?? { state: 'sent', segments: bytes[at + 4 * idBytes + 1]! },
    });
  }
  return results;
}
