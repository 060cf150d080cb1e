/** The engines that the contract of the storage port holds for, and how a test opens two processes' worth of one database. */
import { join } from 'node:path';
import { openPostgresStorage } from '../../src/storage/postgres/index.ts';
import type { Storage } from '../../src/storage/port/index.ts';
import { temporaryFolder } from './at-end.ts';
import { openNewStorage } from './new-storage.ts';
import { findBinaries, sharedServer, skipped } from './postgres.ts';

export interface OpenEngine {
  /** As two processes see it; on SQLite, which only one process may open, twice the same. */
  readonly storages: readonly [Storage, Storage];
  readonly directory: string;
  /** Of PostgreSQL. */
  readonly url: string | null;
  close(): Promise<void>;
}

export interface Engine {
  readonly name: 'sqlite' | 'postgres';
  /** Why its tests cannot run here; false: they can. */
  readonly missing: string | false;
  open(): Promise<OpenEngine>;
}

const newFolder = () => temporaryFolder('manyi-engine');

export const engines: readonly Engine[] = [
  {
    name: 'sqlite',
    missing: false,
    async open() {
      const folder = newFolder();
      const directory = folder.path;
      const storage = await openNewStorage({ directory: join(directory, 'data') });
      return {
        storages: [storage, storage],
        directory,
        url: null,
        async close() {
          await storage.close();
          folder.remove();
        },
      };
    },
  },
  {
    name: 'postgres',
    missing: findBinaries() === undefined && skipped,
    async open() {
      const folder = newFolder();
      const directory = folder.path;
      const url = await (await sharedServer()).createDatabase();
      const storages = [await openPostgresStorage({ url }), await openPostgresStorage({ url })] as const;
      return {
        storages,
        directory,
        url,
        async close() {
          for (const storage of storages) await storage.close();
          folder.remove();
        },
      };
    },
  },
];
