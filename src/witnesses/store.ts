/**
 * This office's data as a witness for others: whom it trusts, and the newest checkpoint that it signed for each log. A separate
 * database, without a survey.
 */
import { chmodSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { AppError } from '../domain/errors.ts';
import { makeFolder } from '../files/make-folder.ts';
import { formatVerifierKey, parseVerifierKey } from '../domain/evidence/note.ts';
import type { TrustedLog, WitnessedCheckpoint, WitnessStore } from '../domain/evidence/tlog-witness.ts';
import { sha256, toHex } from '../domain/hash.ts';

const fileName = 'witness.db';
const schema = `
  CREATE TABLE IF NOT EXISTS witness (
    one INTEGER PRIMARY KEY CHECK (one = 1), name TEXT NOT NULL, public_key TEXT NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS trusted (
    origin TEXT NOT NULL, key TEXT NOT NULL, PRIMARY KEY (origin, key)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS checkpoints (
    origin TEXT PRIMARY KEY, hash TEXT NOT NULL UNIQUE, size INTEGER NOT NULL, root BLOB NOT NULL,
    note TEXT NOT NULL, at INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS refused (
    origin TEXT NOT NULL, size INTEGER NOT NULL, root BLOB NOT NULL, note TEXT NOT NULL, at INTEGER NOT NULL,
    PRIMARY KEY (origin, size, root)
  ) STRICT;`;
/** Of one log. */
const mostRefused = 100;

interface Row {
  readonly origin: string;
  readonly size: number;
  readonly root: Buffer;
  readonly note: string;
  readonly at: number;
}
const present = ({ root, ...row }: Row): WitnessedCheckpoint => ({ ...row, root: new Uint8Array(root) });

const stored = ({ root, ...rest }: WitnessedCheckpoint) => ({ ...rest, root: Buffer.from(root) });

/** @throws AppError conflict `witness.begun` if the folder has a witness already */
export function beginWitnessStore(folder: string, identity: WitnessStore['identity']): void {
  makeFolder(folder, 0o700);
  const raw = openRaw(folder);
  try {
    raw.exec(schema);
    const { changes } = raw
      .prepare('INSERT INTO witness (one, name, public_key) VALUES (1, ?, ?) ON CONFLICT DO NOTHING')
      .run(identity.name, identity.publicKey);
    if (changes === 0) throw new AppError('conflict', 'witness.begun', { params: { folder } });
  } finally {
    raw.close();
  }
}

function openRaw(folder: string): Database.Database {
  const path = join(folder, fileName);
  const raw = new Database(path, { timeout: 5000 });
  chmodSync(path, 0o600);
  // Synced before a commit returns, including the folder's entry of the journal.
  raw.pragma('journal_mode = DELETE');
  raw.pragma('synchronous = EXTRA');
  return raw;
}

/** @throws AppError not-found `witness.not-begun` */
export function openWitnessStore(folder: string): WitnessStore {
  if (!existsSync(join(folder, fileName)))
    throw new AppError('not-found', 'witness.not-begun', { params: { folder } });
  const raw = openRaw(folder);
  raw.exec(schema);
  const identity = raw.prepare('SELECT name, public_key AS publicKey FROM witness').get() as
    WitnessStore['identity'] | undefined;
  if (!identity) {
    raw.close();
    throw new AppError('not-found', 'witness.not-begun', { params: { folder } });
  }
  const columns = 'origin, size, root, note, at';
  const findLatest = raw.prepare(`SELECT ${columns} FROM checkpoints WHERE origin = ?`);
  const findByHash = raw.prepare(`SELECT ${columns} FROM checkpoints WHERE hash = ?`);
  const listAll = raw.prepare(`SELECT ${columns} FROM checkpoints ORDER BY origin`);
  const put = raw.prepare(
    `INSERT INTO checkpoints (origin, hash, size, root, note, at) VALUES (@origin, @hash, @size, @root, @note, @at)
     ON CONFLICT (origin) DO UPDATE SET size = @size, root = @root, note = @note, at = @at WHERE size <= @size`,
  );
  const refuse = raw.prepare(
    `INSERT INTO refused (origin, size, root, note, at) SELECT @origin, @size, @root, @note, @at
     WHERE (SELECT count(*) FROM refused WHERE origin = @origin) < ${mostRefused} ON CONFLICT DO NOTHING`,
  );
  const listTrusted = (): readonly TrustedLog[] =>
    (
      raw.prepare('SELECT origin, key FROM trusted ORDER BY origin, key').all() as {
        origin: string;
        key: string;
      }[]
    ).map(({ origin, key }) => ({ origin, key: parseVerifierKey(key) }));
  return {
    identity,
    listTrusted,
    trust({ origin, key }) {
      raw
        .prepare('INSERT INTO trusted (origin, key) VALUES (?, ?) ON CONFLICT DO NOTHING')
        .run(origin, formatVerifierKey(key));
    },
    distrust: (origin) => raw.prepare('DELETE FROM trusted WHERE origin = ?').run(origin).changes,
    listCheckpoints: () => (listAll.all() as Row[]).map(present),
    findCheckpoint(originHash) {
      const row = findByHash.get(originHash) as Row | undefined;
      return row && present(row);
    },
    advance(origin, decide) {
      return raw
        .transaction(() => {
          const row = findLatest.get(origin) as Row | undefined;
          const { keep, refused, result } = decide(listTrusted(), row ? present(row) : null);
          if (keep) put.run({ ...stored(keep), hash: toHex(sha256(keep.origin)) });
          if (refused) refuse.run(stored(refused));
          return result;
        })
        .immediate();
    },
    listRefused: () =>
      (raw.prepare(`SELECT ${columns} FROM refused ORDER BY origin, at`).all() as Row[]).map(present),
    close: () => void raw.close(),
  };
}
