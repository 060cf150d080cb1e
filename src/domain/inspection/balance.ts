/**
 * Balance coefficients of a county's schools (校际差异系数), primary and junior separately. CV = S / X̄ with S = √( Σ (Pᵢ/P_N)·(Xᵢ −
 * X̄)² ), Xᵢ = xᵢ/Pᵢ the school's value per pupil, X̄ = Σxᵢ / P_N: weighted by pupils, as county guides to 教督〔2012〕3号 quote it.
 * The composite of 2012 is the mean of its eight coefficients.
 */
import { settle } from '../scoring/figure.ts';
import type { Indicator, Regime } from './regime.ts';
import { partStages, stages, type PartStage, type SchoolRow, type Stage } from './school-table.ts';

/** A school's part in one stage. */
export interface Holding {
  readonly pupils: number;
  readonly amount: number;
}

export interface Coefficient {
  /** Σxᵢ / Σpᵢ. */
  readonly mean: number;
  readonly deviation: number;
  /** null if nobody has anything: nothing differs, and the mean is 0. */
  readonly value: number | null;
}

/** Holdings without pupils are ignored: there is no value per pupil. */
export function coefficientOf(holdings: readonly Holding[]): Coefficient {
  const own = holdings.filter((h) => h.pupils > 0);
  const pupils = own.reduce((n, h) => n + h.pupils, 0);
  const total = own.reduce((n, h) => n + h.amount, 0);
  if (pupils === 0) return { mean: 0, deviation: 0, value: null };
  const mean = total / pupils;
  const variance = own.reduce((n, h) => n + (h.pupils / pupils) * (h.amount / h.pupils - mean) ** 2, 0);
  const deviation = Math.sqrt(variance);
  return { mean, deviation, value: mean === 0 ? null : settle(deviation / mean) };
}

export interface SplitAmount {
  /** Per weighted pupil; equals the value per pupil of weight 1. */
  readonly perPupil: number;
  readonly parts: Readonly<Record<PartStage, number>>;
}

/**
 * An amount shared by several stages, divided by pupils times weights. Countable things stay whole: each lower stage's part is
 * rounded down, the highest stage gets the rest (376 pupils, 166 and 210, 23,226 books at 1 : 1.1 are 58.5 a primary pupil, 9,711
 * and 13,515).
 */
export function splitAmount(
  amount: number,
  pupils: Readonly<Record<PartStage, number>>,
  weights: Readonly<Record<PartStage, number>>,
  whole: boolean,
): SplitAmount {
  const present = partStages.filter((stage) => pupils[stage] > 0);
  const sum = present.reduce((n, stage) => n + pupils[stage] * weights[stage], 0);
  const parts: Record<PartStage, number> = { primary: 0, junior: 0, senior: 0 };
  if (sum === 0) return { perPupil: 0, parts };
  let rest = amount;
  for (const [i, stage] of present.entries()) {
    const exact = (amount * pupils[stage] * weights[stage]) / sum;
    parts[stage] = i === present.length - 1 ? rest : whole ? Math.floor(settle(exact)) : exact;
    rest -= parts[stage];
  }
  return { perPupil: amount / sum, parts };
}

export interface SchoolValue extends Holding {
  readonly school: string;
  /** For the whole school, if it has several stages. */
  readonly shared: { readonly amount: number; readonly perPupil: number } | null;
  /** Per pupil or per hundred. */
  readonly value: number;
  /** Share of the variance due to this school, 0–1. */
  readonly share: number;
  /** By the regime's standard; null: it has none. */
  readonly ofStandard: number | null;
}

export interface IndicatorBalance {
  readonly indicator: Indicator;
  readonly mean: number;
  readonly deviation: number;
  readonly value: number | null;
  /** In a regime that judges each indicator. */
  readonly meets: boolean | null;
  /** In the order of the table. */
  readonly schools: readonly SchoolValue[];
}

export interface SchoolStandard {
  readonly school: string;
  /** Indicators at the standard. */
  readonly met: number;
  /** Those below it. */
  readonly below: readonly { readonly indicator: string; readonly ofStandard: number }[];
  readonly meets: boolean;
}

export interface StageBalance {
  readonly stage: Stage;
  readonly schools: number;
  readonly pupils: number;
  readonly limit: number;
  readonly indicators: readonly IndicatorBalance[];
  /** Mean of the coefficients; null if the regime judges each, or one is missing. */
  readonly composite: number | null;
  /** null: nothing to judge. */
  readonly meets: boolean | null;
  /** In a regime with standards for every school. */
  readonly standards: readonly SchoolStandard[] | null;
}

export interface Balance {
  readonly stages: readonly StageBalance[];
  readonly excluded: readonly {
    readonly school: string;
    readonly why: 'kind' | 'small-point';
    readonly pupils: number;
  }[];
}

/** Of all its stages together. */
export function pupilsOf(row: Pick<SchoolRow, 'pupils'>): number {
  return row.pupils.primary + row.pupils.junior + row.pupils.senior;
}

function exclusion(row: SchoolRow, { exclude }: Regime['balance']): 'kind' | 'small-point' | null {
  if (exclude.kinds.includes(row.kind)) return 'kind';
  const isSmall = exclude.pointsBelow !== null && pupilsOf(row) < exclude.pointsBelow;
  return row.kind === 'teaching-point' && isSmall ? 'small-point' : null;
}

/**
 * Coefficients of variation of each stage’s indicators over the schools that the regime counts; the other schools are listed with
 * the reason.
 */
export function computeBalance(rows: readonly SchoolRow[], balance: Regime['balance']): Balance {
  const excluded = rows.flatMap((row) => {
    const why = exclusion(row, balance);
    return why === null ? [] : [{ school: row.name, why, pupils: pupilsOf(row) }];
  });
  const counted = rows.filter((row) => exclusion(row, balance) === null);
  return { stages: stages.map((stage) => stageBalance(stage, counted, balance)), excluded };
}

function stageBalance(stage: Stage, rows: readonly SchoolRow[], balance: Regime['balance']): StageBalance {
  const own = rows.filter((row) => row.pupils[stage] > 0);
  const limit = balance.limits[stage];
  const indicators = balance.indicators.map((indicator) => indicatorBalance(stage, own, indicator, balance));
  const values = indicators.map((i) => i.value);
  const known = values.filter((v) => v !== null);
  const isWhole = own.length > 0 && known.length === values.length;
  const composite = isWhole ? meanOf(known) : null;
  const isEach = balance.method === 'each';
  return {
    stage,
    schools: own.length,
    pupils: own.reduce((n, row) => n + row.pupils[stage], 0),
    limit,
    indicators,
    composite: isEach ? null : composite,
    meets: !isWhole
      ? null
      : isEach
        ? indicators.every((i) => i.meets === true)
        : composite !== null && composite <= limit,
    standards: balance.perSchool && standardsOf(indicators, own, balance.perSchool),
  };
}

/** The composite of 2012. */
export function meanOf(coefficients: readonly number[]): number {
  return settle(coefficients.reduce((n, v) => n + v, 0) / coefficients.length);
}

function indicatorBalance(
  stage: Stage,
  rows: readonly SchoolRow[],
  indicator: Indicator,
  balance: Regime['balance'],
): IndicatorBalance {
  const weights = balance.weights[indicator.split];
  const standard = indicator.standard?.[stage];
  const holdings = rows.map((row) => {
    const amount = row.values[indicator.of] ?? 0;
    const { perPupil, parts } = splitAmount(amount, row.pupils, weights, indicator.whole);
    const isShared = row.pupils[stage] < pupilsOf(row);
    return {
      school: row.name,
      pupils: row.pupils[stage],
      amount: parts[stage],
      shared: isShared ? { amount, perPupil } : null,
    };
  });
  const { mean, deviation, value } = coefficientOf(holdings);
  const pupils = holdings.reduce((n, h) => n + h.pupils, 0);
  const variance = deviation ** 2;
  return {
    indicator,
    mean: mean * indicator.per,
    deviation: deviation * indicator.per,
    value,
    meets: balance.method === 'each' && value !== null ? value <= balance.limits[stage] : null,
    schools: holdings.map((h) => {
      const own = (h.amount / h.pupils) * indicator.per;
      return {
        ...h,
        value: own,
        share: variance === 0 ? 0 : ((h.pupils / pupils) * (h.amount / h.pupils - mean) ** 2) / variance,
        ofStandard: standard === undefined ? null : settle(own / standard),
      };
    }),
  };
}

function standardsOf(
  indicators: readonly IndicatorBalance[],
  rows: readonly SchoolRow[],
  rule: NonNullable<Regime['balance']['perSchool']>,
): readonly SchoolStandard[] {
  return rows.map((row, i) => {
    const below = indicators.flatMap(({ indicator, schools }) => {
      const ofStandard = schools[i]!.ofStandard ?? 1;
      return ofStandard < 1 ? [{ indicator: indicator.id, ofStandard }] : [];
    });
    const met = indicators.length - below.length;
    return {
      school: row.name,
      met,
      below,
      meets: met >= rule.atLeast && below.every((b) => b.ofStandard >= rule.others),
    };
  });
}
