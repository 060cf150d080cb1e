/** What every operation is handed: the ports, the one clock, the one source of randomness. Routes and commands call the same operations. */
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
  /** Configured ways to send; none: codes leave as spreadsheets alone. */
  readonly channels: readonly Channel[];
  readonly window: SendWindow;
  /** Messages to one number a day, whatever campaigns they are of. */
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
  /** Scheme and host that respondents see, without a slash at the end. */
  readonly publicUrl: string;
  /** Folder of backups taken by closing; null: none is taken (tests). */
  readonly backupDir: string | null;
  /** Who outside keeps our checkpoints; nobody if left out. */
  readonly witnesses?: readonly Witness[];
  /** Left out where nothing is sent (commands that only look). */
  readonly sendToWitness?: SendToWitness;
  /** Ways to send messages, and when; left out: codes leave as spreadsheets alone. */
  readonly messaging?: Messaging;

  /** Computes what is shown of a large county on a thread of its own; left out: whoever asks computes it. */
  readonly summarize?: (input: SummaryInput) => Promise<Summary>;
  /** The others that work on the same database; left out: there are none. */
  readonly processes?: Processes;
  /**
   * Of a command beside a running service: sequences that the service would go on with by itself, and that hold its keys, are left to it. Left out: this
   * process does them.
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
