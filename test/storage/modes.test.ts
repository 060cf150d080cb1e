/** Database, WAL, backups: for the service's account alone, under a umask that lets others read, and in installations made before. */
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createLogger, openParts, restoreBackup } from '../../src/compose.ts';
import { readConfig } from '../../src/config.ts';
import { systemActor } from '../../src/domain/campaign/permissions.ts';
import { makeBackup } from '../../src/operations/service/backup.ts';
import { foldersOf } from '../support/folder.ts';

let directory: string;
let umask: number;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'manyi-modes-'));
  umask = process.umask(0o022);
});
afterEach(() => {
  process.umask(umask);
  rmSync(directory, { recursive: true, force: true });
});

function open(more: object = {}) {
  const { dataDir, keyDir, backupDir } = foldersOf(directory);
  const config = readConfig({
    PUBLIC_URL: 'https://my.example.cn',
    DATA_DIR: dataDir,
    KEY_DIR: keyDir,
    BACKUP_DIR: backupDir,
    LOG_LEVEL: 'silent',
    ...more,
  });
  return openParts(config, createLogger(config), { inline: true });
}

/** All that others could read or write, below the folder that the test itself made. */
function openToOthers(path = directory): readonly string[] {
  return readdirSync(path, { withFileTypes: true }).flatMap((entry) => {
    const own = join(path, entry.name);
    const isOpen = (statSync(own).mode & 0o077) !== 0;
    return [...(isOpen ? [own] : []), ...(entry.isDirectory() ? openToOthers(own) : [])];
  });
}

test('a new installation, its backups and what is restored from them', async () => {
  const { dataDir, backupDir } = foldersOf(directory);
  const parts = await open();
  const { path } = await makeBackup(parts.deps, systemActor);
  // While the service runs: the WAL and its index are there.
  expect(readdirSync(dataDir)).toEqual(expect.arrayContaining(['manyi.db', 'manyi.db-wal', 'manyi.db-shm']));
  expect(readdirSync(backupDir)).toHaveLength(1);
  expect(openToOthers()).toEqual([]);
  await parts.close();

  chmodSync(path, 0o644);
  const second = join(directory, 'second');
  restoreBackup({ dataDir: second, database: null }, path);
  expect(openToOthers(second)).toEqual([]);
});

test('an installation of an earlier version is put right when it starts', async () => {
  const { dataDir, keyDir, backupDir } = foldersOf(directory);
  const parts = await open();
  const { path } = await makeBackup(parts.deps, systemActor);
  parts.deps.keys.service('log');
  await parts.close();
  const before = join(dataDir, 'before-0001_x.db');
  const notes = join(backupDir, 'notes.txt');
  for (const file of [before, notes]) writeFileSync(file, '');
  mkdirSync(keyDir, { recursive: true });
  for (const folder of [dataDir, keyDir, backupDir]) chmodSync(folder, 0o755);
  for (const file of [join(dataDir, 'manyi.db'), path, before, notes]) chmodSync(file, 0o644);

  const again = await open();
  // What is not the service's own stays as it is.
  expect(openToOthers()).toEqual([notes]);
  await again.close();
});

test('two backups in one millisecond are two files; of two under one name, one is refused', async () => {
  const parts = await open();
  const deps = { ...parts.deps, now: () => Date.UTC(2026, 4, 12, 2) };
  const [first, second] = await Promise.all([makeBackup(deps, systemActor), makeBackup(deps, systemActor)]);
  expect(first.path).not.toBe(second.path);
  const target = join(directory, 'own.db');
  const both = await Promise.allSettled([
    makeBackup(deps, systemActor, target),
    makeBackup(deps, systemActor, target),
  ]);
  const refused = both.filter((r) => r.status === 'rejected');
  expect(refused.map((r) => (r.reason as Error).message)).toEqual(['backup.exists']);
  expect(readdirSync(directory).filter((name) => name.startsWith('own.db'))).toEqual(['own.db']);
  await parts.close();
});
