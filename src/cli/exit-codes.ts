/** Exit codes for shells. 1 is reserved for "checked, and something is wrong" (check, import, audit). */
import { AppError, type ErrorKind } from '../domain/errors.ts';

export const exitCodes: Readonly<Record<ErrorKind, number>> = {
  invalid: 2,
  unauthenticated: 3,
  forbidden: 4,
  'not-found': 5,
  conflict: 6,
  'too-large': 7,
  'too-many': 8,
  unavailable: 9,
  corrupt: 10,
  config: 11,
};
export const exitFound = 1;
/** As in sysexits.h. */
export const exitUsage = 64;
const exitInternal = 70;

export function exitCodeOf(error: unknown): number {
  return error instanceof AppError ? exitCodes[error.kind] : exitInternal;
}
