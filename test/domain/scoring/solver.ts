/** What somebody with a pencil could do: shown figures as linear equations over what is hidden. */
import type { Figure } from '../../../src/domain/scoring/figure.ts';

/** By elimination; rows of equal length. */
export function rankOf(rows: readonly (readonly number[])[]): number {
  const matrix = rows.map((row) => [...row]);
  let rank = 0;
  for (let column = 0; column < (matrix[0]?.length ?? 0); column++) {
    const pivot = matrix.findIndex((row, i) => i >= rank && Math.abs(row[column]!) > 1e-9);
    if (pivot < 0) continue;
    [matrix[rank], matrix[pivot]] = [matrix[pivot]!, matrix[rank]!];
    const lead = matrix[rank]!;
    for (let i = rank + 1; i < matrix.length; i++) {
      const factor = matrix[i]![column]! / lead[column]!;
      if (factor !== 0) for (let j = column; j < lead.length; j++) matrix[i]![j]! -= factor * lead[j]!;
    }
    rank++;
  }
  return rank;
}

/** Figures by the sums that they stand for: `known` what is shown, `secret` what is hidden and of somebody. */
export function createEquations() {
  const known: number[][] = [];
  const secret: number[][] = [];
  return {
    known,
    secret,
    /** `isSecret`: hidden for its own sake, and not for a neighbour's. */
    place: (figure: Figure, row: number[], isSecret = false): void => {
      if (figure.kind === 'estimate') known.push(row);
      else if (figure.kind === 'suppressed' && isSecret && row.some((x) => x !== 0)) secret.push(row);
    },
  };
}
