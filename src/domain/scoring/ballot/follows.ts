/** Does a figure of the arm that makes the group's figures follow from what the summary shows? */
import type { Group } from '../../model/vocabulary.ts';
import { looksAt, type Formula } from '../rules/formula.ts';
import type { Summary, SummaryInput } from '../summary/summary-types.ts';

/**
 * Whether the main arm's figure follows from those of the group in the summary: they are sums over the same answers, with other
 * points.
 */
export function follows(
  input: SummaryInput,
  main: number,
  shown: Summary,
  group: Group,
  target: Formula,
): boolean {
  const own = shown.groups.find((entry) => entry.group === group);
  const q = input.questionnaires.get(main);
  if (!own || !q) return false;
  const options = [...q.vectorOptions];
  const vector = (formula: Formula) =>
    options.map((option) =>
      formula.kind === 'mean' ? (formula.points[option] ?? 0) : formula.satisfied.includes(option) ? 100 : 0,
    );
  const isWhole = (formula: Formula) =>
    formula.unit === 'answers' &&
    q.items.every((item) => item.type !== 'rating' || looksAt(formula, q, item) === item.scored);
  const known = input.profile.formulas.filter(
    (formula) =>
      isWhole(formula) &&
      own.formulas.some((entry) => entry.id === formula.id && entry.figure.kind === 'estimate'),
  );
  return isSpanned([options.map(() => 1), ...known.map(vector)], vector(target));
}

/** By elimination. */
function isSpanned(rows: readonly (readonly number[])[], target: readonly number[]): boolean {
  const rest = [...target];
  const basis: { readonly at: number; readonly row: readonly number[] }[] = [];
  const reduce = (row: number[]): number => {
    for (const { at, row: other } of basis) {
      const factor = row[at]! / other[at]!;
      if (factor !== 0) for (let i = 0; i < row.length; i++) row[i]! -= factor * other[i]!;
    }
    return row.findIndex((value) => Math.abs(value) > 1e-9);
  };
  for (const row of rows) {
    const own = [...row];
    const at = reduce(own);
    if (at >= 0) basis.push({ at, row: own });
  }
  return reduce(rest) < 0;
}
