/** Rates and results. */
import { z } from 'zod';
import { campaignStates } from '../../../domain/campaign/life-cycle.ts';
import { rateRowsSchema } from '../../../domain/answer/rate-view.ts';
import { rateNames } from '../../../domain/scoring/summary/dispositions.ts';
import { flagKindSchema } from '../../../domain/scoring/signals/flags.ts';
import { formulaSchema } from '../../../domain/scoring/rules/formula.ts';
import { ballotMeasures } from '../../../domain/scoring/ballot/compare.ts';
import { ruleProfileSchema } from '../../../domain/scoring/rules/profile.ts';
import { reportingLevels } from '../../../domain/frame/strata.ts';
import {
  channelSchema,
  countedSetSchema,
  groupSchema,
  locationSchema,
  pressureSourceSchema,
  purposeSchema,
} from '../../../domain/model/vocabulary.ts';
import { time, count, hex, everyOne } from '../shapes.ts';
import { auditStatusSchema, logStatusSchema } from '../evidence/schema.ts';

export const ratesSchema = z.object({
  campaign: z.string(),
  campaignName: z.string(),
  county: z.string(),
  countyName: z.string(),
  state: z.enum(campaignStates),
  demo: z.boolean(),
  closesAt: time,
  kind: z.enum(['not-open', 'none', 'snapshot', 'final']),
  at: time.nullable(),
  nextAt: time.nullable().describe('When the next figures come.'),
  minimumCell: count,
  returnRate: z
    .object({
      numerator: z.enum(['valid', 'answered']),
      denominator: z.enum(['issued', 'frame', 'quota']),
      floor: z.number().nullable(),
      decimals: count,
    })
    .nullable(),
  groups: z.array(z.object({ group: groupSchema, quota: count, drawn: count })),
  rows: rateRowsSchema,
  log: logStatusSchema.nullable(),
});
export const commentChangeSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('hide'), phrase: z.string().min(1).max(500) }),
  z.object({ kind: z.literal('show') }),
  z.object({ kind: z.literal('mark'), marked: z.boolean() }),
]);
export const commentsSchema = z.object({
  comments: z.array(
    z.object({
      ref: z.string().describe('Of the comment, for what is done with it.'),
      group: groupSchema,
      stratum: z.string().nullable().describe('School or merged unit; null where too few answered there.'),
      item: z.string(),
      text: z.string().describe('Numbers, names and what a person hid are masked.'),
      topics: z.array(z.string()).describe('Dimensions that its words speak of.'),
      marked: z.boolean().describe('Chosen for the report.'),
      hidden: z.boolean().describe('Something was hidden by hand.'),
    }),
  ),
  titles: z.record(z.string(), z.record(z.string(), z.string())).describe('Of topics and items.'),
  withheld: count.describe('Comments of groups with fewer answers than the minimum cell.'),
  minimumCell: count,
});
const suppressed = z.object({
  kind: z.literal('suppressed'),
  why: z.enum(['minimum-cell', 'protected']),
});
export const figureSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('estimate'),
    value: z
      .number()
      .describe(
        'Unrounded for the county as a whole; below that with as many decimals as the profile shows.',
      ),
    formula: z.string(),
    n: z.number().describe('People behind the value; of a rate, the cases in its numerator.'),
    denominator: z
      .number()
      .describe(
        'What the value divides by: item answers where the formula’s `unit` is `answers` (one person gives several, so it is no ' +
          'number of people), people where it is `respondents`, codes or contacts of a rate.',
      ),
    interval: z
      .object({
        low: z.number(),
        high: z.number(),
        level: z.number(),
        method: z.enum(['normal', 't', 'census', 'unanimous']),
      })
      .optional(),
    se: z.number().optional().describe('Standard error.'),
    df: z.number().optional().describe('Degrees of freedom.'),
    deff: z.number().optional().describe('Design effect.'),
  }),
  suppressed,
  z.object({ kind: z.literal('no-data') }),
  z.object({ kind: z.literal('not-released'), until: z.string().optional() }),
]);
const countFigure = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('count'), value: z.number() }),
  suppressed,
]);
export const text = z.record(z.string(), z.string());
const dimensionFigure = z.object({
  id: z.string(),
  title: text,
  scored: z.literal(false).optional().describe('No part of the score: it stands beside it.'),
  compared: z
    .literal(false)
    .optional()
    .describe('Of a group: asked in words of its own, so no part of the county’s figure of the dimension.'),
  figure: figureSchema,
});
const distribution = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('options'),
    options: z.array(z.object({ id: z.string(), title: text, count: z.number() })),
    dontKnow: z.number(),
    blank: z.number(),
    notAsked: z.number(),
    n: z.number().describe('People who answered the item.'),
  }),
  z.object({
    kind: z.literal('number'),
    sum: z.number(),
    blank: z.number(),
    notAsked: z.number(),
    n: z.number().describe('People who answered the item.'),
  }),
  suppressed,
  z.object({ kind: z.literal('no-data') }),
]);
const itemFigure = z.object({
  id: z.string(),
  title: text,
  dimension: z.string().nullable(),
  type: z.enum(['rating', 'single', 'multiple', 'number']),
  scored: z.literal(false).optional().describe('A rating that is no part of the score.'),
  figure: figureSchema,
  distribution,
});
const formulaFigure = z.object({ id: z.string(), figure: figureSchema });
const byGroup = z.object({ group: groupSchema, responses: countFigure, figure: figureSchema });
const groupFigures = z.array(z.object({ group: groupSchema, figure: figureSchema }));
const verdictSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.enum(['met', 'not-met', 'undecided']) }),
  z.object({
    kind: z.literal('insufficient'),
    reasons: z.array(
      z.object({
        code: z.enum([
          'group-missing',
          'below-min-valid',
          'return-rate-below-floor',
          'too-few-valid',
          'return-rate-too-low',
          'frame-missing',
          'void',
          'void-stratum',
          'no-data',
          'interval-missing',
          'suppressed',
          'audit-failed',
        ]),
        group: groupSchema.nullable().optional(),
        valid: z.number().optional(),
        minValid: z.number().optional(),
        rate: z.number().optional(),
        floor: z.number().optional(),
        reason: z.string().optional(),
        differences: z.number().optional(),
      }),
    ),
  }),
]);
const params = z.record(z.string(), z.union([z.string(), z.number()]));
const noteSchema = z.object({
  kind: z.enum([
    'stratum-without-answers',
    'strata-collapsed',
    'stratum-of-unknown-size',
    'ineligible',
    'voided-removed',
    'adjusted',
    'adjustment-failed',
    'self-administered',
    'self-selected',
    'group-merged',
    'group-excepted',
  ]),
  group: groupSchema.optional(),
  into: groupSchema.optional(),
  samplingStratum: z.number().optional(),
  reportingStratum: z.number().optional(),
  frameSize: z.number().optional(),
  contacts: z.number().optional(),
  reason: z.string().optional(),
  method: z.enum(['post-stratify', 'rake']).optional(),
  trimmed: z.number().optional(),
  strata: z.number().optional(),
  cells: z.number().optional(),
  smallest: z.number().optional(),
});
/** Every field of a summary; fields not listed here are not sent. */
export const summarySchema = z.object({
  version: z.literal(1),
  campaign: z.object({
    id: z.string(),
    name: z.string(),
    purpose: purposeSchema,
    commissioner: z.string(),
    closedAt: z.string().nullable(),
    selfAdministered: z.boolean(),
  }),
  county: z.object({
    code: z.string(),
    name: z.string(),
    residents: z.object({ count: z.number(), asOf: z.string() }).nullable(),
  }),
  profile: z.object({
    id: z.string(),
    version: z.string(),
    hash: z.string(),
    title: text,
    source: text,
    regime: z.string(),
    instrument: text,
    role: ruleProfileSchema.shape.role,
    official: z.string(),
    sampling: ruleProfileSchema.shape.sampling,
    decision: ruleProfileSchema.shape.decision,
    interval: ruleProfileSchema.shape.interval,
    withinGroup: ruleProfileSchema.shape.withinGroup,
    channels: z.array(channelSchema),
    sets: z.array(countedSetSchema),
    minimumCell: z.number(),
    decimals: z.number(),
  }),
  threshold: ruleProfileSchema.shape.threshold,
  official: figureSchema,
  verdict: verdictSchema,
  formulas: z.array(
    z.object({
      id: z.string(),
      formula: formulaSchema,
      official: z.boolean(),
      meets: z.boolean().nullable(),
      figure: figureSchema,
    }),
  ),
  groups: z.array(
    z.object({
      group: groupSchema,
      questionnaire: text.nullable(),
      weight: z.number(),
      required: z.boolean(),
      mergedInto: groupSchema.nullable(),
      excepted: z.boolean(),
      voided: z.boolean(),
      responses: countFigure,
      figure: figureSchema,
      formulas: z.array(formulaFigure),
      dimensions: z.array(dimensionFigure),
      items: z.array(itemFigure),
    }),
  ),
  dimensions: z.array(dimensionFigure),
  items: z.array(z.object({ id: z.string(), groups: z.array(itemFigure.extend({ group: groupSchema })) })),
  schools: z
    .array(
      z.object({
        reportingStratum: z.number(),
        group: groupSchema,
        level: z.enum(reportingLevels),
        key: z.string(),
        name: z.string(),
        schools: z.array(z.string()),
        location: locationSchema.nullable(),
        voided: z.boolean(),
        issued: countFigure,
        responses: countFigure,
        returnRate: figureSchema,
        figure: figureSchema,
        items: z.array(itemFigure),
      }),
    )
    .describe('One entry a reporting stratum.'),
  locations: z.array(z.object({ location: locationSchema, groups: z.array(byGroup) })),
  channels: z.array(z.object({ channel: channelSchema, counted: z.boolean(), groups: z.array(byGroup) })),
  sets: z.array(
    z.object({
      set: countedSetSchema,
      counted: z.boolean(),
      groups: z.array(byGroup.extend({ issued: countFigure })),
    }),
  ),
  first: z.object({ official: figureSchema, groups: groupFigures }).describe('The same by first answers.'),
  reanswers: z.object({
    total: figureSchema,
    strata: z.array(
      z.object({ reportingStratum: z.number(), group: groupSchema, name: z.string(), figure: figureSchema }),
    ),
  }),
  returnRates: z.array(
    z.object({
      group: groupSchema.nullable(),
      figure: figureSchema,
      decimals: z.number(),
      floor: z.number().nullable().describe('Percent that the profile asks for.'),
      denominator: z.enum(['issued', 'frame', 'quota']).describe('What the rate’s denominator counts.'),
    }),
  ),
  log: logStatusSchema.nullable(),
  audit: auditStatusSchema
    .nullable()
    .describe(
      'The last comparison of the stored tables with the evidence log; with differences there is no verdict.',
    ),
  quota: z.discriminatedUnion('ok', [
    z.object({
      ok: z.literal(true),
      groups: z.array(
        z.object({
          group: groupSchema,
          quota: z.number(),
          wanted: z.number(),
          population: z.number().nullable(),
        }),
      ),
      moves: z.array(z.object({ from: groupSchema, to: groupSchema, count: z.number() })),
      shortage: z.number(),
    }),
    z.object({
      ok: z.literal(false),
      why: z.enum(['residents-unknown', 'population-unknown']),
      group: groupSchema.nullable(),
    }),
  ]),
  drawn: z.array(z.object({ group: groupSchema, quota: z.number(), drawn: z.number() })),
  voided: z.array(
    z.object({ group: groupSchema, reportingStratum: z.number().nullable(), reason: z.string() }),
  ),
  moreResponses: z
    .discriminatedUnion('kind', [
      z.object({ kind: z.enum(['none', 'never']) }),
      z.object({ kind: z.literal('more'), responses: z.number(), factor: z.number() }),
    ])
    .nullable()
    .describe('How many more answers would let the interval decide.'),
  nonResponse: z
    .object({ low: z.number(), high: z.number(), issued: z.number(), answered: z.number() })
    .nullable()
    .describe('The official figure had all who did not answer chosen the worst, or the best.'),
  differences: z
    .array(
      z.object({
        formula: z.string(),
        difference: z.number(),
        message: z.string(),
        params,
        effects: z.array(
          z.object({
            cause: z.enum(['option', 'dont-know', 'other']),
            option: z.string().nullable(),
            share: z.number().nullable(),
            points: z.number(),
          }),
        ),
        optionTitle: text.nullable(),
      }),
    )
    .describe('Why each other formula differs from the official one on these answers.'),
  responseRates: z
    .array(
      z.object({
        group: groupSchema.nullable(),
        rates: z.array(z.object({ name: z.enum(rateNames), figure: figureSchema })),
      }),
    )
    .describe('AAPOR’s outcome rates of the drawn sample, percent.'),
  signals: z.array(
    z.object({
      kind: flagKindSchema,
      reportingStratum: z.number(),
      group: groupSchema,
      name: z.string(),
      lot: z.number().nullable(),
      falseAlarm: z.number(),
    }),
  ),
  withoutFlagged: z
    .object({
      official: figureSchema,
      groups: groupFigures,
      first: z.object({ official: figureSchema, groups: groupFigures }),
      verdict: verdictSchema,
      changesVerdict: z.boolean().nullable(),
    })
    .nullable()
    .describe('The figures without the strata whose answers are flagged.'),
  notes: z.array(noteSchema),
});
/** Also the format of the published file. */
export const publicationSchema = z.object({
  manyi: z.literal('publication'),
  version: z.literal(1),
  publishedAt: count.describe('Milliseconds since 1970.'),
  service: z.string(),
  demo: z.boolean(),
  summary: z.looseObject({}).describe('As `summary`, with times of the log in milliseconds.'),
  roll: z.object({ root: hex, size: count, dice: z.string(), seed: hex }).nullable(),
  key: z.string(),
  checkpoints: z.array(z.string()),
});
export const pressureSchema = z.object({
  minimumCell: count,
  respondents: count,
  sources: z.object(everyOne(pressureSourceSchema.options, count)),
  places: z.array(
    z.object({
      group: groupSchema.nullable(),
      level: z.enum(reportingLevels),
      name: z.string(),
      respondents: count,
    }),
  ),
  texts: z.array(z.object({ source: pressureSourceSchema, body: z.string() })),
});

export const ballotSchema = z.object({
  campaign: summarySchema.shape.campaign,
  county: summarySchema.shape.county,
  level: z.number().describe('Two-sided confidence level of the intervals.'),
  minimumCell: count,
  decimals: count.describe('Of every figure, as in every format.'),
  groups: z.array(
    z.object({
      group: groupSchema,
      arms: z.array(
        z.object({
          arm: z.string(),
          title: text,
          scale: z.enum(['four-step', 'balanced']),
          isMain: z.boolean().describe('Makes the group’s figures in the summary.'),
          official: z.boolean(),
          share: count
            .nullable()
            .describe('Percent of the group that was given it; null: all arms are equal.'),
          responses: countFigure,
          incomplete: figureSchema.describe('Percent of answers handed in that are not valid.'),
        }),
      ),
      measures: z.array(
        z.object({
          measure: z.enum(ballotMeasures),
          dimension: z.string().nullable(),
          title: text.nullable(),
          figures: z.array(figureSchema).describe('By arm.'),
          ranks: z.array(count.nullable()),
          differences: z.array(figureSchema).describe('By arm: less the first arm’s.'),
        }),
      ),
    }),
  ),
});

/** Not verified: who answered, and how often, cannot be known. */
export const claimedSchema = z.object({
  kind: z.enum(['rows', 'options']).describe('A row for each sheet, or the options of each question.'),
  people: z.int().nullable(),
  answers: z.number().nullable().describe('null: the file has percentages alone.'),
  questions: z.int().describe('Questions that were counted.'),
  left: z.array(z.object({ title: z.string(), option: z.string() })).describe('Questions left out.'),
  figures: z.array(
    z.object({
      formula: z.string(),
      value: z.number().nullable(),
      why: z.enum(['needs-sheets', 'needs-items', 'option-without-points', 'no-answers']).nullable(),
      meets: z.boolean().nullable(),
    }),
  ),
});
