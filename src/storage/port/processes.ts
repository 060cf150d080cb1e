/** Coordination of the processes that use one database. Separate from the storage port, because claims belong to a process. */
import type { CampaignId } from '../../domain/model/ids.ts';

/**
 * When keys of a campaign are destroyed: those of pseudonyms and comments at the end of its closing, all of them at the end of
 * its storage period.
 */
export type KeyEnd = 'closing' | 'expiry';

export interface Claim {
  /** Aborted when the connection to the database broke: another process may have the claim now. */
  readonly lost: AbortSignal;
  /** Repeatable. */
  release(): Promise<void>;
}

export interface Processes {
  /**
   * Claims work that only one process may do at a time. A process that dies, or loses its connection, loses its claims, and
   * another one may take them. Until its work under lost claims has ended, the storage refuses its changes: `unavailable`
   * `storage.unreachable`.
   * @returns null: it is claimed, by this process or another one
   */
  claim(name: string): Promise<Claim | null>;
  /** Whether it is claimed now: for display only, never for decisions. */
  isClaimed(name: string): Promise<boolean>;
  /**
   * Adds to the other processes' counters of this name; null: resets it. They get it some tenths of a second later or, while the
   * connection is broken, never. Use it for limits of attempts, and for nothing that must be exact.
   */
  tell(topic: string, name: string, count: number | null): void;
  /** Receives counts of other processes. One listener per topic. */
  onCount(topic: string, listener: OnCount): void;
  /**
   * Number of processes that may still hold keys of the campaign in memory. None can read a key whose file is deleted, so 0 stays
   * 0.
   */
  countKeyHolders(id: CampaignId, end: KeyEnd): Promise<number>;
}

/** `''`: for names that were too many to be sent individually. */
export type OnCount = (name: string, count: number | null) => void;

/** Callbacks of a process. */
export interface ProcessEvents {
  /** It has joined, and may hold keys. */
  onJoined(): void;
  /** It does not count as joined any more, so that nobody waits for it: it drops every key until it has joined again. */
  onLeft(): void;
  /** These keys are being destroyed. When this returns, none of them is in memory, nor can be read again. */
  onKeyEnd(id: CampaignId, end: KeyEnd): void;
}
