/**
 * Dependencies of every operation: the ports, the one clock, the one source of randomness. Routes and commands call the same
 * operations.
 */
import type { SendToWitness, Witness } from '../domain/evidence/witness.ts';
import type { Channel } from '../domain/messaging/channel.ts';
import type { SendWindow } from '../domain/messaging/send-window.ts';
import type { Actor } from '../domain/campaign/permissions.ts';
import type { CampaignId } from '../domain/model/ids.ts';
import type { Summary, SummaryInput } from '../domain/scoring/summary/summary.ts';
import type { KeyStore } from '../keys/key-store.ts';
import type { Stamp } from '../domain/model/stamp.ts';
import type { Storage } from '../storage/port/index.ts';
import type { Processes } from '../storage/port/processes.ts';

export interface Messaging {
  /** Configured channels; empty: codes leave only as spreadsheets. */
  readonly channels: readonly Channel[];
  readonly window: SendWindow;
  /** Maximum of messages to one number a day, over all campaigns. */
  readonly perNumberADay: number;
}

export interface Deps {
  readonly storage: Storage;
  readonly keys: KeyStore;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly randomBytes: (length: number) => Uint8Array;
  /** Nine characters of the code alphabet, from nanoid's generator. */
  readonly newCodeBody: () => string;
  /** A public id: 12 characters of lower-case Crockford base 32. */
  readonly newId: () => string;
  /** Scheme and host for respondents, without a trailing slash. */
  readonly publicUrl: string;
  /** Folder of backups made by closing; null: none is made (tests). */
  readonly backupDir: string | null;
  /** Witnesses outside that keep our checkpoints; absent: none. */
  readonly witnesses?: readonly Witness[];
  /** Absent if nothing is sent (read-only commands). */
  readonly sendToWitness?: SendToWitness;
  /** Channels for messages, and sending hours; absent: codes leave only as spreadsheets. */
  readonly messaging?: Messaging;

  /** Computes the summary of a large county on a separate thread; absent: on the calling thread. */
  readonly summarize?: (input: SummaryInput) => Promise<Summary>;
  /** Other processes on the same database; absent: none. */
  readonly processes?: Processes;
  /**
   * For a command beside a running service: sequences that the service resumes by itself, and whose keys it holds, are left to
   * it. Absent: this process runs them.
   */
  readonly service?: Readonly<
    Record<'continueClosing' | 'continueExpiry', (id: CampaignId) => Promise<void>>
  >;
  readonly log: {
    info(details: object, event: string): void;
    warn(details: object, event: string): void;
    error(details: object, event: string): void;
  };
}

export function stamp(deps: Deps, actor: Actor): Stamp {
  return { at: deps.now(), actor };
}
