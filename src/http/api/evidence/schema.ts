/** The log, test contacts, recount. */
import { z } from 'zod';
import { uncommittedFacts } from '../../../domain/evidence/audit/difference.ts';
import { canaryFaults } from '../../../domain/evidence/canaries.ts';
import { groupSchema } from '../../../domain/model/vocabulary.ts';
import { time, count } from '../shapes.ts';

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
      transport: z.enum(['witness', 'http', 'folder', 'email']).nullable(),
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
export const auditStatusSchema = z.object({
  at: time,
  logSize: count.describe('Leaves of the log that the tables were held against.'),
  differences: count,
  uncommitted: z
    .array(z.enum(uncommittedFacts))
    .describe('What the log does not commit to: neither right nor wrong.'),
});
export const auditSchema = z.object({
  trail: z.object({
    entries: count,
    breaks: z.array(z.object({ no: count, to: count, what: z.enum(['missing', 'changed', 'unchained']) })),
  }),
  counties: z.array(
    z.object({
      county: z.string(),
      name: z.string(),
      logSize: count,
      responses: count,
      count: count.describe('Differences; the first are named.'),
      uncommitted: z.array(z.enum(uncommittedFacts)),
      differences: z.array(
        z.object({
          table: z.string(),
          row: z.string(),
          leaf: count.nullable().describe('Index of the leaf; null: no leaf knows the row.'),
          what: z.string(),
          expected: z.string(),
          found: z.string(),
        }),
      ),
    }),
  ),
});
export const recountSchema = z.array(
  z.object({
    county: z.string(),
    name: z.string(),
    responses: count,
    cells: count,
    /** False before the county is counted at close: two counting methods were compared, not stored tallies. */
    counted: z.boolean(),
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
