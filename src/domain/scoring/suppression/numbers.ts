import type { Candidate } from './candidates.ts';
import { hide, type Shown } from './cells.ts';
import { residue } from './field.ts';
import { RowSpace, type Row } from './row-space.ts';

/** A number item is shown for the group alone: its sum, and its mean by weights. Of two schools these tell both apart. */
export function protectNumbers(summary: Shown['groups'][number], schools: readonly Candidate[]): void {
  for (const entry of summary.items) {
    if (entry.type !== 'number' || entry.figure.kind !== 'estimate') continue;
    const space = new RowSpace((column) => column);
    const sum: Row = new Map();
    const mean: Row = new Map();
    let column = 0;
    for (const one of [...schools].reverse()) {
      const own = one.atoms.map(() => column++);
      if (one.isProtected) space.protect(own);
      one.atoms.forEach((atom, i) => {
        sum.set(own[i]!, 1);
        mean.set(own[i]!, residue(atom.weight));
      });
    }
    if (!space.tryToShow([sum, mean])) hide(entry);
  }
}
