import type { RecountResult } from '../../domain/model/count.ts';
import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';

/** What SQLite's check of its file found. */
export interface Damage {
  readonly table: string | null;
  readonly page: number | null;
  /** As the engine says it. */
  readonly detail: string;
}

export interface BackupKey {
  readonly campaign: CampaignId;
  /** 32 bytes. */
  readonly key: Uint8Array;
}

/** What a whole reading of a backup found. */
export interface CopyReport {
  /** SQLite's own findings; empty: none. */
  readonly damage: readonly Damage[];
  readonly schemaVersion: number;
  /** Migrations that the program would still run on it. */
  readonly pendingMigrations: number;
  readonly recounts: readonly ({
    readonly campaign: CampaignId;
    readonly county: CountyCode;
  } & RecountResult)[];
  /** Campaigns that were open when it was made, and of which no key opens what had come in: not counted. */
  readonly sealed: readonly CampaignId[];
  /** Secrets in the file that must not be there. */
  readonly secretsFound: number;
}

export interface StorageHealth {
  readonly schemaVersion: number;
  readonly writerAlive: boolean;
  /** Room for the database; null where another machine holds it, which does not say, and 0 where it refused something for want of room in the last seconds. */
  readonly freeBytes: number | null;
  /** Of the database as it lies on the disk, with what is not checkpointed yet. */
  readonly usedBytes: number;
  /** null: the database is a file of this process. */
  readonly server: ServerHealth | null;
}

/** A database server, as this process sees it. */
export interface ServerHealth {
  readonly connections: {
    readonly limit: number;
    readonly open: number;
    readonly idle: number;
    /** Calls that wait for one. */
    readonly waiting: number;
  };
  /** What it says of itself; null: it does not answer. */
  readonly state: {
    /** A standby, or one that is being restored: it only reads. */
    readonly isInRecovery: boolean;
    /** Commits of all processes that wait for the synchronous standby. */
    readonly waitingForStandby: number;
    /** Services and commands that work on the database now. */
    readonly processes: number;
  } | null;
}

/** Care of the database as a whole, for which another engine has ways of its own. */
export interface StorageMaintenance {
  /** Writes and syncs a few bytes. @throws unavailable if the disk takes none */
  probeWrite(): Promise<void>;
  /** Reads every page and index of the file, beside the writer. Empty: it is sound. */
  findDamage(): Promise<readonly Damage[]>;
  /**
   * VACUUM and truncation of the WAL, so that erased bytes leave the file. Nothing can be stored meanwhile, seconds in a large database. @throws unavailable
   * `storage.busy` if somebody reads an old state
   */
  compact(): Promise<void>;
  /** Remembers that it is to be done, and since when; an earlier moment stays. */
  deferCompaction(at: number): Promise<void>;
  /** Since when it is to be done, to the hour; null: nothing was put off. */
  findDeferredCompaction(): Promise<number | null>;
  /**
   * Erases what the end of the storage period erases in every copy of the database in `directory`, and in those that upgrades left beside the database. Each is replaced whole. Names what
   * held anything of the campaign, and what could not be read.
   */
  eraseCopies(
    id: CampaignId,
    directory: string | null,
  ): Promise<{ readonly erased: readonly string[]; readonly failed: readonly string[] }>;
  /**
   * A consistent copy at `path` (must not exist) while answering goes on. Of a campaign that takes answers, whatever would tell what came in between two
   * copies is encrypted under the key given for it, which dies at close: waiting answers, tallies being counted, comments, reports of pressure.
   */
  backup(path: string, keys: readonly BackupKey[]): Promise<void>;
  /**
   * Reads a backup whole, beside everything else: pages, references, every answer counted anew.
   * @param secrets that must not stand anywhere in the file
   * @param keys that open what was encrypted
   * @throws not-found `storage.no-file`; corrupt `storage.corrupt`; conflict `storage.newer`
   */
  verifyCopy(path: string, secrets: readonly Uint8Array[], keys: readonly BackupKey[]): Promise<CopyReport>;
  /** Removes from a folder what killed processes left of copies. Returns the names. */
  removeUnfinished(directory: string): Promise<readonly string[]>;
  /** Campaigns of a restored backup of which something is still encrypted. */
  listSealed(): Promise<readonly CampaignId[]>;
  /** Puts it back. @throws corrupt `keys.unsealable` */
  unseal(key: BackupKey): Promise<void>;
  health(): Promise<StorageHealth>;
  close(): Promise<void>;
}
