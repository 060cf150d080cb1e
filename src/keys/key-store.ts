/**
 * Keys, per campaign (design 5): 32 random bytes each in a file of its own under `KEY_DIR`, outside the data folder and every backup.
 * Destroying one overwrites and removes the file.
 */
import { randomBytes, createHmac } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { AppError } from '../domain/errors.ts';
import type { CampaignId } from '../domain/model/ids.ts';

/** `pseudonym` and `text` die at close, `contacts` at the end of the storage period. */
export const keyNames = ['pseudonym', 'contacts', 'text'] as const;
export type KeyName = (typeof keyNames)[number];

export type KeyState = 'ok' | 'missing' | 'broken' | 'wrong';

export interface KeyStore {
  /** Creates the campaign's keys, or keeps those that are there. Returns their fingerprints, by name. */
  create(campaign: CampaignId): Readonly<Record<KeyName, string>>;
  /**
   * @throws AppError unavailable `keys.missing`, corrupt `keys.broken`; with `fingerprint` given, corrupt `keys.wrong` if it is another key.
   */
  use(campaign: CampaignId, name: KeyName, fingerprint?: string): Uint8Array;
  has(campaign: CampaignId, name: KeyName): boolean;
  /**
   * Overwrites and removes the file, and wipes the copy in this process's memory; repeatable. What a medium keeps is out of its reach: an SSD or a
   * copy-on-write file system writes the zeros elsewhere, and snapshots keep the old file. The README says how to set up KEY_DIR for that.
   */
  destroy(campaign: CampaignId, name: KeyName): void;
  /** Key of the installation itself (sessions), created when first asked for. */
  service(name: string): Uint8Array;
  /** The same, but never created. @throws AppError corrupt `keys.broken` */
  findService(name: string): Uint8Array | undefined;
  /** One key takes the place of another, which is kept under `retired` if it is there. Repeatable. */
  replaceService(name: string, by: string, retired: string): void;
  /** As it is on the disk now, not as it was read before. */
  check(campaign: CampaignId, name: KeyName, fingerprint: string | undefined): KeyState;
  /** Every key that is there, to make sure that none has got into a file. */
  listAll(): readonly Uint8Array[];
  /** Campaigns that have keys here. */
  listCampaigns(): readonly string[];
}

/** Tells two keys apart without telling anything of either. */
export function fingerprintOf(key: Uint8Array): string {
  return createHmac('sha256', key).update('manyi key fingerprint').digest('hex').slice(0, 16);
}

export function createFileKeyStore(directory: string): KeyStore {
  const cache = new Map<string, Uint8Array>();
  const pathOf = (owner: string, name: string) => join(directory, owner, `${name}.key`);

  function write(path: string): Uint8Array {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const key = randomBytes(32);
    const temporary = `${path}.${randomBytes(4).toString('hex')}.new`;
    const fd = openSync(temporary, 'wx', 0o600);
    try {
      writeSync(fd, `${key.toString('hex')}\n`);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(temporary, path);
    syncDirectory(dirname(path));
    return key;
  }

  function read(path: string): Uint8Array {
    const cached = cache.get(path);
    if (cached) return cached;
    let text: string;
    try {
      text = readFileSync(path, 'utf8').trim();
    } catch (cause) {
      throw new AppError('unavailable', 'keys.missing', { cause });
    }
    if (!/^[0-9a-f]{64}$/.test(text)) throw new AppError('corrupt', 'keys.broken');
    const key = new Uint8Array(Buffer.from(text, 'hex'));
    cache.set(path, key);
    return key;
  }

  const findFresh = (path: string): Uint8Array => {
    cache.delete(path);
    return read(path);
  };

  return {
    create(campaign) {
      const result: Partial<Record<KeyName, string>> = {};
      for (const name of keyNames) {
        const path = pathOf(campaign, name);
        if (!existsSync(path)) write(path);
        result[name] = fingerprintOf(read(path));
      }
      return result as Record<KeyName, string>;
    },
    use(campaign, name, fingerprint) {
      const key = read(pathOf(campaign, name));
      if (fingerprint !== undefined && fingerprintOf(key) !== fingerprint)
        throw new AppError('corrupt', 'keys.wrong');
      return key;
    },
    has: (campaign, name) => existsSync(pathOf(campaign, name)),
    destroy(campaign, name) {
      const path = pathOf(campaign, name);
      cache.get(path)?.fill(0);
      cache.delete(path);
      if (!existsSync(path)) return;
      const fd = openSync(path, 'r+');
      try {
        writeSync(fd, Buffer.alloc(65, 0x30), 0, 65, 0);
        fsyncSync(fd);
      } finally {
        closeSync(fd);
      }
      rmSync(path);
      syncDirectory(dirname(path));
    },
    service(name) {
      const path = pathOf('service', name);
      if (!existsSync(path)) write(path);
      return read(path);
    },
    findService(name) {
      const path = pathOf('service', name);
      return existsSync(path) ? findFresh(path) : undefined;
    },
    replaceService(name, by, retired) {
      const [path, fresh, kept] = [name, by, retired].map((n) => pathOf('service', n)) as [
        string,
        string,
        string,
      ];
      if (!existsSync(fresh)) return;
      cache.clear();
      if (existsSync(path)) renameSync(path, kept);
      renameSync(fresh, path);
      syncDirectory(dirname(path));
    },
    check(campaign, name, fingerprint) {
      try {
        const key = findFresh(pathOf(campaign, name));
        return fingerprint === undefined || fingerprintOf(key) === fingerprint ? 'ok' : 'wrong';
      } catch (error) {
        if (error instanceof AppError) return error.message === 'keys.missing' ? 'missing' : 'broken';
        throw error;
      }
    },
    listAll: () => readAllKeys(directory),
    listCampaigns: () => listKeyOwners(directory).filter((owner) => owner !== 'service'),
  };
}

function syncDirectory(path: string): void {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Every key that is there, to make sure that none has got into a file. */
export function readAllKeys(directory: string): readonly Uint8Array[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.key'))
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8').trim())
    .filter((text) => /^[0-9a-f]{64}$/.test(text))
    .map((text) => new Uint8Array(Buffer.from(text, 'hex')));
}

function listKeyOwners(directory: string): readonly string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .filter((owner) => readdirSync(join(directory, owner)).some((name) => name.endsWith('.key')));
}
