/** Converts an operating system error about a file or folder to an error that the user can act on. */
import { AppError, type ErrorKind } from './errors.ts';

const known: Readonly<Record<string, readonly [ErrorKind, string]>> = {
  EACCES: ['invalid', 'file.denied'],
  EPERM: ['invalid', 'file.denied'],
  EROFS: ['invalid', 'file.read-only'],
  ENOTDIR: ['invalid', 'file.not-a-folder'],
  EISDIR: ['invalid', 'file.is-a-folder'],
  ENOTSUP: ['invalid', 'file.no-place'],
  ENAMETOOLONG: ['invalid', 'file.name-too-long'],
  ENOSPC: ['unavailable', 'file.disk-full'],
  EDQUOT: ['unavailable', 'file.disk-full'],
  EIO: ['unavailable', 'file.disk-fault'],
};

/** Replaces an unspecific code by the one that the system should have reported. */
export function createSystemError(code: 'ENOTDIR' | 'ENOTSUP', path: string, cause?: unknown): Error {
  return Object.assign(new Error(`${code}: ${path}`, { cause }), { code, path, syscall: 'open' });
}

/**
 * @param file name known to the user, if the system has another one (a temporary part, a parent folder)
 * @returns undefined for other errors, also for a missing file, whose meaning depends on the reader
 */
export function systemError(error: unknown, file?: string): AppError | undefined {
  if (!(error instanceof Error) || !('code' in error) || !('syscall' in error)) return undefined;
  const path = file ?? ('path' in error && typeof error.path === 'string' ? error.path : undefined);
  const found = known[String(error.code)];
  if (found === undefined || path === undefined) return undefined;
  const [kind, message] = found;
  return new AppError(kind, message, { params: { file: path }, cause: error });
}
