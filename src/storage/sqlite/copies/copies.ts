/**
 * Copies of the database made by the program: backups, and copies from before an upgrade. Erased data must be erased in them too.
 */
import Database from 'better-sqlite3';
import { randomBytes } from 'node:crypto';
import { readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { contentHashOf } from '../../../domain/evidence/leaf.ts';
import type { CampaignId } from '../../../domain/model/ids.ts';
import { databaseName, type Raw } from '../raw.ts';
import { createPrivateFile } from '../modes.ts';
import { flushInSteps, vacuumUnflushed } from './flush.ts';

/** Files that a killed process leaves: an incomplete backup, restore, or erased copy. */
const unfinished = /\.(?:db\.new|erasing|part(?:-(\d+))?)$/;
/** A copy that another process is still writing is younger than this. */
const longestCopy = 6 * 3_600_000;

/**
 * A temporary name for a file until it is complete. It contains the process id, so that another process can tell whether it is
 * still being written.
 */
export function partOf(path: string): string {
  return `${path}.${randomBytes(4).toString('hex')}.part-${process.pid}`;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * Removes files left by killed processes in `directory`. The caller holds the writer lock.
 * @returns the names
 */
export function removeUnfinished(directory: string): readonly string[] {
  const removed: string[] = [];
  for (const path of listCopies(directory, unfinished)) {
    const { mtimeMs } = statSync(path);
    const pid = Number(unfinished.exec(path)?.[1] ?? '0');
    const isOwn = pid === 0 || pid === process.pid;
    const isFromBefore = mtimeMs < performance.timeOrigin;
    const isRecent = mtimeMs > Date.now() - longestCopy;
    if (isRecent && (isOwn ? !isFromBefore : isAlive(pid))) continue;
    for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(path + suffix, { force: true });
    removed.push(basename(path));
  }
  return removed;
}

function listCopies(directory: string, pattern: RegExp): readonly string[] {
  try {
    return readdirSync(directory)
      .filter((name) => pattern.test(name) && name !== databaseName)
      .sort()
      .map((name) => join(directory, name));
  } catch {
    return [];
  }
}

export function eraseCopies(
  raw: Raw,
  id: CampaignId,
  directory: string | null,
): { readonly erased: readonly string[]; readonly failed: readonly string[] } {
  const erased: string[] = [];
  const failed: string[] = [];
  const own = dirname(raw.name);
  const copies = [
    ...listCopies(own, /^before-.*\.db$/),
    ...(directory === null || directory === own ? [] : listCopies(directory, /\.db$/)),
  ];
  for (const path of copies) {
    try {
      if (eraseCopy(path, id)) erased.push(path);
    } catch {
      failed.push(path);
    }
  }
  return { erased, failed };
}

/**
 * @returns whether it held data of the campaign. A new file is written beside it and renamed over it, so that a kill leaves one
 * or the other
 */
function eraseCopy(path: string, id: CampaignId): boolean {
  const fresh = `${path}.erasing`;
  rmSync(fresh, { force: true });
  const old = new Database(path, { readonly: true, fileMustExist: true });
  try {
    const campaign = campaignIn(old, id);
    if (campaign === undefined || !holdsAnything(old, campaign)) return false;
    createPrivateFile(fresh);
    vacuumUnflushed(old, fresh);
    const raw = new Database(fresh);
    try {
      // No journal, which would contain erased data; a file truncated by a kill is deleted at the next attempt.
      raw.pragma('journal_mode = MEMORY');
      raw.pragma('synchronous = OFF');
      raw.pragma('secure_delete = ON');
      raw.pragma('foreign_keys = OFF');
      raw.transaction(() => eraseIn(raw, campaign)).immediate();
      raw.exec('VACUUM');
    } finally {
      raw.close();
    }
  } finally {
    old.close();
  }
  const whole = partOf(path);
  try {
    flushInSteps(fresh, whole);
    renameSync(whole, path);
  } finally {
    rmSync(whole, { force: true });
  }
  for (const suffix of ['-wal', '-shm', '-journal']) rmSync(path + suffix, { force: true });
  return true;
}

function columns(raw: Raw, table: string): ReadonlySet<string> {
  return new Set((raw.pragma(`table_info(${table})`) as { name: string }[]).map((c) => c.name));
}

function campaignIn(raw: Raw, id: CampaignId): number | undefined {
  if (columns(raw, 'campaigns').size === 0) return undefined;
  return raw.prepare('SELECT no FROM campaigns WHERE id = ?').pluck().get(id) as number | undefined;
}

/** Tables to be emptied of a campaign; an older copy lacks some. */
const emptied = ['texts', 'pressure_reports', 'sealed_parts'];

function holdsAnything(raw: Raw, campaign: number): boolean {
  const questions = [
    'SELECT 1 FROM contacts WHERE campaign = ? AND (sealed IS NOT NULL OR sealed_code IS NOT NULL) LIMIT 1',
    'SELECT 1 FROM responses WHERE campaign = ? AND answers IS NOT NULL LIMIT 1',
    'SELECT 1 FROM import_rows WHERE import IN (SELECT id FROM imports WHERE campaign = ?) LIMIT 1',
    'SELECT 1 FROM import_faults WHERE import IN (SELECT id FROM imports WHERE campaign = ?) LIMIT 1',
    ...emptied
      .filter((table) => columns(raw, table).size > 0)
      .map((table) => `SELECT 1 FROM ${table} WHERE campaign = ? LIMIT 1`),
  ];
  return questions.some((sql) => raw.prepare(sql).get(campaign) !== undefined);
}

function eraseIn(raw: Raw, campaign: number): void {
  const household = columns(raw, 'contacts').has('household') ? ', household = NULL' : '';
  raw
    .prepare(
      `UPDATE contacts SET sealed = NULL, sealed_code = NULL, digest = entry${household} WHERE campaign = ?`,
    )
    .run(campaign);
  raw.function('content_hash_of', { deterministic: true }, (nonce, answers) =>
    Buffer.from(contentHashOf(nonce as Uint8Array, answers as Uint8Array)),
  );
  const kept = columns(raw, 'responses').has('content_hash')
    ? ', content_hash = content_hash_of(nonce, answers)'
    : '';
  raw
    .prepare(
      `UPDATE responses SET nonce = NULL, answers = NULL${kept} WHERE campaign = ? AND answers IS NOT NULL`,
    )
    .run(campaign);
  for (const table of ['import_rows', 'import_faults'])
    raw
      .prepare(`DELETE FROM ${table} WHERE import IN (SELECT id FROM imports WHERE campaign = ?)`)
      .run(campaign);
  for (const table of emptied)
    if (columns(raw, table).size > 0) raw.prepare(`DELETE FROM ${table} WHERE campaign = ?`).run(campaign);
}
