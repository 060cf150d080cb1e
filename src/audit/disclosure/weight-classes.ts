/** Few people with another weight as cells, though no figure is shown of them alone. */
import { cellOfAtoms, respondents, size, type Cell } from './cells.ts';
import type { Writer } from './figures.ts';
import type { Atom } from './model.ts';

/**
 * Few people of one weight in a shown group or at a shown school, and few people of all weights but one. Counts have no
 * weights and figures do, so together they may tell what these few answered.
 */
export function weightClassCells(writer: Writer): readonly Cell[] {
  const cells: Cell[] = [];
  const { model } = writer;
  const { summary, profile } = model.shown;
  const put = (name: string, atoms: readonly Atom[]) => {
    const people = size(writer, respondents(model, atoms));
    if (people === null || people === 0 || people >= profile.minimumCell) return;
    cells.push({ ...cellOfAtoms(writer, name, null, atoms, true), isSuppressed: true, isWeightClass: true });
  };
  const split = (name: string, atoms: readonly Atom[]) => {
    const classes = new Map<string, Atom[]>();
    for (const atom of atoms) {
      const { n, d } = model.weight(atom, 'last');
      const weight = d === 1n ? `${n}` : `${n}/${d}`;
      classes.set(weight, [...(classes.get(weight) ?? []), atom]);
    }
    if (classes.size < 2) return;
    for (const [weight, own] of classes) {
      put(`${name}, weight ${weight}`, own);
      if (classes.size > 2)
        put(
          `${name}, other weights than ${weight}`,
          atoms.filter((atom) => !own.includes(atom)),
        );
    }
  };
  for (const { group, figure } of summary.groups)
    if (figure.kind === 'estimate')
      split(
        `group ${group}`,
        model.standing((atom) => atom.group === group),
      );
  for (const school of summary.schools)
    if (school.figure.kind === 'estimate')
      split(
        `school ${school.reportingStratum}`,
        model.standing((atom) => atom.reporting === school.reportingStratum),
      );
  return cells;
}
