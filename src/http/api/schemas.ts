/** Shapes of the API, once: they parse what comes in, check what goes out, and make the OpenAPI document. */
import { z } from 'zod';
import { canaryFaults } from '../../domain/evidence/canaries.ts';
import { campaignStates, frameStates } from '../../domain/campaign/life-cycle.ts';
import { rateRowsSchema } from '../../domain/answer/rate-view.ts';
import { rateNames } from '../../domain/scoring/summary/dispositions.ts';
import { flagKindSchema } from '../../domain/scoring/signals/flags.ts';
import { formulaSchema } from '../../domain/scoring/rules/formula.ts';
import { planQuestionSchema } from '../../domain/scoring/planner/plan.ts';
import { ruleProfileSchema } from '../../domain/scoring/rules/profile.ts';
import { textedKinds } from '../../domain/messaging/sms-text.ts';
import { reportingLevels } from '../../domain/frame/strata.ts';
import {
  campaignIdSchema,
  contentHashSchema,
  countyCodeSchema,
  userIdSchema,
} from '../../domain/model/ids.ts';
import {
  channelSchema,
  countedSetSchema,
  groupSchema,
  locationSchema,
  ownershipSchema,
  pressureSourceSchema,
  purposeSchema,
  roleSchema,
  schoolCategorySchema,
  schoolLevelSchema,
} from '../../domain/model/vocabulary.ts';

export const campaignParams = z.object({ campaign: campaignIdSchema });
export const countyParams = z.object({ campaign: campaignIdSchema, county: countyCodeSchema });
/** Ids that operations look up; a wrong one is simply not found. */
const anyId = z.string().min(1).max(64);
export const importParams = countyParams.extend({ import: anyId });
export const proposalParams = campaignParams.extend({ proposal: anyId });
export const userParams = z.object({ user: userIdSchema });

/** A point in time with its offset, `2026-03-31T18:00:00+08:00`; handed on in milliseconds. */
export const timeInput = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));
const time = z.iso.datetime().describe('UTC');
const count = z.int().min(0);
const hex = z.string().regex(/^[0-9a-f]*$/);
export const dateSchema = z.iso.date();

const messageKey = z.string().describe('Key of the message, the same in every language.');

/** An object with each of these names: a record's JSON Schema would require names that it does not describe. */
function everyOne<K extends string, T extends z.ZodType>(names: readonly K[], schema: T) {
  return Object.fromEntries(names.map((name) => [name, schema])) as Record<K, T>;
}

export const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: messageKey,
    issues: z
      .array(z.object({ path: z.string(), detail: z.string(), code: messageKey }))
      .optional()
      .describe('Every fault of the input.'),
  })
  .describe('RFC 9457 problem; texts in the language of Accept-Language or of the session.');

const counties = z.array(countyCodeSchema);
const password = z.string().min(1).max(256);
export const userSchema = z.object({
  id: z.string(),
  login: z.string(),
  name: z.string(),
  role: roleSchema,
  counties: z.array(z.string()),
  disabled: z.boolean(),
  createdAt: time,
});
export const newUserSchema = z.strictObject({
  login: z.string().max(200),
  name: z.string().max(200),
  role: roleSchema,
  counties: counties.default([]),
  password,
});
export const userChangeSchema = z.strictObject({
  name: z.string().max(200).optional(),
  role: roleSchema.optional(),
  counties: counties.optional(),
  disabled: z.boolean().optional(),
});
export const passwordSchema = z.strictObject({ password });
export const ownPasswordSchema = z.strictObject({ present: password, password });
export const logInSchema = z.strictObject({ login: z.string().max(200), password });
export const sessionSchema = z.object({
  user: z.object({ id: z.string(), name: z.string(), role: roleSchema, counties: z.array(z.string()) }),
  csrfToken: z
    .string()
    .describe('To be sent as the header csrf-token with every request that changes something.'),
});

export const slipSchema = z.object({ group: groupSchema, count: z.int().min(1).max(100_000) });
export const residentsSchema = z.object({ count: z.int().min(1).max(2_000_000_000), asOf: dateSchema });
const questionnaireInput = z.strictObject({
  document: z.unknown().describe('The whole questionnaire, as checked by `manyi template check`.'),
  groups: z.array(groupSchema).min(1),
});
const countyInput = z.strictObject({
  code: countyCodeSchema,
  name: z.string().min(1).max(100).optional(),
  residents: residentsSchema.nullable().default(null),
  slips: z.array(slipSchema).default([]),
});
const campaignShape = {
  name: z.string().trim().min(1).max(200),
  purpose: purposeSchema,
  commissioner: z.string().trim().min(1).max(200),
  commissionerPhone: z.string().trim().min(3).max(40),
  closesAt: timeInput,
  storageUntil: timeInput,
  selfAdministered: z.boolean(),
  profile: z.unknown().describe('The whole rule profile.'),
  questionnaires: z.array(questionnaireInput).min(1).max(20),
  counties: z.array(countyInput).min(1).max(3000),
};
export const newCampaignSchema = z.strictObject({
  ...campaignShape,
  selfAdministered: z.boolean().default(false),
  demo: z.boolean().default(false),
});
export const campaignPatchSchema = z.strictObject(campaignShape).partial();

const drawSchema = z.object({
  dice: z.string(),
  seed: hex,
  by: z.string(),
  at: time,
  moves: z.array(z.object({ from: groupSchema, to: groupSchema, count })),
  quotas: z.partialRecord(groupSchema, count),
});
export const campaignCountySchema = z.object({
  code: z.string(),
  name: z.string(),
  residents: z.object({ count, asOf: z.string() }).nullable(),
  slips: z.array(z.object({ group: groupSchema, count })),
  frameState: z.enum(frameStates),
  frame: z.object({ root: hex, size: count, frozenAt: time }).nullable(),
  draw: drawSchema.nullable(),
});
export const campaignSchema = z.object({
  id: z.string(),
  name: z.string(),
  purpose: purposeSchema,
  commissioner: z.string(),
  commissionerPhone: z.string(),
  state: z.enum(campaignStates),
  createdAt: time,
  openedAt: time.nullable(),
  closesAt: time,
  closedAt: time.nullable(),
  releasedAt: time.nullable(),
  /** When everything personal and all answers were erased. */
  expiredAt: time.nullable(),
  storageUntil: time,
  selfAdministered: z.boolean(),
  demo: z.boolean(),
  profile: contentHashSchema,
  questionnaires: z.array(z.object({ no: count, hash: contentHashSchema, groups: z.array(groupSchema) })),
  counties: z.array(campaignCountySchema),
  voids: z.array(
    z.object({
      county: z.string().nullable(),
      group: groupSchema.nullable(),
      reportingStratum: count.nullable(),
      reason: z.string(),
      at: time,
    }),
  ),
});

const voidContent = z.strictObject({
  kind: z.literal('void'),
  county: countyCodeSchema.nullable().default(null),
  group: groupSchema.nullable().default(null),
  reportingStratum: z.int().min(1).nullable().default(null),
});
export const newProposalSchema = z.strictObject({
  content: z.discriminatedUnion('kind', [
    voidContent,
    z.strictObject({ kind: z.literal('dates'), closesAt: timeInput }),
    z.strictObject({
      kind: z.literal('ineligible'),
      county: countyCodeSchema,
      samplingStratum: z.int().min(1),
      contacts: z.int().min(1).describe('Of the frozen frame, that do not belong to it.'),
      issued: z.int().min(0).default(0).describe('Those of them with a code.'),
    }),
  ]),
  reason: z.string().trim().min(1).max(1000),
});
export const decisionSchema = z.strictObject({ decision: z.enum(['confirmed', 'rejected']) });
const person = z.object({ id: z.string(), name: z.string() });
export const proposalSchema = z.object({
  id: z.string(),
  content: z.discriminatedUnion('kind', [
    z.object({
      kind: z.literal('void'),
      county: z.string().nullable(),
      group: groupSchema.nullable(),
      reportingStratum: count.nullable(),
    }),
    z.object({ kind: z.literal('dates'), closesAt: time }),
    z.object({
      kind: z.literal('ineligible'),
      county: z.string(),
      samplingStratum: count,
      contacts: count,
      issued: count,
    }),
  ]),
  reason: z.string(),
  proposedBy: person,
  proposedAt: time,
  decision: z.enum(['pending', 'confirmed', 'rejected']),
  decidedBy: person.nullable(),
  decidedAt: time.nullable(),
});

export const schoolSchema = z.object({
  id: z.string(),
  name: z.string(),
  code: z
    .string()
    .nullable()
    .describe('Of a school that was first listed without one; else the id is the code.'),
  aliases: z.array(z.string()).readonly().describe('Short and former names, which rolls may use.'),
  category: schoolCategorySchema,
  location: locationSchema.nullable(),
  level: schoolLevelSchema.nullable(),
  ownership: ownershipSchema,
  pupils: count.nullable(),
  staff: count.nullable(),
  township: z.string(),
  parent: z.string().nullable(),
});
export const issueSchema = z.object({ path: z.string(), message: z.string(), code: messageKey });
export const faultSchema = z.object({
  sheet: z.string(),
  row: count,
  column: z
    .string()
    .nullable()
    .describe('As spreadsheet programs name it; null where the fault is of the whole row.'),
  field: z.string(),
  message: z.string(),
  code: messageKey,
});
export const previewSchema = z.object({
  sheet: z.string(),
  rows: z
    .array(z.object({ row: count, cells: z.array(z.string()) }))
    .describe('The first rows; long numbers are masked.'),
  width: count.describe('Number of columns.'),
  headerRow: count.describe('Recognised; 0 if none is.'),
  columns: z.record(z.string(), z.array(count)).describe('Recognised, counted from 0.'),
  fingerprint: z.string().describe('Sent along in a mapping, it makes sure that the file is the same.'),
});
export const importSchema = z.object({
  id: z.string(),
  county: z.string(),
  group: groupSchema,
  fileName: z.string(),
  fileHash: z.string().nullable(),
  state: z.enum(['reading', 'staged', 'applying', 'applied', 'discarded']),
  summary: z
    .object({
      good: count,
      bad: count,
      skipped: count,
      unmappedColumns: count,
      warnings: z.array(issueSchema),
    })
    .nullable(),
  by: z.string(),
  at: time,
  added: count,
  duplicates: count,
  joined: count,
  corrected: count.describe('Contacts whose grade this roll replaced.'),
  lateReason: z.string().nullable(),
});
export const applySchema = z.strictObject({
  keepGood: z.boolean().describe('Apply the good rows although others are bad.'),
});
const ratio = z.number().nullable();
export const coverageSchema = z.object({
  schools: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      pupils: count.nullable(),
      guardians: count,
      guardianRatio: ratio,
      staff: count.nullable(),
      teachers: count,
      teacherRatio: ratio,
      shared: count,
      consecutive: count,
      withPhone: count,
    }),
  ),
  missing: z.array(z.object({ id: z.string(), name: z.string() })),
});
export const diceSchema = z.strictObject({ dice: z.string().max(1000) });
export const strataSchema = z.object({
  county: campaignCountySchema,
  sampling: z.array(
    z.object({
      no: count,
      group: groupSchema,
      location: locationSchema.nullable(),
      grade: z.int().nullable(),
      kind: z.enum(['frame', 'slips']),
      frameSize: count.nullable(),
      quota: count,
      drawn: count,
      replacements: count,
    }),
  ),
  reporting: z.array(
    z.object({
      no: count,
      group: groupSchema,
      level: z.enum(reportingLevels),
      key: z.string(),
      name: z.string(),
      schools: z.array(z.string()),
      location: locationSchema.nullable(),
      issued: z.object(everyOne(countedSetSchema.options, count)),
    }),
  ),
});
export const exportKinds = [...textedKinds, 'slips'] as const;
export const exportFormats = ['xlsx', 'csv'] as const;
export const newExportSchema = z.strictObject({
  kind: z.enum(exportKinds),
  format: z.enum(exportFormats),
  text: z.string().max(1000).optional(),
});
export const newMessagePreviewSchema = z.strictObject({
  kind: z.enum(textedKinds),
  text: z.string().max(1000).optional(),
});
export const messagePreviewSchema = z.object({
  text: z.string().describe('With an example in place of the code.'),
  units: count.describe('UTF-16 units, signature included.'),
  segments: count,
  issues: z.array(issueSchema),
});
export const exportSchema = z.object({
  id: z.string(),
  county: z.string(),
  kind: z.enum(exportKinds),
  format: z.enum([...exportFormats, 'html']),
  groups: z.array(groupSchema),
  count,
  fileHash: z.string(),
  by: z.string(),
  at: time,
});
export const newLinksSchema = z.strictObject({ groups: z.array(groupSchema).min(1) });
export const linkSchema = z.object({
  url: z.string(),
  group: groupSchema,
  school: z.string().nullable(),
  createdAt: time,
});

/** Head of a county's evidence log, and who outside holds which size. */
export const logStatusSchema = z.object({
  origin: z.string(),
  size: count,
  root: z.string().describe('Base 64.'),
  at: time,
  note: z.string().describe('The signed checkpoint.'),
  witnesses: z.array(
    z.object({
      name: z.string(),
      road: z.enum(['http', 'folder', 'email']).nullable(),
      size: count.nullable().describe('Largest size that was delivered or signed.'),
      at: time.nullable(),
      signed: count.nullable().describe('Size under the newest signature.'),
    }),
  ),
  held: z.array(z.object({ size: count, witnesses: count, signed: count })),
});
export const evidenceSchema = z.object({
  log: logStatusSchema.nullable(),
  queue: z.array(
    z.object({
      witness: z.string(),
      waiting: count,
      failure: z.object({ detail: z.string(), at: time, attempts: count, nextAt: time }).nullable(),
    }),
  ),
});
export { canaryFileSchema } from '../../domain/evidence/canaries.ts';
export const newCanariesSchema = z.strictObject({
  canaries: z
    .array(
      z.strictObject({
        label: z.string().max(200),
        phone: z.string().max(200),
        group: groupSchema,
        school: z.string().max(200).nullable().default(null).describe('Number or name.'),
        answers: z
          .union([z.record(z.string(), z.unknown()), z.int().min(1).max(20)])
          .nullable()
          .describe(
            'What will be answered: an answer sheet, or one place of the scale for every rating; null: nothing.',
          ),
      }),
    )
    .min(1)
    .max(200),
});
export const canaryStateSchema = z.object({
  sealed: z.object({ commitment: z.string(), count }).nullable(),
  maySeal: z.boolean(),
  mayOpen: z.boolean(),
});
export const canaryResultsSchema = z.array(
  z.object({ label: z.string(), group: groupSchema, fault: z.enum(canaryFaults).nullable() }),
);
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
export const recountSchema = z.array(
  z.object({
    county: z.string(),
    name: z.string(),
    responses: count,
    cells: count,
    differences: z.array(
      z.object({
        county: z.string(),
        cell: z.string(),
        what: z.string(),
        stored: z.string(),
        recounted: z.string(),
      }),
    ),
  }),
);
export const commentsSchema = z.object({
  comments: z.array(
    z.object({
      group: groupSchema,
      stratum: z.string().nullable().describe('School or merged unit; null where too few answered there.'),
      item: z.string(),
      text: z.string(),
    }),
  ),
  withheld: count.describe('Comments of groups with fewer answers than the minimum cell.'),
  minimumCell: count,
});
/** A list in an address is one parameter or several. */
export const planQuery = planQuestionSchema.extend({
  channels: z
    .preprocess((value) => (typeof value === 'string' ? [value] : value), planQuestionSchema.shape.channels)
    .describe('Response of each channel among those whom the ones before it left silent.'),
});
export const planSchema = z.object({
  question: planQuestionSchema,
  minimumCell: count,
  invitations: z.object({ most: z.number(), least: z.number() }),
  reach: z.object({ rate: z.number(), floor: z.number().nullable(), isEnough: z.boolean().nullable() }),
  groups: z.array(
    z.object({
      group: groupSchema,
      population: z.number().nullable(),
      quota: z.number().nullable(),
      needed: z.number(),
      invitations: z.number(),
      reachable: z.boolean(),
      invited: z.number(),
      expected: z.number(),
      halfWidth: z.number().nullable(),
      schools: z.number(),
      visibleSchools: z.number(),
      invitedForAll: z.number().nullable(),
      cells: z.array(
        z.object({
          level: z.enum(reportingLevels),
          key: z.string(),
          name: z.string(),
          location: locationSchema.nullable(),
          schools: z.array(z.string()),
          issued: z.number(),
          expected: z.number(),
          visible: z.boolean(),
        }),
      ),
    }),
  ),
});
export const fatesSchema = z.object({
  saved: count.describe('Contacts whose fate is now known.'),
  unknown: count.describe('Numbers that nobody on the roll has.'),
  faults: z.array(faultSchema),
  more: count.describe('Faults beyond those named.'),
  warnings: z.array(issueSchema),
});
export const backupSchema = z.object({ file: z.string(), bytes: count });

const suppressed = z.object({
  kind: z.literal('suppressed'),
  why: z.enum(['minimum-cell', 'complementary', 'near-unanimous', 'difference']),
});
export const figureSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('estimate'),
    value: z.number().describe('Unrounded.'),
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
const text = z.record(z.string(), z.string());
const dimensionFigure = z.object({ id: z.string(), title: text, figure: figureSchema });
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
          'frame-missing',
          'void',
          'void-stratum',
          'no-data',
          'interval-missing',
          'suppressed',
        ]),
        group: groupSchema.nullable().optional(),
        valid: z.number().optional(),
        minValid: z.number().optional(),
        rate: z.number().optional(),
        floor: z.number().optional(),
        reason: z.string().optional(),
      }),
    ),
  }),
]);
const params = z.record(z.string(), z.union([z.string(), z.number()]));
const noteSchema = z.object({
  kind: z.enum([
    'stratum-without-answers',
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
});

/** Every field of a summary; one that is not named here does not leave. */
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
export const trailQuery = z.object({
  campaign: campaignIdSchema.optional(),
  before: z.coerce.number().int().min(1).optional(),
  limit: z.coerce.number().int().min(1).max(1000).optional(),
});
export const trailSchema = z.object({
  no: count,
  at: time,
  actor: z.string(),
  role: z.string(),
  via: z.string(),
  action: z.string(),
  campaign: z.string().nullable(),
  county: z.string().nullable(),
  details: z.record(z.string(), z.unknown()),
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
