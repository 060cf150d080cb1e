import type { SamplingStratum } from '../../frame/strata.ts';
import type { Group } from '../../model/vocabulary.ts';
import { postStratify, rakeWeights, trimWeights } from './adjust.ts';
import { stratifiedDesign, type DecodedCell, type SampleDesign } from './estimate.ts';
import type { RuleProfile } from '../rules/profile.ts';

export interface GroupAdjustment {
  readonly group: Group;
  readonly method: 'post-stratify' | 'rake';
  /** False: the margins contradict each other, and the weights stay N ⁄ n. */
  readonly converged: boolean;
  /** Respondents whose weight was trimmed. */
  readonly trimmed: number;
}

type Adjustment = Exclude<NonNullable<RuleProfile['adjustment']>, { readonly kind: 'none' }>;
type Margin = 'location' | 'grade';

/**
 * `stratifiedDesign` with the weights N ⁄ n adjusted within each group to frame totals of location, grade, or both, so that a stratum without answers is stood for by
 * its like (its location, its grade) and not by the whole group. A category nobody of whom answered has none who could stand for it: the others of the group do.
 *
 * Variance: linearised residuals of a calibrated estimate are z − x′B, and x (location, grade) is the same for all of a sampling stratum, in a domain or not; so
 * within strata they have z's own variance, and the formula of stratified.ts holds with the new weights. Trimmed weights are taken as given. R:
 * `svymean(~y, rake(design, list(~location, ~grade), totals))`, `postStratify(design, ~location, totals)`.
 */
export function adjustedDesign(
  counted: readonly DecodedCell[],
  strata: readonly SamplingStratum[],
  adjustment: Adjustment,
): { readonly design: SampleDesign; readonly adjusted: readonly GroupAdjustment[] } {
  const { design: base } = stratifiedDesign(counted, strata);
  const weights = new Map<string, number>();
  const adjusted: GroupAdjustment[] = [];
  for (const group of new Set(counted.map((cell) => cell.group))) {
    const own = strata.filter((stratum) => stratum.group === group && stratum.frameSize !== null);
    const sizes = new Map<number, number>();
    for (const cell of counted)
      if (cell.group === group)
        sizes.set(cell.samplingStratum, (sizes.get(cell.samplingStratum) ?? 0) + cell.tally.n);
    const answered = own.filter((stratum) => (sizes.get(stratum.no) ?? 0) > 0);
    if (answered.length === 0) continue;
    const margins = (adjustment.kind === 'rake' ? (['location', 'grade'] as const) : [adjustment.by]).map(
      (margin) => ({ of: categoryOf(margin), totals: totalsOf(margin, own, answered) }),
    );
    const size = (stratum: SamplingStratum) => stratum.frameSize!;
    const found =
      adjustment.kind === 'rake'
        ? rakeWeights(answered, size, margins)
        : {
            weights: postStratify(answered, size, margins[0]!.of, margins[0]!.totals).weights,
            converged: true,
          };
    const counts = answered.map((stratum) => sizes.get(stratum.no)!);
    const each = (found.converged ? found.weights : answered.map(size)).map((total, i) => total / counts[i]!);
    const trimmed =
      adjustment.trim === null ? { weights: each, trimmed: 0 } : trimWeights(each, adjustment.trim, counts);
    answered.forEach((stratum, i) => weights.set(`${group}/${stratum.no}`, trimmed.weights[i]!));
    adjusted.push({
      group,
      method: adjustment.kind,
      converged: found.converged,
      trimmed: trimmed.trimmed,
    });
  }
  return {
    design: (cell) => {
      const place = base(cell);
      const weight = weights.get(place.stratum);
      return weight === undefined ? place : { ...place, weight };
    },
    adjusted,
  };
}

const categoryOf = (margin: Margin) => (stratum: SamplingStratum) => String(stratum[margin] ?? '');

/** N by category, over the categories with answers, scaled to the group's N. */
function totalsOf(
  margin: Margin,
  strata: readonly SamplingStratum[],
  answered: readonly SamplingStratum[],
): ReadonlyMap<string, number> {
  const category = categoryOf(margin);
  const present = new Set(answered.map(category));
  const totals = new Map<string, number>();
  let all = 0;
  let represented = 0;
  for (const stratum of strata) {
    all += stratum.frameSize!;
    if (!present.has(category(stratum))) continue;
    represented += stratum.frameSize!;
    totals.set(category(stratum), (totals.get(category(stratum)) ?? 0) + stratum.frameSize!);
  }
  return new Map([...totals].map(([key, total]) => [key, (total * all) / represented]));
}
