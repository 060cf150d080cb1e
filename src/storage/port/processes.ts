/** What the processes that work on one database agree on. Apart from the storage port: what is handed out here lives and dies with a process. */
import type { CampaignId } from '../../domain/model/ids.ts';

/** When keys of a campaign die: at the end of its closing those of pseudonyms and comments, at the end of its storage period all of them. */
export type KeyEnd = 'closing' | 'expiry';

export interface Claim {
  /** Aborted when the way to the database broke: another process may have the claim now. */
  readonly lost: AbortSignal;
  /** Repeatable. */
  release(): Promise<void>;
}

export interface Processes {
  /**
   * For work that only one may do at a time. A process that dies, or loses its way to the database, loses what it has claimed, and another one may take it. Until whatever
   * it did under lost claims has ended, the storage refuses its changes: `unavailable` `storage.unreachable`.
   * @returns null: somebody has it, in this process or another one
   */
  claim(name: string): Promise<Claim | null>;
  /** Whether anybody has it now: to be shown, and nothing is decided by it. */
  isClaimed(name: string): Promise<boolean>;
  /**
   * Adds to what the other processes count under this name; null: it is forgotten. They hear of it some tenths of a second later, or, while the way to the database is broken,
   * never: for limits of attempts, and for nothing that must be right.
   */
  tell(topic: string, name: string, count: number | null): void;
  /** What others tell. One listener a topic. */
  onCount(topic: string, listener: OnCount): void;
  /** Processes that may still hold keys of the campaign in memory. None can read a key whose file is gone, so 0 stays 0. */
  countKeyHolders(id: CampaignId, end: KeyEnd): Promise<number>;
}

/** `''`: of names that were too many to be told one by one. */
export type OnCount = (name: string, count: number | null) => void;

/** What a process does when it is told. */
export interface ProcessEvents {
  /** It counts as one of the processes, and may hold keys. */
  onJoined(): void;
  /** It does not count any more, so that nobody waits for it: it lets go of every key until it has joined again. */
  onLeft(): void;
  /** These keys are being destroyed. When this returns, none of them is in memory, nor can be read again. */
  onKeyEnd(id: CampaignId, end: KeyEnd): void;
}
