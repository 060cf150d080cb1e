/**
 * Keys of campaigns (design 5): 32 random bytes each, in separate files under `KEY_DIR`, outside the data folder and every
 * backup. Destroying one overwrites and deletes the file.
 */
import { randomBytes, createHmac } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { AppError } from '../domain/errors.ts';
import { makeFolder } from '../files/make-folder.ts';
import type { CampaignId } from '../domain/model/ids.ts';

/** `pseudonym` and `text` are destroyed at close, `contacts` at the end of the storage period. */
export const keyNames = ['pseudonym', 'contacts', 'text'] as const;
export type KeyName = (typeof keyNames)[number];

export type KeyState = 'ok' | 'missing' | 'broken' | 'wrong';

export interface KeyStore {
  /**
   * Creates the campaign's keys, or keeps existing ones. Returns their fingerprints, by name. New ones are unconfirmed: a process
   * that dies before it stores the campaign leaves keys of nothing.
   */
  create(campaign: CampaignId): Readonly<Record<KeyName, string>>;
  /**
   * @throws AppError unavailable `keys.missing`, corrupt `keys.broken`; with `fingerprint` given, corrupt `keys.wrong` if it is another key.
   */
  use(campaign: CampaignId, name: KeyName, fingerprint?: string): Uint8Array;
  has(campaign: CampaignId, name: KeyName): boolean;
  /** The campaign is stored, or it and its keys are gone. Repeatable. */
  confirm(campaign: CampaignId): void;
  /** Before the campaign is deleted. */
  unconfirm(campaign: CampaignId): void;
  /**
   * Overwrites and deletes the file, and wipes the copy in this process's memory; repeatable. It cannot reach what the medium
   * keeps: an SSD or a copy-on-write file system writes the zeros elsewhere, and snapshots keep the old file. OPERATING.md says
   * how to set up KEY_DIR for that.
   */
  destroy(campaign: CampaignId, name: KeyName): void;
  /** Key of the installation itself (sessions), created on first use. */
  service(name: string): Uint8Array;
  /** The same, but never created. @throws AppError corrupt `keys.broken` */
  findService(name: string): Uint8Array | undefined;
  /** Replaces one key by another; the old one is kept under `retired` if it exists. Repeatable. */
  replaceService(name: string, by: string, retired: string): void;
  /** As it is on disk now, not as it was read before. */
  check(campaign: CampaignId, name: KeyName, fingerprint: string | undefined): KeyState;
  /** Every existing key, to check that none is in a file. */
  listAll(): readonly Uint8Array[];
  /** Campaigns that have keys here. */
  listCampaigns(): readonly string[];
  /** Those of which it is not certain that they were ever stored, or still are. */
  listUnconfirmed(): readonly string[];
}

/** In a folder that other processes may use at the same time. */
export interface FileKeyStore extends KeyStore {
  /** Wipes every copy in this process's memory, including those in use, and never reads the key again. */
  forget(campaign: CampaignId, name: KeyName): void;
  /**
   * While it is disconnected, a process that shares its folder gets no notice of a destruction: it keeps no campaign's key, and
   * `use` throws unavailable `storage.unreachable`. Work in progress continues with its copy, which `forget` wipes.
   */
  setAway(isAway: boolean): void;
}

/** Beside keys that are unconfirmed. */
const unconfirmedName = 'unconfirmed';

const withoutLinks: ReadonlySet<string> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);

/** Distinguishes keys without revealing anything about them. */
export function fingerprintOf(key: Uint8Array): string {
  return createHmac('sha256', key).update('manyi key fingerprint').digest('hex').slice(0, 16);
}

export function createFileKeyStore(directory: string): FileKeyStore {
  const cache = new Map<string, Uint8Array>();
  /** Removed from the cache, but possibly still in use. */
  const handed = new Map<string, WeakRef<Uint8Array>[]>();
  const forgotten = new Set<string>();
  let isAway = false;
  const pathOf = (owner: string, name: string) => join(directory, owner, `${name}.key`);
  const markOf = (campaign: string) => join(directory, campaign, unconfirmedName);
  const isOfService = (path: string) => dirname(path) === join(directory, 'service');

  function write(path: string): void {
    makeFolder(dirname(path), 0o700);
    const key = randomBytes(32);
    const temporary = `${path}.${randomBytes(4).toString('hex')}.new`;
    const fd = openSync(temporary, 'wx', 0o600);
    try {
      writeSync(fd, `${key.toString('hex')}\n`);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    // Two processes may create it at once: the second uses the first one's.
    try {
      linkSync(temporary, path);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? '';
      // A file system without hard links cannot be shared by several processes.
      if (withoutLinks.has(code)) renameSync(temporary, path);
      else if (code !== 'EEXIST') throw error;
    } finally {
      rmSync(temporary, { force: true });
    }
    syncDirectory(dirname(path));
  }

  function mark(campaign: CampaignId): void {
    makeFolder(join(directory, campaign), 0o700);
    closeSync(openSync(markOf(campaign), 'a', 0o600));
    syncDirectory(join(directory, campaign));
  }

  function drop(path: string): void {
    const key = cache.get(path);
    cache.delete(path);
    if (key) handed.set(path, [...(handed.get(path) ?? []).filter((k) => k.deref()), new WeakRef(key)]);
  }

  function wipe(path: string): void {
    drop(path);
    for (const key of handed.get(path) ?? []) key.deref()?.fill(0);
    handed.delete(path);
  }

  function read(path: string): Uint8Array {
    const cached = cache.get(path);
    if (cached) return cached;
    const key = load(path);
    cache.set(path, key);
    return key;
  }

  function load(path: string): Uint8Array {
    if (forgotten.has(path)) throw new AppError('unavailable', 'keys.missing');
    let text: string;
    try {
      text = readFileSync(path, 'utf8').trim();
    } catch (cause) {
      throw new AppError('unavailable', 'keys.missing', { cause });
    }
    if (!/^[0-9a-f]{64}$/.test(text)) throw new AppError('corrupt', 'keys.broken');
    return new Uint8Array(Buffer.from(text, 'hex'));
  }

  const findFresh = (path: string): Uint8Array => {
    drop(path);
    return read(path);
  };

  function readOwn(path: string): Uint8Array {
    if (isAway) throw new AppError('unavailable', 'storage.unreachable');
    return read(path);
  }

  return {
    create(campaign) {
      const result: Partial<Record<KeyName, string>> = {};
      if (!keyNames.some((name) => existsSync(pathOf(campaign, name)))) mark(campaign);
      for (const name of keyNames) {
        const path = pathOf(campaign, name);
        if (!existsSync(path)) write(path);
        result[name] = fingerprintOf(readOwn(path));
      }
      return result as Record<KeyName, string>;
    },
    use(campaign, name, fingerprint) {
      const key = readOwn(pathOf(campaign, name));
      if (fingerprint !== undefined && fingerprintOf(key) !== fingerprint)
        throw new AppError('corrupt', 'keys.wrong');
      return key;
    },
    has: (campaign, name) => existsSync(pathOf(campaign, name)),
    confirm(campaign) {
      if (!existsSync(markOf(campaign))) return;
      rmSync(markOf(campaign), { force: true });
      syncDirectory(join(directory, campaign));
    },
    unconfirm: mark,
    destroy(campaign, name) {
      const path = pathOf(campaign, name);
      wipe(path);
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
    forget(campaign, name) {
      const path = pathOf(campaign, name);
      forgotten.add(path);
      wipe(path);
    },
    setAway(to) {
      isAway = to;
      if (isAway) for (const path of [...cache.keys()]) if (!isOfService(path)) drop(path);
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
      for (const known of [...cache.keys()]) drop(known);
      if (existsSync(path)) renameSync(path, kept);
      renameSync(fresh, path);
      syncDirectory(dirname(path));
    },
    check(campaign, name, fingerprint) {
      try {
        const path = pathOf(campaign, name);
        const key = load(path);
        const found = fingerprintOf(key);
        const known = cache.get(path);
        if (known && fingerprintOf(known) !== found) drop(path);
        key.fill(0);
        return fingerprint === undefined || found === fingerprint ? 'ok' : 'wrong';
      } catch (error) {
        if (error instanceof AppError) return error.message === 'keys.missing' ? 'missing' : 'broken';
        throw error;
      }
    },
    listAll: () => readAllKeys(directory),
    listCampaigns: () => listKeyOwners(directory).filter((owner) => owner !== 'service'),
    listUnconfirmed: () => listKeyOwners(directory).filter((owner) => existsSync(markOf(owner))),
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

/** Every existing key, to check that none is in a file. */
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
