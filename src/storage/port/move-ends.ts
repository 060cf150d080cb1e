/** Where an installation is moved from, and where to. */
import type { Storage } from './index.ts';
import type { TableReader, TableWriter } from './move.ts';

export interface MoveSource {
  /** Without user and password. */
  readonly name: string;
  readonly tables: TableReader;
}

export interface MoveTarget {
  readonly name: string;
  /** On the same database; nothing is done through it while `tables` writes. */
  readonly storage: Storage;
  readonly tables: TableWriter;
  close(): Promise<void>;
}
