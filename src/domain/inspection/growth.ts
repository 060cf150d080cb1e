/**
 * The three growths (三个增长), computed from amounts and never from stated percentages; if a report states a different percentage,
 * both are shown.
 */
import { z } from 'zod';
import { AppError } from '../errors.ts';
import { settle } from '../scoring/figure.ts';
import type { RecordRules } from './record.ts';
import type { Regime } from './regime.ts';
import { stages, type Stage } from './school-table.ts';

const amount = z.number().min(0).max(1e13).nullable();
const byStage = z.strictObject({ primary: amount, junior: amount });
const yearSchema = z.strictObject({
  year: z.int().min(1986).max(2200),
  /** 财政经常性收入 and 财政教育经费, in the same unit. */
  revenue: amount,
  funds: amount,
  /** 生均教育经费, 生均公用经费: yuan. */
  perPupil: byStage,
  publicFunds: byStage,
  /** 教育费附加: levied as a share of what was due; used as a share of what was levied. */
  surchargeDue: amount,
  surchargeLevied: amount,
  surchargeUsed: amount,
  transfers: amount,
  transfersToEducation: amount,
});
export type GrowthYear = z.infer<typeof yearSchema>;

const statedItems = ['revenue', 'funds', 'perPupil', 'publicFunds'] as const;
const statedSchema = z.strictObject({
  year: z.int(),
  item: z.enum(statedItems),
  stage: z.enum(stages).nullable(),
  percent: z.number().min(-100).max(1000),
});

const bodySchema = z.strictObject({
  years: z.array(yearSchema).max(12),
  stated: z.array(statedSchema).max(100),
});
export type GrowthBody = z.infer<typeof bodySchema>;
const changeSchema = z.discriminatedUnion('do', [
  z.strictObject({
    do: z.literal('put'),
    years: bodySchema.shape.years,
    /** Absent: existing values stay. */
    stated: bodySchema.shape.stated.optional(),
  }),
  /** As stated in a report; null: not stated. */
  z.strictObject({
    do: z.literal('state'),
    ...statedSchema.shape,
    percent: statedSchema.shape.percent.nullable(),
  }),
]);

export const growthRecord: RecordRules<GrowthBody, z.infer<typeof changeSchema>> = {
  body: bodySchema,
  change: changeSchema,
  empty: { years: [], stated: [] },
  actionOf: () => 'inspection.enter',
  needsReason: (change, before) =>
    change.do === 'put' ? before.years.length > 0 : before.stated.some((s) => isSame(s, change)),
  apply(before, change) {
    if (change.do === 'state') {
      const { year, item, stage, percent } = change;
      const isOfStage = item === 'perPupil' || item === 'publicFunds';
      if (isOfStage !== (stage !== null) || !before.years.some((y) => y.year === year))
        throw new AppError('invalid', 'inspection.invalid', {
          issues: [{ path: 'stated', message: 'inspection.growth.stated.what' }],
        });
      const others = before.stated.filter((s) => !isSame(s, change));
      return { ...before, stated: percent === null ? others : [...others, { year, item, stage, percent }] };
    }
    const { years, stated = before.stated } = change;
    const sorted = [...years].sort((a, b) => a.year - b.year);
    if (sorted.some((y, i) => i > 0 && y.year === sorted[i - 1]!.year))
      throw new AppError('invalid', 'inspection.growth.twice');
    return { years: sorted, stated };
  },
};

type Stated = Pick<z.infer<typeof statedSchema>, 'year' | 'item' | 'stage'>;
const isSame = (a: Stated, b: Stated) => a.year === b.year && a.item === b.item && a.stage === b.stage;

export type CheckState = 'met' | 'not-met' | 'missing';
export interface GrowthCheck {
  readonly year: number;
  readonly item: 'funds' | 'perPupil' | 'publicFunds' | 'surcharge' | 'transfers';
  readonly stage: Stage | null;
  readonly state: CheckState;
  /** Percent; for surcharge and transfers a share. */
  readonly value: number | null;
  /** What it is compared with. */
  readonly against: number | null;
  /** The report says otherwise. */
  readonly stated: number | null;
}

export interface Growth {
  readonly checks: readonly GrowthCheck[];
  readonly state: CheckState;
  /** Years in which a requirement was missed. */
  readonly failing: readonly number[];
}

const growthOf = (before: number | null | undefined, now: number | null | undefined): number | null =>
  before === null || before === undefined || now === null || now === undefined || before === 0
    ? null
    : settle((100 * (now - before)) / before);
const judge = (isMet: boolean | null): CheckState => (isMet === null ? 'missing' : isMet ? 'met' : 'not-met');

/** Each of the last years compared with the year before; the first year of all is not needed. */
export function computeGrowth({ years, stated }: GrowthBody, rule: NonNullable<Regime['growth']>): Growth {
  const own = years.slice(-rule.years);
  const checks: GrowthCheck[] = [];
  const differing = (year: number, item: string, stage: Stage | null, value: number | null) => {
    const said = stated.find((s) => s.year === year && s.item === item && s.stage === stage);
    return said === undefined || value === null || agrees(said.percent, value) ? null : said.percent;
  };
  for (const [i, now] of own.entries()) {
    const before = own[i - 1];
    if (before !== undefined && before.year === now.year - 1) {
      const funds = growthOf(before.funds, now.funds);
      const revenue = growthOf(before.revenue, now.revenue);
      const isFaster = funds === null || revenue === null ? null : funds > revenue;
      checks.push({
        ...{
          year: now.year,
          item: 'funds',
          stage: null,
          state: judge(isFaster),
          value: funds,
          against: revenue,
        },
        stated: differing(now.year, 'funds', null, funds),
      });
      for (const item of ['perPupil', 'publicFunds'] as const)
        for (const stage of stages) {
          const value = growthOf(before[item][stage], now[item][stage]);
          checks.push({
            ...{
              year: now.year,
              item,
              stage,
              state: judge(value === null ? null : value > 0),
              value,
              against: 0,
            },
            stated: differing(now.year, item, stage, value),
          });
        }
    }
    if (rule.surcharge) {
      const { surchargeDue: due, surchargeLevied: levied, surchargeUsed: used } = now;
      const isFull =
        due === null || levied === null || used === null ? null : levied >= due && used >= levied;
      const value = due === null || used === null || due === 0 ? null : settle((100 * used) / due);
      checks.push({
        year: now.year,
        item: 'surcharge',
        stage: null,
        state: judge(isFull),
        value,
        against: 100,
        stated: null,
      });
    }
    if (rule.transferShare !== null) {
      const { transfers, transfersToEducation: to } = now;
      const value =
        transfers === null || to === null || transfers === 0 ? null : settle((100 * to) / transfers);
      const against = settle(100 * rule.transferShare);
      checks.push({
        ...{ year: now.year, item: 'transfers', stage: null, value, against, stated: null },
        state: judge(value === null ? null : value >= against),
      });
    }
  }
  const failing = [...new Set(checks.filter((c) => c.state === 'not-met').map((c) => c.year))];
  const isConsecutive = own.every((y, i) => i === 0 || y.year === own[i - 1]!.year + 1);
  const isWhole = own.length >= rule.years && isConsecutive && checks.every((c) => c.state !== 'missing');
  return { checks, failing, state: failing.length > 0 ? 'not-met' : isWhole ? 'met' : 'missing' };
}

/** To the number of decimals that were stated. */
function agrees(stated: number, value: number): boolean {
  const decimals = /\.(\d+)$/.exec(String(stated))?.[1]?.length ?? 0;
  return Math.abs(stated - value) <= 0.5 * 10 ** -decimals + 1e-9;
}
