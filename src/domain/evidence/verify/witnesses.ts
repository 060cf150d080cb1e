/** Which witnesses signed which checkpoint, and whether they satisfy the reader's policy. */
import { formatVerifierKey, hasWrongSignature, readCosignature } from '../note.ts';
import { isQuorum, type WitnessPolicy } from '../policy.ts';
import type { Run } from './run.ts';
import type { Witnessed } from './verification.ts';

/**
 * A witness's signature on a later checkpoint also covers every earlier one: the bundle's tree has both. So the quorum holds for
 * the largest size that enough witnesses have signed or passed.
 * @returns null if no witness was named
 */
export function checkWitnesses(run: Run): Witnessed | null {
  const { policy, witnesses } = run.expected;
  if (policy && policy.logs.length > 0 && run.head && run.key) {
    const own = run.head.key;
    if (!policy.logs.some((key) => formatVerifierKey(key) === own))
      run.find('key', null, policy.logs.map(formatVerifierKey).join(' '), own);
  }
  if (witnesses.length === 0 && policy === null) return null;
  const newest = new Map<string, { readonly size: number; readonly at: number }>();
  for (const { code, size, note, raw } of run.signed) {
    if (code !== 'checkpoint-signature' || size === null) continue;
    for (const { name, key } of witnesses) {
      if (hasWrongSignature(note, key)) {
        run.find('cosignature', null, formatVerifierKey(key), raw.slice(0, 200));
        continue;
      }
      for (const signature of note.signatures) {
        const at = readCosignature(note.text, signature, key);
        if (at !== undefined && size >= (newest.get(name)?.size ?? 0))
          newest.set(name, { size, at: at * 1000 });
      }
    }
  }
  const cosigned = [...newest]
    .map(([witness, { size, at }]) => ({ witness, size, at }))
    .sort((a, b) => b.size - a.size || (a.witness < b.witness ? -1 : 1));
  return { cosigned, quorum: policy && quorumOf(run, policy, newest) };
}

function quorumOf(
  run: Run,
  policy: WitnessPolicy,
  newest: ReadonlyMap<string, { readonly size: number }>,
): Witnessed['quorum'] {
  if (policy.quorum === null) return null;
  const sizes = [...new Set([...newest.values()].map((w) => w.size))].sort((a, b) => b - a);
  const met = sizes.find((size) => isQuorum(policy, (name) => (newest.get(name)?.size ?? -1) >= size));
  if (met === undefined) run.find('quorum', null, policy.quorum, [...newest.keys()].sort().join(', '));
  return { name: policy.quorum, size: met ?? null };
}
