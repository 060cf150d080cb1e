/** Files that the command line names. */
import { createReadStream, existsSync, readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { AppError, type Issue } from '../domain/errors.ts';
import type { UploadedFile } from '../operations/schools.ts';

export type JsonResult =
  { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly issue: Issue };

/** Never throws: a file that cannot be read, or is no JSON, is a fault of the file. */
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

/** @throws AppError invalid `cli.file-unreadable`, before anything is stored */
export function openFile(file: string, options: { readonly skipHidden?: boolean } = {}): UploadedFile {
  if (!existsSync(file) || !statSync(file).isFile())
    throw new AppError('invalid', 'cli.file-unreadable', { params: { file } });
  return {
    fileName: basename(file),
    source: createReadStream(file),
    hiddenRows: options.skipHidden === true ? 'skip' : undefined,
  };
}

/** @throws AppError conflict `cli.file-exists` */
export function assertAbsent(file: string): void {
  if (existsSync(file)) throw new AppError('conflict', 'cli.file-exists', { params: { file } });
}
