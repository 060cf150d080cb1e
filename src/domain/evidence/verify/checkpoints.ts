/** Roots that the log must have had, and their signatures. */
import { AppError } from '../../errors.ts';
import { fromHex, toHex } from '../../hash.ts';
import { isSignedBy, type NoteKey, parseCheckpoint, parseNote } from '../note.ts';
import type { Run } from './run.ts';

/** Compares the root so far with every checkpoint of this size. */
export function checkRoot(run: Run): void {
  const list = run.wanted.get(run.tree.size);
  if (!list) return;
  run.wanted.delete(run.tree.size);
  const root = toHex(run.tree.root());
  for (const w of list) {
    if (w.root !== root) {
      // Somewhere after the last root that agrees.
      const code = w.by === 'summary' ? 'against' : 'checkpoint-root';
      run.find(code, run.lastAgreed, `${w.root} at ${run.tree.size} leaves`, root);
      continue;
    }
    if (w.by !== 'summary') run.lastAgreed = run.tree.size;
    if (w.by !== 'outside') continue;
    run.agreed += 1;
    run.largestHeld = run.tree.size;
  }
}

/** A signed checkpoint, to be compared with the root at its size. `isHeld`: kept outside; otherwise part of the bundle. */
export function takeCheckpoint(run: Run, raw: string, isHeld: boolean): void {
  if (!run.key) return;
  try {
    const note = parseNote(raw);
    const { origin, size, root } = parseCheckpoint(note.text);
    if (origin !== run.key.name) throw new AppError('invalid', 'evidence.signature', { params: { origin } });
    run.signed.push({ code: 'checkpoint-signature', size, note, raw });
    if (!isHeld) {
      const last = run.sizes.at(-1) ?? 0;
      if (size <= last)
        run.find('malformed', null, `a checkpoint of more than ${last} leaves`, `one of ${size}`);
      run.sizes.push(size);
    }
    run.want(size, toHex(root), isHeld ? 'outside' : 'bundle');
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    run.find('checkpoint-signature', null, run.head?.key ?? '', raw.slice(0, 200));
  }
}

/**
 * Each note is signed by the key that was valid at its size: the present one, or, before a `rekey` leaf, the one that it
 * replaced. Receipts have no size: any key of the log may have signed them.
 */
export function checkSignatures(run: Run): void {
  if (!run.key || !run.head) return;
  const present = run.key;
  const keyOf = (publicKey: string): NoteKey => ({ ...present, publicKey: fromHex(publicKey) });
  for (const [i, { index, after }] of run.rekeys.entries()) {
    const next = run.rekeys[i + 1]?.before ?? toHex(present.publicKey);
    if (after !== next) run.find('key', index, next, after);
  }
  for (const { code, size, note, raw } of run.signed) {
    const keys =
      size === null
        ? [present, ...run.rekeys.map((r) => keyOf(r.before))]
        : [keyOf(run.rekeys.find((r) => size <= r.index)?.before ?? toHex(present.publicKey))];
    if (!keys.some((k) => isSignedBy(note, k))) run.find(code, null, run.head.key, raw.slice(0, 200));
  }
}
