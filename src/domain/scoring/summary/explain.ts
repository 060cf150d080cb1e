/**
 * Explains why the formulas differ on this county's data. All figures by answers use the same shares of options: Σ share ×
 * points. So the distance between two formulas is split exactly: one part for each option that they score differently, one for
 * 不了解, and the rest for other differences (unit, restriction to items). The sentence names the largest part.
 */
import { settle } from '../figure.ts';
import { formatDifference, formatValue } from '../format.ts';
import { isRestricted, type Formula } from '../rules/formula.ts';
import type { FormulaDifference } from './summary-types.ts';

/**
 * County figures with the profile's weights, in percent: each option's share by the official formula's own denominator and unit,
 * and the share of 不了解 in all answers.
 */
export interface AnswerShares {
  readonly options: readonly { readonly option: string; readonly share: number }[];
  readonly dontKnow: number;
}

/** Compares one formula's figure with the official one's. `decimals`: as displayed. */
export function explainDifference(
  official: { readonly formula: Formula; readonly value: number },
  other: { readonly formula: Formula; readonly value: number },
  shares: AnswerShares,
  decimals: number,
): FormulaDifference {
  const difference = other.value - official.value;
  const scored = (formula: Formula, option: string) =>
    formula.kind === 'share' ? (formula.satisfied.includes(option) ? 100 : 0) : (formula.points[option] ?? 0);
  const comparable = official.formula.dontKnow === other.formula.dontKnow;
  const options =
    isRestricted(other.formula) !== isRestricted(official.formula)
      ? []
      : shares.options
          .map(({ option, share }) => ({
            cause: 'option' as const,
            option,
            share,
            points: (share / 100) * (scored(other.formula, option) - scored(official.formula, option)),
          }))
          .filter((effect) => effect.points !== 0);
  const byOptions = options.reduce((sum, effect) => sum + effect.points, 0);
  const rest = difference - byOptions;
  const effects: FormulaDifference['effects'][number][] = [...options];
  if (!comparable) effects.push({ cause: 'dont-know', option: null, share: shares.dontKnow, points: rest });
  else if (Math.abs(rest) > 1e-9) effects.push({ cause: 'other', option: null, share: null, points: rest });
  const largest = effects.reduce<(typeof effects)[number] | null>(
    (best, effect) => (best === null || Math.abs(effect.points) > Math.abs(best.points) ? effect : best),
    null,
  );
  const round = (x: number) => formatDifference(x, decimals);
  const percent = (share: number) => formatValue(settle(share), { decimals: 1, threshold: null });
  const direction = difference > 0 ? 'higher' : 'lower';
  const base = { points: round(difference) };
  if (largest === null || Number(round(difference)) === 0)
    return {
      formula: other.formula.id,
      difference,
      message: 'formula.difference.none',
      params: { points: round(10 ** -decimals) },
      effects,
    };
  switch (largest.cause) {
    case 'option':
      return {
        formula: other.formula.id,
        difference,
        message: `formula.difference.option-${direction}`,
        params: {
          ...base,
          option: largest.option!,
          share: percent(largest.share!),
          here: scored(other.formula, largest.option!),
          official: scored(official.formula, largest.option!),
          effect: round(largest.points),
        },
        effects,
      };
    case 'dont-know':
      return {
        formula: other.formula.id,
        difference,
        message: `formula.difference.dont-know-${other.formula.dontKnow}-${direction}`,
        params: { ...base, share: percent(largest.share!), effect: round(largest.points) },
        effects,
      };
    case 'other':
      return {
        formula: other.formula.id,
        difference,
        message: isRestricted(other.formula)
          ? `formula.difference.restricted-${direction}`
          : `formula.difference.unit-${direction}`,
        params: base,
        effects,
      };
  }
}
