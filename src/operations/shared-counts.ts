/**
 * Counters of attempts that several processes keep together. Each counts for itself and tells the others, who know it some tenths of a second later: what is
 * tried at all of them within that moment is counted too late. In the notifications stand keyed digests, so that no code and no address can be read there.
 */
import { createShortHmac } from '../domain/hmac.ts';
import { hmacSha256 } from '../domain/hash.ts';
import type { OnCount } from '../storage/port/processes.ts';
import type { Deps } from './deps.ts';

export interface SharedCounts {
  /** What others know it by. */
  nameOf(this: void, text: string): string;
  /** So many more, or fewer; null: it is forgotten. */
  tell(this: void, name: string, count: number | null): void;
  /** Of other processes. `''`: of names that were too many to be told. */
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
