import type { RecountResult } from '../../domain/model/count.ts';
import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';

/** Numbers of applied migrations before and after. */
export interface Upgrade {
  readonly from: number;
  readonly to: number;
  /** The file as it was before; null: the engine has none. */
  readonly copy: string | null;
}

export interface StorageEvents {
  /** Called after an older version's tables were migrated, not after new tables were created. */
  onUpgrade(upgrade: Upgrade): void;
}

/** Result of SQLite's check of its file. */
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

/** Result of reading a whole backup. */
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
  /** Campaigns that were open when it was made, and for which no key decrypts the sealed data: not counted. */
  readonly sealed: readonly CampaignId[];
  /** Secrets in the file that must not be there. */
  readonly secretsFound: number;
}

export interface StorageHealth {
  readonly schemaVersion: number;
  readonly writerAlive: boolean;
  /**
   * Free space for the database. null if another machine holds it, which does not report it; 0 if that one refused something for
   * lack of space in the last seconds.
   */
  readonly freeBytes: number | null;
  /** Size of the database on disk, including data that is not checkpointed yet. */
  readonly usedBytes: number;
  /** null: the database is a file of this process. */
  readonly server: ServerHealth | null;
}

/** A database server, as seen by this process. */
export interface ServerHealth {
  readonly connections: {
    readonly limit: number;
    readonly open: number;
    readonly idle: number;
    /** Calls that wait for one. */
    readonly waiting: number;
  };
  /** Its status; null: it does not answer. */
  readonly state: {
    /** A standby, or a server being restored: it is read-only. */
    readonly isInRecovery: boolean;
    /** Commits of all processes that wait for the synchronous standby. */
    readonly waitingForStandby: number;
    /** Services and commands that use the database now. */
    readonly processes: number;
  } | null;
}

/** Maintenance of the whole database, which other engines do in their own ways. */
export interface StorageMaintenance {
  /**
   * Writes and syncs a few bytes.
   * @throws unavailable if the disk does not accept them
   */
  probeWrite(): Promise<void>;
  /** Reads every page and index of the file, concurrently with the writer. Empty: no damage. */
  findDamage(): Promise<readonly Damage[]>;
  /**
   * VACUUM and truncation of the WAL, so that erased bytes leave the file. Blocks all writes, for seconds in a large database.
   * @throws unavailable `storage.busy` while a reader uses an old snapshot
   */
  compact(): Promise<void>;
  /** Records that compaction is due, and since when; an earlier time stays. */
  deferCompaction(at: number): Promise<void>;
  /** Since when compaction is due, to the hour; null: it is not. */
  findDeferredCompaction(): Promise<number | null>;
  /**
   * Applies the end of the storage period to every copy of the database in `directory`, and to those that upgrades left beside
   * the database. Each is replaced as a whole. Returns the names of copies with data of the campaign, and of unreadable ones.
   */
  eraseCopies(
    id: CampaignId,
    directory: string | null,
  ): Promise<{ readonly erased: readonly string[]; readonly failed: readonly string[] }>;
  /**
   * A consistent copy at `path` (must not exist) while the service takes answers. For a campaign that takes answers, everything
   * that would tell what came in between two copies is encrypted under the given key, which is destroyed at close: waiting
   * answers, tallies being counted, comments, reports of pressure.
   */
  backup(path: string, keys: readonly BackupKey[]): Promise<void>;
  /**
   * Reads a whole backup, concurrently with everything else: pages, references, and every answer recounted.
   * @param secrets that must not be anywhere in the file
   * @param keys that decrypt sealed data
   * @throws not-found `storage.no-file`; corrupt `storage.corrupt`; conflict `storage.newer`
   */
  verifyCopy(path: string, secrets: readonly Uint8Array[], keys: readonly BackupKey[]): Promise<CopyReport>;
  /** Removes incomplete copies left by killed processes from a folder. Returns the names. */
  removeUnfinished(directory: string): Promise<readonly string[]>;
  /** Campaigns of a restored backup with data that is still encrypted. */
  listSealed(): Promise<readonly CampaignId[]>;
  /**
   * Restores it.
   * @throws corrupt `keys.unsealable`
   */
  unseal(key: BackupKey): Promise<void>;
  health(): Promise<StorageHealth>;
  close(): Promise<void>;
}
