/**
 * Adjusts weights to known totals of the frame, against non-response that differs between its parts. Works on rows, or on strata
 * of equal weights as rows (adjusted-design.ts).
 */

/**
 * Post-stratification: each cell's weights times total ⁄ Σ weights. Cells with a total and nobody in them are named; cells without a total stay.
 * Source: D. Holt and T. M. F. Smith, JRSS A 142 (1979) 33–46. R: `postStratify(design, ~cell, totals)`.
 */
export function postStratify<Row>(
  rows: readonly Row[],
  weight: (row: Row) => number,
  cell: (row: Row) => string,
  totals: ReadonlyMap<string, number>,
): { readonly weights: readonly number[]; readonly missing: readonly string[] } {
  const weights = rows.map(weight);
  return {
    weights: scaled(rows, weights, cell, totals),
    missing: [...totals.keys()].filter((key) => !rows.some((row) => cell(row) === key)),
  };
}

function scaled<Row>(
  rows: readonly Row[],
  weights: readonly number[],
  cell: (row: Row) => string,
  totals: ReadonlyMap<string, number>,
): number[] {
  const sums = new Map<string, number>();
  rows.forEach((row, i) => sums.set(cell(row), (sums.get(cell(row)) ?? 0) + weights[i]!));
  return rows.map((row, i) => {
    const total = totals.get(cell(row));
    const sum = sums.get(cell(row))!;
    return total === undefined || !(sum > 0) ? weights[i]! : (weights[i]! * total) / sum;
  });
}

/**
 * Raking: post-stratification to one margin after the other until none moves a weight by more than 1e-9 of itself, at most 1,000 rounds; margins that contradict each
 * other do not converge. Source: W. E. Deming and F. F. Stephan, Annals of Mathematical Statistics 11 (1940) 427–444. R: `rake(design, margins, totals)`.
 */
export function rakeWeights<Row>(
  rows: readonly Row[],
  weight: (row: Row) => number,
  margins: readonly {
    readonly of: (row: Row) => string;
    readonly totals: ReadonlyMap<string, number>;
  }[],
): { readonly weights: readonly number[]; readonly converged: boolean } {
  let weights = rows.map(weight);
  for (let round = 0; round < 1000; round++) {
    const before = weights;
    for (const { of, totals } of margins) weights = scaled(rows, weights, of, totals);
    const moved = weights.some((w, i) => Math.abs(w - before[i]!) > 1e-9 * Math.abs(w));
    if (!moved) return { weights, converged: true };
  }
  return { weights, converged: false };
}

/**
 * Trimming: weights above `times` the mean come down to it, what they lose goes to the others in proportion, so that the sum stays. Once, not until none is
 * above: the number trimmed is to be stated beside the figure. `counts`: how many have each weight. (R's `trimWeights(design, upper)` gives the others equal parts.)
 */
export function trimWeights(
  weights: readonly number[],
  times: number,
  counts: readonly number[] = weights.map(() => 1),
): { readonly weights: readonly number[]; readonly trimmed: number } {
  const total = (of: (weight: number, i: number) => number) =>
    weights.reduce((sum, w, i) => sum + of(w, i) * counts[i]!, 0);
  const limit =
    (times * total((w) => w)) /
    Math.max(
      1,
      total(() => 1),
    );
  const lost = total((w) => Math.max(0, w - limit));
  const rest = total((w) => (w > limit ? 0 : w));
  const factor = rest > 0 ? 1 + lost / rest : 1;
  return {
    weights: weights.map((w) => (w > limit ? limit : w * factor)),
    trimmed: total((w) => (w > limit ? 1 : 0)),
  };
}
