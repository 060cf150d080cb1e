/** Source and target of moving an installation. */
import type { Storage } from './index.ts';
import type { TableReader, TableWriter } from './move.ts';

export interface MoveSource {
  /** Without user and password. */
  readonly name: string;
  readonly tables: TableReader;
}

export interface MoveTarget {
  readonly name: string;
  /** On the same database; nothing else uses it while `tables` writes. */
  readonly storage: Storage;
  readonly tables: TableWriter;
  close(): Promise<void>;
}
