/**
 * A regime as data: everything that differs between 教督〔2012〕3号, Shandong, Chongqing and 教督〔2017〕6号 in the determination of a
 * county, or that an office may set. The files are in survey-templates/regimes; `choices` lists values without a source. A
 * county's sheet holds its own copy, so that later changes of a file change no sheet.
 */
import { z } from 'zod';
import { lineSchema } from '../line.ts';
import { bilingualSchema } from '../scoring/rules/formula.ts';
import { parseRules } from './parse-rules.ts';
import { rectificationRuleSchema } from './rectification-rule.ts';
import { schoolKinds, tableValues } from './school-table.ts';

const id = z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/);
const points = z.number().min(0).max(1000);
const positive = z.number().gt(0).max(1_000_000);
const byStage = z.strictObject({ primary: positive, junior: positive });

const indicatorSchema = z.strictObject({
  id,
  title: bilingualSchema,
  unit: bilingualSchema,
  /** Column of the school table. */
  of: z.enum(tableValues),
  /** Per pupil, or per hundred. */
  per: z.union([z.literal(1), z.literal(100)]),
  /** Weights that divide the amount of a school with several stages. */
  split: z.enum(['shared', 'even']),
  /** Countable things: a lower stage's part is rounded down, the highest gets the rest. */
  whole: z.boolean(),
  /** The standard for every school, if the regime has one. */
  standard: byStage.optional(),
});
export type Indicator = z.infer<typeof indicatorSchema>;

const weightsSchema = z.strictObject({ primary: positive, junior: positive, senior: positive });

const balanceSchema = z.strictObject({
  /** Whether the mean of the coefficients is judged, or each of them. */
  method: z.enum(['composite', 'each']),
  /** A coefficient equal to the limit is within it. */
  limits: byStage,
  indicators: z.array(indicatorSchema).min(1).max(20),
  weights: z.strictObject({ shared: weightsSchema, even: weightsSchema }),
  /** Every school must meet the standard in this number of indicators, and this share of it in the rest. */
  perSchool: z.strictObject({ atLeast: z.int().min(1), others: z.number().gt(0).max(1) }).nullable(),
  exclude: z.strictObject({
    kinds: z.array(z.enum(schoolKinds)),
    /** Teaching points with fewer pupils are left out; null: none. */
    pointsBelow: z.int().min(1).nullable(),
  }),
});

const workSchema = z.strictObject({
  full: points,
  pass: points,
  areas: z
    .array(
      z.strictObject({
        id,
        title: bilingualSchema,
        indicators: z
          .array(
            z.strictObject({
              id,
              title: bilingualSchema,
              points,
              /** How points are lost. */
              loses: bilingualSchema,
              /** What is expected as evidence. */
              evidence: bilingualSchema,
            }),
          )
          .min(1),
      }),
    )
    .min(1),
});

const vetoSchema = z.strictObject({
  id,
  title: bilingualSchema,
  evidence: bilingualSchema,
  /** Computed from entered values, and not judged by hand: a missed growth. */
  follows: z.literal('growth').optional(),
});

const growthSchema = z.strictObject({
  years: z.int().min(1).max(10),
  /** Share of the transfer payments to be spent on education; null: not required. */
  transferShare: z.number().gt(0).max(1).nullable(),
  /** The surcharge must be levied and used in full. */
  surcharge: z.boolean(),
});

/** Points of several parts, one of which may be the survey's. */
const pointsSchema = z.strictObject({
  full: points,
  bonus: points,
  pass: points,
  parts: z
    .array(
      z.strictObject({
        id,
        title: bilingualSchema,
        points,
        /** Fewer points fail, whatever the sum. */
        floor: points.nullable(),
        from: z.enum(['entered', 'work', 'satisfaction']),
      }),
    )
    .min(1),
});

const requirementSchema = z.strictObject({
  id,
  title: bilingualSchema,
  /** `yes`: a yes-or-no requirement. */
  comparison: z.enum(['at-least', 'at-most', 'yes']),
  /** null with `yes`. */
  standard: z.number().nullable(),
  unit: bilingualSchema.nullable(),
});
const partSchema = z.strictObject({
  id,
  title: bilingualSchema,
  /** Number of indicators named by the source; null: unknown, and the part is judged as a whole. */
  expected: z.int().min(1).nullable(),
  indicators: z.array(requirementSchema),
});

const stageSchema = z.strictObject({
  id,
  title: bilingualSchema,
  /** Who concludes it. */
  by: z.enum(['county', 'inspectors']),
});

export const regimeSchema = z
  .strictObject({
    $schema: z.string().optional(),
    id,
    version: lineSchema(1, 40),
    title: bilingualSchema,
    source: bilingualSchema,
    choices: z.array(bilingualSchema),
    balance: balanceSchema,
    work: workSchema.nullable(),
    vetoes: z.array(vetoSchema),
    growth: growthSchema.nullable(),
    points: pointsSchema.nullable(),
    parts: z.array(partSchema),
    /** The rule profiles whose figure it uses, and for what. */
    satisfaction: z.strictObject({
      role: z.enum(['gate', 'reference', 'points']),
      profileRegime: lineSchema(1, 100),
    }),
    stages: z.array(stageSchema).min(1),
    archive: z.array(z.strictObject({ no: z.int().min(1).max(99), title: bilingualSchema })),
    /** Absent in regimes from before it was introduced. */
    rectification: rectificationRuleSchema.optional(),
  })
  .superRefine((regime, context) => {
    const fault = (path: (string | number)[], message: string) =>
      context.addIssue({ code: 'custom', path, message });
    const twice = (ids: readonly (string | number)[]) => ids.find((one, i) => ids.indexOf(one) !== i);
    const lists: readonly (readonly [string, readonly (string | number)[]])[] = [
      ['balance', regime.balance.indicators.map((i) => i.id)],
      ['work', regime.work?.areas.flatMap((a) => [a.id, ...a.indicators.map((i) => i.id)]) ?? []],
      ['vetoes', regime.vetoes.map((v) => v.id)],
      ['points', regime.points?.parts.map((p) => p.id) ?? []],
      ['parts', regime.parts.flatMap((p) => [p.id, ...p.indicators.map((i) => i.id)])],
      ['stages', regime.stages.map((s) => s.id)],
      ['archive', regime.archive.map((a) => a.no)],
    ];
    for (const [path, ids] of lists) if (twice(ids) !== undefined) fault([path], 'inspection.regime.twice');
    const { perSchool, indicators } = regime.balance;
    if (perSchool && (perSchool.atLeast > indicators.length || indicators.some((i) => !i.standard)))
      fault(['balance', 'perSchool'], 'inspection.regime.standard');
    if (regime.work) {
      const sum = regime.work.areas.flatMap((a) => a.indicators).reduce((n, i) => n + i.points, 0);
      if (Math.abs(sum - regime.work.full) > 1e-9) fault(['work', 'full'], 'inspection.regime.sum');
    }
    if (regime.points) {
      const sum = regime.points.parts.reduce((n, p) => n + p.points, 0);
      if (Math.abs(sum - regime.points.full) > 1e-9) fault(['points', 'full'], 'inspection.regime.sum');
      if (regime.points.parts.some((p) => p.from === 'work') && !regime.work)
        fault(['points', 'parts'], 'inspection.regime.no-work');
    }
    if (regime.vetoes.some((v) => v.follows === 'growth') && !regime.growth)
      fault(['vetoes'], 'inspection.regime.no-growth');
    for (const [i, part] of regime.parts.entries())
      for (const requirement of part.indicators)
        if ((requirement.comparison === 'yes') !== (requirement.standard === null))
          fault(['parts', i], 'inspection.regime.requirement');
  });
export type Regime = z.infer<typeof regimeSchema>;

/** @throws AppError invalid `inspection.regime.invalid` with an issue for each fault */
export function parseRegime(document: unknown): Regime {
  return parseRules(regimeSchema, document, 'inspection.regime.invalid');
}
