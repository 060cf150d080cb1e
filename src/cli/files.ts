/**
 * Files named on the command line. A file written by a command is complete and on the disk, or does not exist, however the
 * command ends.
 */
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  accessSync,
  constants,
  createReadStream,
  createWriteStream,
  existsSync,
  readFileSync,
  statSync,
} from 'node:fs';
import { link, lstat, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { AppError, type Issue } from '../domain/errors.ts';
import { systemError } from '../domain/system-error.ts';
import { makeFolder } from '../files/make-folder.ts';
import type { UploadedFile } from '../operations/frame/schools.ts';

export type JsonResult =
  { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly issue: Issue };

/** Never throws: an unreadable file, or one that is not JSON, is a fault of the file. */
export function readJson(file: string): JsonResult {
  let text: string;
  try {
    text = readFileSync(file, 'utf8').replace(/^\uFEFF/, '');
  } catch {
    return { ok: false, issue: { path: '', message: 'cli.file-unreadable', params: { file } } };
  }
  try {
    return { ok: true, value: JSON.parse(text) as unknown };
  } catch (error) {
    const detail = error instanceof Error ? error.message : '';
    return { ok: false, issue: { path: '', message: 'cli.file-no-json', params: { file, detail } } };
  }
}

/**
 * A file, or a pipe from a shell.
 * @throws AppError invalid `cli.file-unreadable`
 */
export function assertReadable(file: string): void {
  try {
    accessSync(file, constants.R_OK);
    if (!statSync(file).isDirectory()) return;
  } catch (cause) {
    throw new AppError('invalid', 'cli.file-unreadable', { params: { file }, cause });
  }
  throw new AppError('invalid', 'cli.file-unreadable', { params: { file } });
}

/** @throws AppError invalid `cli.file-unreadable` */
export function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new AppError('invalid', 'cli.file-unreadable', { params: { file }, cause });
  }
}

/** @throws AppError invalid `cli.file-unreadable`, before anything is stored */
export function openFile(file: string, options: { readonly skipHidden?: boolean } = {}): UploadedFile {
  assertReadable(file);
  return {
    fileName: basename(file),
    source: readChunks(file),
    hiddenRows: options.skipHidden === true ? 'skip' : undefined,
  };
}

/** Opened when it is read: if an operation refuses beforehand, nothing stays open. */
async function* readChunks(file: string): AsyncGenerator<Uint8Array> {
  try {
    yield* createReadStream(file) as AsyncIterable<Uint8Array>;
  } catch (error) {
    throw systemError(error, file) ?? error;
  }
}

/**
 * Checked before a command does what it reports in a file: the name is free, and the folder is writable.
 * @throws AppError conflict `cli.file-exists`; `file.*` for system errors
 */
export function assertAbsent(file: string): void {
  if (existsSync(file)) throw new AppError('conflict', 'cli.file-exists', { params: { file } });
  assertWritable(dirname(resolve(file)));
}

/**
 * The program that opens it recognises it by its name.
 * @throws AppError invalid `cli.file-ending`
 */
export function assertNamed(file: string, ...endings: readonly string[]): void {
  if (!endings.some((ending) => file.endsWith(ending)))
    throw new AppError('invalid', 'cli.file-ending', { params: { file, endings: endings.join(' | ') } });
}

/**
 * The folder, or its future parent.
 * @throws AppError `file.*` for system errors
 */
export function assertWritable(folder: string): void {
  let there = resolve(folder);
  while (!existsSync(there) && dirname(there) !== there) there = dirname(there);
  if (!statSync(there).isDirectory())
    throw new AppError('invalid', 'file.not-a-folder', { params: { file: folder } });
  try {
    accessSync(there, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw systemError(error, there) ?? error;
  }
}

export type Chunks = AsyncIterable<Uint8Array | string> | Iterable<Uint8Array | string>;

/** Phones, codes, answers, figures before release: readable only by the owner of the file. */
const privateMode = 0o600;
/** Content for a web server. */
const publicMode = 0o644;

/** @throws AppError conflict `cli.file-exists` */
export async function writeWhole(file: string, chunks: Chunks): Promise<void> {
  await throughPart(file, async (part) => {
    await writePart(part, chunks, privateMode);
    await place(part, file);
  });
}

/** Like `writeWhole`, replacing a file that the caller has found to be useless. */
export async function replaceWhole(file: string, chunks: Chunks): Promise<void> {
  await throughPart(file, async (part) => {
    await writePart(part, chunks, privateMode);
    await rename(part, file);
  });
}

/**
 * Public files in one folder: a new folder appears with all of them. In an existing one they are added when all are complete, and
 * existing files are never touched. If that fails halfway, added ones are removed at once; after a kill, by the next command that
 * writes into this folder.
 * @throws AppError conflict `cli.file-exists`, before anything is made, if one of the names is taken
 */
export async function writeFolder(
  folder: string,
  names: readonly string[],
  files: AsyncIterable<{ readonly name: string; readonly content: Chunks }>,
): Promise<void> {
  const isThere = existsSync(folder);
  if (isThere) await removeLeftOvers(folder);
  for (const name of names) assertAbsent(join(folder, name));
  // Inside the existing folder, which may be a separate file system.
  await throughPart(isThere ? join(folder, '_') : folder, async (part) => {
    await mkdir(part);
    for await (const { name, content } of files) await writePart(join(part, name), content, publicMode);
    await syncFolder(part);
    if (!isThere) return renameFolder(part, folder);
    try {
      for (const name of await readdir(part)) await place(join(part, name), join(folder, name));
      await syncFolder(folder);
    } catch (error) {
      await withdraw(part, folder);
      throw error;
    }
    // From here on, added files stay, even if this process is killed.
    const done = part.replace(/\.part$/, '.done.part');
    await rename(part, done);
    await rm(done, { recursive: true, force: true });
  });
}

/**
 * A new folder with subfolders, accessible only to its owner: it appears complete, or not at all.
 * @throws AppError conflict `cli.file-exists`
 */
export async function writeTree(
  folder: string,
  files: readonly { readonly name: string; readonly content: Uint8Array }[],
): Promise<void> {
  assertAbsent(folder);
  await throughPart(folder, async (part) => {
    await mkdir(part);
    for (const { name, content } of files) {
      makeFolder(dirname(join(part, name)));
      await writePart(join(part, name), [content], privateMode);
    }
    await syncFolder(part);
    await renameFolder(part, folder);
  });
}

/** Removes from the folder what was added from this part: hard links to the same file. */
async function withdraw(part: string, folder: string): Promise<void> {
  for (const name of await readdir(part)) {
    const [own, other] = await Promise.all(
      [part, folder].map((place) => lstat(join(place, name)).catch(() => null)),
    );
    if (own && other && own.ino === other.ino && own.dev === other.dev) await rm(join(folder, name));
  }
}

async function renameFolder(part: string, folder: string): Promise<void> {
  try {
    await rename(part, folder);
  } catch (cause) {
    if (existsSync(folder))
      throw new AppError('conflict', 'cli.file-exists', { params: { file: folder }, cause });
    throw cause;
  }
}

async function writePart(part: string, chunks: Chunks, mode: number): Promise<void> {
  const file = createWriteStream(part, { flags: 'wx', mode, flush: true });
  try {
    await pipeline(chunks, file);
  } finally {
    // A failing pipeline does not wait for an open in progress, which would create the file again after it was removed.
    if (!file.closed) await once(file, 'close');
  }
}

/** A rename would silently replace a file of another process. */
async function place(part: string, file: string): Promise<void> {
  try {
    await link(part, file);
  } catch (cause) {
    if (existsSync(file)) throw new AppError('conflict', 'cli.file-exists', { params: { file }, cause });
    const { code } = cause as NodeJS.ErrnoException;
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'ENOSYS') throw cause;
    // A file system without hard links.
    await rename(part, file);
  }
}

const host = createHash('sha256').update(hostname()).digest('hex').slice(0, 8);
const partName = /^\.manyi-([0-9a-f]{8})-(\d+)-[0-9a-f]{16}(\.done)?\.part$/;
const day = 86_400_000;
/** Those that this process is writing. */
const living = new Set<string>();

/** Gives `make` a temporary name beside the target; anything left there afterwards is removed. */
async function throughPart(target: string, make: (part: string) => Promise<void>): Promise<void> {
  const directory = dirname(resolve(target));
  assertWritable(directory);
  makeFolder(directory);
  await removeLeftOvers(directory);
  const name = `.manyi-${host}-${process.pid}-${randomBytes(8).toString('hex')}.part`;
  living.add(name);
  try {
    await make(join(directory, name));
    await syncFolder(directory);
  } catch (error) {
    // A write error names no file; errors of other files are reported by their readers.
    const path = error instanceof Error && 'path' in error ? String(error.path) : undefined;
    const isOurs = path === undefined || path.startsWith(join(directory, name));
    if (isOurs) throw systemError(error, target) ?? nowhere(error, target) ?? error;
    throw error;
  } finally {
    await rm(join(directory, name), { recursive: true, force: true });
    living.delete(name);
  }
}

/** Left by killed commands. They may contain codes and phones. */
async function removeLeftOvers(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    const [, where, pid, done] = partName.exec(name) ?? [];
    if (where === undefined || living.has(name)) continue;
    const path = join(directory, name);
    const found = await stat(path).catch(() => null);
    // Processes of other machines cannot be checked, but no command takes a day.
    if (!found || (where === host ? isAlive(Number(pid)) : Date.now() - found.mtimeMs <= day)) continue;
    if (found.isDirectory() && done === undefined) await withdraw(path, directory);
    await rm(path, { recursive: true, force: true });
  }
}

/** The folder exists, but the system does not allow files in it, as in `/proc`. */
function nowhere(error: unknown, target: string): AppError | undefined {
  const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
  return isMissing
    ? new AppError('invalid', 'file.no-place', { params: { file: target }, cause: error })
    : undefined;
}

function isAlive(pid: number): boolean {
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
