/** Replacing the key that signs the logs: each log records it. */
import { AppError } from '../errors.ts';
import type { Decision } from '../model/decision.ts';
import type { LogKeyChange } from '../model/evidence.ts';
import { stampOf, type Stamp } from '../model/stamp.ts';

/**
 * The leaf is for every campaign of the installation.
 * @param bound public key that the database knows
 * @throws AppError conflict `log.key-changed` if `before` is not the present one
 */
export function decideRekey(
  bound: string | null,
  { before, after }: LogKeyChange,
  stamp: Stamp,
): Decision<{ readonly logKey: string }> {
  if (bound !== before) throw new AppError('conflict', 'log.key-changed');
  return {
    changes: { logKey: after },
    leaves: [{ county: 'all', type: 'rekey', body: { before, after, ...stampOf(stamp) } }],
    trail: [{ action: 'log.rekey', details: { before, after } }],
  };
}
