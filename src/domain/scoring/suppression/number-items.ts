import type { Candidate } from './candidates.ts';
import { hide, type Shown } from './cells.ts';
import { residue } from './field.ts';
import { RowSpace } from './row-space.ts';

/**
 * A number item is shown for the group only, by its sum and its weighted mean. If it has only two schools, these two
 * equations determine both.
 */
export function protectNumberItems(summary: Shown['groups'][number], schools: readonly Candidate[]): void {
  for (const entry of summary.items) {
    if (entry.type !== 'number' || entry.figure.kind !== 'estimate') continue;
    const atoms = [...schools].reverse().flatMap((one) => one.atoms.map((atom) => ({ one, atom })));
    const space = new RowSpace(atoms.map((_, column) => column));
    for (const school of schools)
      if (school.isProtected)
        space.protect(atoms.flatMap(({ one }, column) => (one === school ? [column] : [])));
    const sum = space.emptyRow().fill(1);
    const mean = Float64Array.from(atoms, ({ atom }) => residue(atom.weight));
    if (!space.tryToShow([sum, mean])) hide(entry);
  }
}
