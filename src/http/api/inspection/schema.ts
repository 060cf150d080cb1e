/** The inspection around the survey. Documents and changes are described by the rules that check them. */
import { z } from 'zod';
import { inspectionRecords, type InspectionRecord } from '../../../domain/inspection/record-names.ts';
import { rulesOf } from '../../../domain/inspection/records.ts';
import { storedSchema } from '../../../domain/inspection/stored-body.ts';
import { stages } from '../../../domain/inspection/school-table.ts';
import { gateStates } from '../../../domain/inspection/gate-states.ts';
import { regimeSchema } from '../../../domain/inspection/regime.ts';
import { faultSchema } from '../fieldwork/schema.ts';
import { count, issueSchema, messageKey, readonlyReply, time } from '../shapes.ts';

const recordSchema = z.enum(inspectionRecords);

export const regimesSchema = readonlyReply(z.array(regimeSchema));

export const documentOf = (record: InspectionRecord) =>
  z.object({
    version: count.describe('0: nothing was stated yet.'),
    body: storedSchema(record),
    at: time.nullable(),
    by: z.string().nullable(),
  });
export const documentsSchema = z.object(
  Object.fromEntries(inspectionRecords.map((record) => [record, documentOf(record)])) as Record<
    InspectionRecord,
    ReturnType<typeof documentOf>
  >,
);

/** The document and what is to be done to it. */
export const changeSchema = z.discriminatedUnion(
  'record',
  inspectionRecords.map((record) =>
    z.strictObject({
      record: z.literal(record),
      change: rulesOf(record).change,
      version: count
        .optional()
        .describe('On which the change was made; another one there is a conflict. Left out: any.'),
      reason: z.string().max(500).optional(),
    }),
  ) as never,
) as unknown as z.ZodType<{
  readonly record: InspectionRecord;
  readonly change: unknown;
  readonly version?: number;
  readonly reason?: string;
}>;

export const entrySchema = z.object({
  no: count,
  record: recordSchema,
  version: count,
  change: z.string(),
  reason: z.string().nullable(),
  at: time,
  by: z.string(),
});
export const versionSchema = entrySchema.extend({
  body: z.string().describe('Canonical JSON; its SHA-256 is `content` of the leaf.'),
});

const ratio = z.number();
const additionsSchema = z.object({
  cap: ratio,
  composite: ratio.nullable(),
  indicators: z.array(
    z.object({
      indicator: z.string(),
      target: ratio,
      after: ratio,
      total: ratio,
      schools: z.array(z.object({ school: z.string(), add: ratio })),
    }),
  ),
});
export const balanceSchema = readonlyReply(
  z.object({
    stages: z.array(
      z.object({
        stage: z.enum(stages),
        schools: count,
        pupils: count,
        limit: ratio,
        composite: ratio.nullable(),
        meets: z.boolean().nullable(),
        indicators: z.array(
          z.object({
            id: z.string(),
            mean: ratio,
            deviation: ratio,
            value: ratio.nullable().describe('The coefficient; null where nobody has anything.'),
            meets: z.boolean().nullable(),
            schools: z.array(
              z.object({
                school: z.string(),
                pupils: count,
                amount: ratio,
                value: ratio,
                share: ratio.describe('Part of the variance, 0–1.'),
                ofStandard: ratio.nullable(),
              }),
            ),
          }),
        ),
        standards: z
          .array(
            z.object({
              school: z.string(),
              met: count,
              meets: z.boolean(),
              below: z.array(z.object({ indicator: z.string(), ofStandard: ratio })),
            }),
          )
          .nullable(),
        additions: additionsSchema
          .nullable()
          .describe('The smallest that reach the limit; null: none are needed.'),
      }),
    ),
    excluded: z.array(z.object({ school: z.string(), why: z.enum(['kind', 'small-point']), pupils: count })),
  }),
);

const stateSchema = z.enum(gateStates);
const gateSchema = z.object({
  id: z.string(),
  kind: z.string(),
  state: stateSchema,
  reasons: z.array(z.object({ message: z.string(), code: messageKey })),
});
export const sheetSchema = z.object({
  regime: z.string(),
  state: stateSchema.describe('Of all gates together.'),
  gates: z.array(gateSchema),
  reference: gateSchema.nullable().describe('What the survey says where it is no gate.'),
  work: z.object({ self: ratio.nullable(), inspectors: ratio.nullable() }).nullable(),
  points: z
    .object({
      total: ratio.nullable(),
      bonus: ratio,
      parts: z.array(z.object({ id: z.string(), points: ratio.nullable() })),
    })
    .nullable(),
  growth: z
    .array(
      z.object({
        year: z.int(),
        item: z.string(),
        stage: z.enum(stages).nullable(),
        state: z.enum(['met', 'not-met', 'missing']),
        value: ratio.nullable().describe('Percent.'),
        against: ratio.nullable(),
        stated: ratio.nullable().describe('What the report says, where it differs.'),
      }),
    )
    .nullable(),
});
export const tableImportSchema = z.object({
  saved: count,
  faults: z.array(faultSchema),
  warnings: z.array(issueSchema),
});
export const tableForm = z.object({
  reason: z.string().max(500).optional().describe('Why an earlier table is replaced.'),
});
