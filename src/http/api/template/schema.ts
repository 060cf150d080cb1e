/** Questionnaires and rule profiles. */
import { z } from 'zod';
import { contentHashSchema } from '../../../domain/model/ids.ts';
import { templateKinds, templateOrigins } from '../../../domain/model/template.ts';
import { groupSchema } from '../../../domain/model/vocabulary.ts';
import { optionOrders } from '../../../domain/template/adapt.ts';
import { count, issueSchema, time } from '../shapes.ts';

const key = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[a-z0-9-]+$/)
  .describe('`parent-2017` of one that comes with the program, a number of one that was added.');
export const templateParams = z.object({ template: key });
export const comparisonParams = z.object({ template: key, other: key });
const text = z.record(z.string().max(35), z.string().max(4000)).describe('By language.');
const note = z.string().max(200).default('').describe('What changed. Shown when a user chooses a version.');

export const documentInput = z.strictObject({
  document: z.unknown().describe('The whole questionnaire or rule profile.'),
  note,
});
export const checkInput = z.strictObject({ document: z.unknown() });
export const adaptInput = z.strictObject({
  title: text,
  introduction: text.default({}),
  tails: z.record(z.string(), text).default({}).describe('The question itself, by scale.'),
  orders: z
    .record(z.string(), z.enum(optionOrders))
    .default({})
    .describe(
      'By scale, or by item with options of its own: `half` shows half of the codes the reverse order.',
    ),
  items: z
    .array(z.strictObject({ id: z.string().min(1).max(40), text }))
    .min(1)
    .max(200)
    .describe('What is asked, in this order: own items, and items of other shipped questionnaires.'),
  note,
});
export const withdrawInput = z.strictObject({ reason: z.string().min(1).max(200) });
export const xlsformForm = z.object({
  fileName: z.string().min(1).max(255).optional(),
  groups: z
    .string()
    .max(200)
    .default('')
    .describe('Who is asked with it, joined by commas; a workbook cannot say so itself.'),
  regime: z.string().max(40).optional(),
});

const findingSchema = issueSchema.extend({
  severity: z.enum(['fault', 'warning']),
  ofSet: z.boolean().describe('Only seen beside the other questionnaires of the same rules.'),
});
const summary = {
  key: z.string(),
  kind: z.enum(templateKinds),
  id: z.string().describe('Of the document.'),
  title: z.record(z.string(), z.string()),
  groups: z.array(groupSchema),
  regime: z.string().nullable(),
  hash: contentHashSchema,
  version: count.nullable().describe('Null: it comes with the program.'),
  origin: z.enum(templateOrigins).nullable(),
  note: z.string(),
  addedAt: time.nullable(),
  addedBy: z.string().nullable(),
  withdrawn: z.object({ at: time, by: z.string(), reason: z.string() }).nullable(),
};
export const templateSchema = z.object(summary);
export const templateDetailSchema = z.object({
  ...summary,
  document: z.unknown(),
  findings: z.array(findingSchema),
  uses: z.array(z.object({ campaign: z.string(), name: z.string(), isFixed: z.boolean() })),
});
export const checkedSchema = z.object({ kind: z.enum(templateKinds), findings: z.array(findingSchema) });
export const convertedSchema = z.object({ document: z.unknown(), notices: z.array(issueSchema) });
export const comparisonSchema = z.object({
  kind: z.enum(templateKinds),
  differences: z.array(
    z.object({
      of: z.enum(['questionnaire', 'item', 'scale', 'dimension', 'profile']),
      id: z.string().nullable(),
      what: z.enum(['added', 'removed', 'moved', 'text', 'options', 'order', 'property']),
      name: z.string().nullable(),
      language: z.string().nullable(),
      before: z.string().nullable(),
      after: z.string().nullable(),
    }),
  ),
});
