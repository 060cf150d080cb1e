/** Operations' dependencies over a folder that a service uses, without the service: small, because the processes to be killed load it. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { customAlphabet } from 'nanoid';
import { codeAlphabet } from '../../src/domain/code/access-code.ts';
import { createFileKeyStore } from '../../src/keys/key-store.ts';
import type { Deps } from '../../src/operations/deps.ts';
import { ensureLogKey } from '../../src/operations/evidence/log-key.ts';
import { openSqliteStorage } from '../../src/storage/sqlite/index.ts';

export const foldersOf = (directory: string) => ({
  dataDir: join(directory, 'data'),
  keyDir: join(directory, 'keys'),
  backupDir: join(directory, 'backups'),
});

/** The clock of all these services stands still. */
export const now = () => Date.UTC(2026, 4, 12, 2);

export async function openFolder(directory: string, options: { readonly inline: boolean }) {
  const { dataDir, keyDir, backupDir } = foldersOf(directory);
  const storage = await openSqliteStorage({ directory: dataDir, ...options });
  const deps: Deps = {
    storage,
    keys: createFileKeyStore(keyDir),
    now,
    randomBytes: (length) => new Uint8Array(randomBytes(length)),
    newCodeBody: customAlphabet(codeAlphabet, 9),
    newId: customAlphabet('0123456789abcdefghjkmnpqrstvwxyz', 12),
    publicUrl: 'https://my.example.cn',
    backupDir,
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
  };
  await ensureLogKey(deps);
  return { deps, close: () => storage.close() };
}
