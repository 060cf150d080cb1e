/** From schools and rolls to codes and links. */
import { z } from 'zod';
import { handInSteps } from '../../../domain/model/hand-in.ts';
import { importStates } from '../../../domain/model/import.ts';
import { planQuestionSchema } from '../../../domain/scoring/planner/plan.ts';
import { textedKinds } from '../../../domain/messaging/sms-text.ts';
import { reportingLevels } from '../../../domain/frame/strata.ts';
import {
  countedSetSchema,
  groupSchema,
  locationSchema,
  ownershipSchema,
  schoolCategorySchema,
  schoolLevelSchema,
} from '../../../domain/model/vocabulary.ts';
import { time, count, messageKey, everyOne, issueSchema } from '../shapes.ts';
import { campaignCountySchema } from '../campaign/schema.ts';

const schoolFields = {
  category: schoolCategorySchema,
  location: locationSchema.nullable(),
  level: schoolLevelSchema.nullable(),
  ownership: ownershipSchema,
  pupils: count.nullable(),
  staff: count.nullable(),
  township: z.string(),
  parent: z.string().nullable(),
};
export const schoolSchema = z.object({
  id: z.string(),
  name: z.string(),
  code: z
    .string()
    .nullable()
    .describe('Of a school that was first listed without one; else the id is the code.'),
  aliases: z.array(z.string()).readonly().describe('Short and former names, which rolls may use.'),
  ...schoolFields,
});
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
  state: z.enum(importStates),
  summary: z
    .object({
      good: count,
      bad: count,
      skipped: count,
      unmappedColumns: count,
      warnings: z.array(issueSchema),
      doubts: z.array(issueSchema).describe('Plausibility warnings: applying the roll needs a reason.'),
    })
    .nullable(),
  by: z.string(),
  at: time,
  added: count,
  duplicates: count,
  joined: count,
  corrected: count.describe('Contacts whose grade this roll replaced.'),
  lateReason: z.string().nullable(),
  reason: z.string().nullable().describe('Why it was applied although doubts stood.'),
  withdrawal: z
    .object({ by: z.string(), at: time, reason: z.string(), removed: count, kept: count })
    .nullable()
    .describe('removed: contacts that no other roll names; kept: those that others name, too.'),
});
const reason = z.string().max(500);
export const withdrawSchema = z.strictObject({ reason });
export const handInSchema = z.strictObject({
  note: reason.optional().describe('Why schools or groups are missing, if any are.'),
});
export const sendBackSchema = z.strictObject({ reason });
export const handInsSchema = z
  .array(z.object({ step: z.enum(handInSteps), note: z.string(), by: z.string(), at: time }))
  .describe('Newest first: the first says how the roll stands.');
export const schoolEditSchema = z.strictObject({
  name: z.string(),
  aliases: z.array(z.string()),
  ...schoolFields,
});
export const applySchema = z.strictObject({
  keepGood: z.boolean().describe('Apply the good rows although others are bad.'),
  reason: z.string().max(500).optional().describe('Required if the summary has doubts.'),
});
const ratio = z.number().nullable();
const sums = {
  schools: count,
  missing: count,
  pupils: count.nullable(),
  guardians: count,
  staff: count.nullable(),
  teachers: count,
};
export const coverageSchema = z.object({
  schools: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      location: locationSchema.nullable(),
      township: z.string(),
      contacts: count,
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
  groups: z.array(z.object({ group: groupSchema, contacts: count, withPhone: count })),
  total: z.object(sums),
  byLocation: z.array(z.object({ location: locationSchema.nullable(), ...sums })),
  byTownship: z.array(z.object({ township: z.string(), ...sums })),
  gaps: z
    .object({ schools: count, groups: z.array(groupSchema), principals: count })
    .describe('What the roll lacks. To hand in a roll with gaps, give the reason in a note.'),
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
  issues: z.array(issueSchema).describe('Why it may not be sent.'),
  warnings: z.array(issueSchema).describe('Words that vendors reject, and other words for the code.'),
});
export const exportSchema = z.object({
  id: z.string(),
  county: z.string(),
  kind: z.enum(exportKinds),
  format: z.enum([...exportFormats, 'html']),
  groups: z.array(groupSchema),
  count: count.nullable().describe('Null where it would tell the reader how many have answered.'),
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
