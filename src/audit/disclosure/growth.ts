/** Two publications of one county, the later one with more answers: the added answers are a cell, too. */
import type { Cell } from './cells.ts';
import type { Writer } from './figures.ts';
import type { Model } from './model.ts';
import { add, negate, one, ratio, toNumber, type Rational } from './rational.ts';
import { Sum } from './system.ts';

/**
 * Ties each publication to the previous one by the added answers. Returns functions that create the cells of the
 * added answers, by group.
 */
export function addGrowth(
  models: readonly Model[],
  values: Map<string, Rational> | null,
): readonly ((writer: Writer) => Cell)[] {
  const makers: ((writer: Writer) => Cell)[] = [];
  for (let k = 1; k < models.length; k++) {
    const [before, after] = [models[k - 1]!, models[k]!];
    for (const group of new Set(after.shown.reportingStrata.map((r) => r.group))) {
      const columns = new Set<number>();
      const people = new Sum();
      const old = new Set(before.atoms.map((atom) => `${atom.reporting}/${atom.sampling}`));
      const tie = (from: number | null, to: number) => {
        const { system } = after;
        const name = `added ${system.names[to]}`;
        const column = system.column(name);
        columns.add(column);
        const sum = new Sum().plus(to, one).plus(column, ratio(-1));
        if (from !== null) sum.plus(from, ratio(-1));
        system.add({ name, source: 'prior', terms: sum.terms, value: ratio(0) });
        const truth = (at: number | null): Rational =>
          (at === null ? undefined : values?.get(system.names[at]!)) ?? ratio(0);
        values?.set(name, add(truth(to), negate(truth(from))));
        return column;
      };
      for (const atom of after.atoms) {
        if (atom.group !== group) continue;
        const isOld = old.has(`${atom.reporting}/${atom.sampling}`);
        people.plus(tie(isOld ? before.respondents(atom) : null, after.respondents(atom)), one);
        for (const item of after.questionnaire(group)?.items ?? []) {
          if (item.type === 'number') continue;
          const whats = [
            ...item.optionIds,
            ...('dontKnowId' in item && item.dontKnowId !== null ? [':dk'] : []),
            ':blank',
            ':none',
          ];
          for (const what of whats)
            tie(isOld ? before.answer(atom, item.id, what) : null, after.answer(atom, item.id, what));
        }
      }
      makers.push((writer) => makeCell(writer, `added to ${group}`, columns, people));
    }
  }
  return makers;
}

function makeCell(writer: Writer, name: string, columns: ReadonlySet<number>, people: Sum): Cell {
  const value = writer.evaluate(people.terms);
  const n = value === null ? null : toNumber(value);
  return {
    name,
    // The number of added answers is the difference of two shown numbers. What they say is protected if they are few.
    isProtected: n !== null && n > 0 && n < writer.model.shown.profile.minimumCell,
    isSuppressed: false,
    columns,
    knownSums: [people.terms],
    people: people.terms,
    figures: [],
    counts: [],
  };
}
