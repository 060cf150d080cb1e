/**
 * Backups of an open campaign. Two plain copies would show who answered in between, to anyone who knows when people answered. So
 * a copy holds the following only encrypted, under a key that is destroyed at close: answers that no lot has sealed yet, what
 * changes with an answer (comments, reports of pressure), and tallies being counted. Padding hides the size. On restore it is put
 * back before anything else happens.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { existsSync, linkSync, renameSync, rmSync } from 'node:fs';
import { deserialize, serialize } from 'node:v8';
import Database from 'better-sqlite3';
import { AppError } from '../../../domain/errors.ts';
import { leafTypes } from '../../../domain/evidence/leaf.ts';
import type { CampaignId } from '../../../domain/model/ids.ts';
import type { BackupKey } from '../../port/maintenance.ts';
import type { Raw } from '../connection.ts';
import { partOf } from './copies.ts';
import { flushInSteps, vacuumUnflushed } from './flush.ts';
import { createPrivateFile } from '../modes.ts';

/** What a copy must not show, by table. */
const hidden = [
  ['responses', 'campaign = ? AND lot = 0'],
  ['tallies', 'campaign = ?'],
  ['texts', 'campaign = ?'],
  ['pressure_reports', 'campaign = ?'],
  ['slot_alarms', 'campaign = ?'],
] as const;

const rowsPerFrame = 5000;
const sliceLength = 1 << 20;
const smallest = 1 << 16;

interface Frame {
  readonly table: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
}

/**
 * @param keys of the campaigns that may be open; the data of an open one is sealed
 * @throws AppError conflict `backup.exists`
 */
export function backupTo(raw: Raw, path: string, keys: readonly BackupKey[]): void {
  // Under a temporary name until it contains nothing that it should not.
  const plain = partOf(path);
  const sealed = partOf(path);
  const whole = partOf(path);
  createPrivateFile(plain);
  createPrivateFile(sealed);
  try {
    vacuumUnflushed(raw, plain);
    const copy = new Database(plain);
    try {
      // No journal: on failure this file is deleted.
      copy.pragma('journal_mode = MEMORY');
      copy.pragma('synchronous = OFF');
      copy.pragma('secure_delete = ON');
      const open = copy
        .prepare(
          "SELECT no, id FROM campaigns WHERE state = 'open' OR closing_step IN ('drain', 'count', 'seal') ORDER BY no",
        )
        .all() as { no: number; id: CampaignId }[];
      for (const { no, id } of open) {
        const given = keys.find((k) => k.campaign === id);
        // A campaign without its key takes no answers: nothing arrives between two copies.
        if (given) copy.transaction(() => sealIn(copy, no, id, given.key)).immediate();
      }
      vacuumUnflushed(copy, sealed);
    } finally {
      copy.close();
    }
    // Before the system begins to write unneeded pages to the disk.
    rmSync(plain);
    flushInSteps(sealed, whole);
    place(whole, path);
  } finally {
    for (const file of [plain, sealed, whole]) rmSync(file, { force: true });
  }
}

/** Another file of that name is kept. */
function place(file: string, path: string): void {
  try {
    linkSync(file, path);
  } catch (cause) {
    if (existsSync(path)) throw new AppError('conflict', 'backup.exists', { params: { path }, cause });
    const { code } = cause as NodeJS.ErrnoException;
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'ENOSYS') throw cause;
    // A file system without hard links.
    renameSync(file, path);
  }
}

function sealIn(copy: Raw, no: number, id: CampaignId, key: Uint8Array): void {
  const sink = createSink(copy, no, id, key);
  for (const [table, where] of hidden) {
    const statement = copy.prepare(`SELECT * FROM ${table} WHERE ${where}`).raw();
    const columns = statement.columns().map((c) => c.name);
    let rows: unknown[][] = [];
    const flush = () => {
      if (rows.length > 0) sink.frame({ table, columns, rows });
      rows = [];
    };
    // A table may not be written while it is read.
    for (const row of statement.all(no) as unknown[][]) {
      rows.push(row);
      if (rows.length === rowsPerFrame) flush();
    }
    flush();
    copy.prepare(`DELETE FROM ${table} WHERE ${where}`).run(no);
  }
  sink.end();
}

/**
 * Frames as one byte stream, each with its length, padded with zeros to a power of two; cut into slices that are encrypted
 * separately.
 */
function createSink(copy: Raw, no: number, id: CampaignId, key: Uint8Array) {
  const insert = copy.prepare('INSERT INTO sealed_parts (campaign, no, bytes) VALUES (?, ?, ?)');
  let slice = Buffer.alloc(sliceLength);
  let filled = 0;
  let total = 0;
  let part = 0;
  function flush(): void {
    insert.run(no, part, encrypt(key, contextOf(id, part), slice.subarray(0, filled)));
    part += 1;
    slice = Buffer.alloc(sliceLength);
    filled = 0;
  }
  function write(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) {
      const n = Math.min(bytes.length - at, sliceLength - filled);
      slice.set(bytes.subarray(at, at + n), filled);
      filled += n;
      at += n;
      total += n;
      if (filled === sliceLength) flush();
    }
  }
  return {
    frame(frame: Frame): void {
      const bytes = serialize(frame);
      const length = Buffer.alloc(4);
      length.writeUInt32BE(bytes.length);
      write(length);
      write(bytes);
    },
    end(): void {
      let size = smallest;
      while (size < total + 4) size *= 2;
      write(Buffer.alloc(4));
      for (const zeros = Buffer.alloc(sliceLength); total < size;)
        write(zeros.subarray(0, Math.min(zeros.length, size - total)));
      if (filled > 0) flush();
    },
  };
}

export function sealedCampaigns(raw: Raw): readonly CampaignId[] {
  return raw
    .prepare('SELECT DISTINCT c.id FROM sealed_parts s JOIN campaigns c ON c.no = s.campaign ORDER BY c.no')
    .pluck()
    .all() as CampaignId[];
}

/**
 * Restores the sealed data, in the caller's transaction.
 * @throws AppError corrupt `keys.unsealable`
 */
export function unsealIn(raw: Raw, id: CampaignId, key: Uint8Array): void {
  const no = raw.prepare('SELECT no FROM campaigns WHERE id = ?').pluck().get(id) as number;
  const parts = raw.prepare('SELECT bytes FROM sealed_parts WHERE campaign = ? AND no = ?').pluck();
  let rest = Buffer.alloc(0);
  let isOver = false;
  for (let part = 0; !isOver; part++) {
    const bytes = parts.get(no, part) as Buffer | undefined;
    if (!bytes) throw new AppError('corrupt', 'keys.unsealable');
    rest = Buffer.concat([rest, decrypt(key, contextOf(id, part), bytes)]);
    while (rest.length >= 4) {
      const length = rest.readUInt32BE(0);
      if (length === 0) isOver = true;
      if (isOver || rest.length < 4 + length) break;
      putBack(raw, deserialize(rest.subarray(4, 4 + length)) as Frame);
      rest = rest.subarray(4 + length);
    }
  }
  raw.prepare('DELETE FROM sealed_parts WHERE campaign = ?').run(no);
  eraseUncounted(raw, no);
  // Messages sent since the copy are unknown: a person decides whether the sending continues.
  raw
    .prepare("UPDATE sendings SET state = 'paused' WHERE campaign = ? AND state IN ('filling', 'running')")
    .run(no);
}

/**
 * Backups of versions that counted on arrival have tallies of campaigns that are not counted yet. These are derived from the rows
 * now.
 */
function eraseUncounted(raw: Raw, no: number): void {
  raw
    .prepare(
      `DELETE FROM tallies WHERE campaign = @no AND EXISTS (SELECT 1 FROM campaigns c WHERE c.no = @no AND
         (c.state IN ('draft', 'open') OR c.closing_step = 'drain' OR (c.closing_step = 'count' AND tallies.county NOT IN
           (SELECT CAST(county AS INTEGER) FROM evidence_leaves WHERE campaign = @no AND type = @dispositions))))`,
    )
    .run({ no, dispositions: leafTypes.dispositions });
}

function putBack(raw: Raw, { table, columns, rows }: Frame): void {
  if (!hidden.some(([name]) => name === table)) throw new AppError('corrupt', 'keys.unsealable');
  const insert = raw.prepare(
    `INSERT INTO ${table} (${columns.map((c) => `"${c}"`).join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
  );
  for (const row of rows) insert.run(...row);
}

// AES-256-GCM, nonce (12) ‖ ciphertext ‖ tag (16), as in keys/seal.ts.

const contextOf = (id: CampaignId, part: number) => Buffer.from(`backup ${id} ${part}`);

function encrypt(key: Uint8Array, context: Uint8Array, plain: Uint8Array): Buffer {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(context);
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

function decrypt(key: Uint8Array, context: Uint8Array, sealed: Uint8Array): Buffer {
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, 12));
    decipher.setAAD(context);
    decipher.setAuthTag(sealed.subarray(sealed.length - 16));
    return Buffer.concat([decipher.update(sealed.subarray(12, sealed.length - 16)), decipher.final()]);
  } catch (cause) {
    throw new AppError('corrupt', 'keys.unsealable', { cause });
  }
}
