/**
 * Counters of attempts shared by several processes. Each counts for itself and notifies the others, some tenths of a second
 * later: attempts at all of them within that time are counted too late. Notifications contain keyed digests, so that no code and
 * no address can be read in them.
 */
import { createShortHmac } from '../domain/hmac.ts';
import { hmacSha256 } from '../domain/hash.ts';
import type { OnCount } from '../storage/port/processes.ts';
import type { Deps } from './deps.ts';

export interface SharedCounts {
  /** What others know it by. */
  nameOf(this: void, text: string): string;
  /** The difference; null: resets the counter. */
  tell(this: void, name: string, count: number | null): void;
  /** From other processes. `''`: for names that were too many to be sent. */
  onCount(this: void, listener: OnCount): void;
}

/** Undefined: this process is the only one. */
export function shareCounts(
  { processes, keys }: Pick<Deps, 'processes' | 'keys'>,
  topic: string,
): SharedCounts | undefined {
  if (processes === undefined) return undefined;
  const digest = createShortHmac(hmacSha256(keys.service('session'), 'manyi counts', topic));
  return {
    nameOf: (text) => Buffer.from(digest(text)).toString('base64url'),
    tell: (name, count) => processes.tell(topic, name, count),
    onCount: (listener) => processes.onCount(topic, listener),
  };
}
