/** Whose signatures the reader requires. */
import { AppError } from '../../errors.ts';
import { formatVerifierKey, parseVerifierKey, type NoteKey } from '../note.ts';
import { parsePolicy, type WitnessPolicy } from '../policy.ts';

interface KnownWitness {
  /** The name in the policy, or the key's own name. */
  readonly name: string;
  readonly key: NoteKey;
}

/**
 * Read before anything else: a wrong policy or key is not a finding, but a mistake of the user.
 * @throws AppError invalid `verify.policy`, `evidence.key`
 */
export function readExpectations(options: {
  readonly policy?: string | undefined;
  readonly witnesses?: readonly string[];
}): { readonly policy: WitnessPolicy | null; readonly witnesses: readonly KnownWitness[] } {
  const policy = options.policy === undefined ? null : parsePolicy(options.policy);
  const known: KnownWitness[] = [...(policy?.witnesses ?? [])].map(([name, key]) => ({ name, key }));
  for (const text of options.witnesses ?? []) {
    const key = parseVerifierKey(text);
    if (key.type !== 'cosignature') throw new AppError('invalid', 'evidence.key');
    if (!known.some((w) => formatVerifierKey(w.key) === formatVerifierKey(key)))
      known.push({ name: key.name, key });
  }
  return { policy, witnesses: known };
}
