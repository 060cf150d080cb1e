/** What the operating system says of a file or a folder, as an error that whoever chose the place can act on. */
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

/** What the system would better have said of a place, as if it had. */
export function createSystemError(code: 'ENOTDIR' | 'ENOTSUP', path: string, cause?: unknown): Error {
  return Object.assign(new Error(`${code}: ${path}`, { cause }), { code, path, syscall: 'open' });
}

/**
 * @param file what the person called it, where the system knows another name (a part, a folder on the way)
 * @returns undefined for anything else, also for a file that is missing: what that means, its reader knows
 */
export function systemError(error: unknown, file?: string): AppError | undefined {
  if (!(error instanceof Error) || !('code' in error) || !('syscall' in error)) return undefined;
  const path = file ?? ('path' in error && typeof error.path === 'string' ? error.path : undefined);
  const found = known[String(error.code)];
  if (found === undefined || path === undefined) return undefined;
  const [kind, message] = found;
  return new AppError(kind, message, { params: { file: path }, cause: error });
}
