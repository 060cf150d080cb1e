/** Messages that the service sends itself. */
import { z } from 'zod';
import { maxPerDay } from '../../../domain/messaging/decide-sending.ts';
import { messageStates } from '../../../domain/messaging/outbox.ts';
import { sendingKinds, sendingStates, textForms } from '../../../domain/model/sending.ts';
import { countedSetSchema, groupSchema } from '../../../domain/model/vocabulary.ts';
import { textKinds } from '../../../operations/message/schedule.ts';
import { count, countyParams, issueSchema, time, timeInput } from '../shapes.ts';

export const sendingParams = countyParams.extend({ sending: z.coerce.number().int().min(0) });

export const channelSchema = z.object({
  name: z.string(),
  capabilities: z.object({
    personalLink: z.boolean(),
    variableLength: z.boolean(),
    maxSegments: count,
    optOutText: z.enum(['required', 'forbidden', 'free']),
    window: z.object({ from: z.string(), to: z.string() }).nullable().describe('HH:MM, China time.'),
    receipts: z.boolean(),
    templateIds: z.boolean(),
    perSecond: z.number(),
    idempotent: z.boolean(),
  }),
});

const texts = z.partialRecord(z.enum(textKinds), z.string().max(1000));
export const newSendingsSchema = z.strictObject({
  channel: z.string().min(1).max(100),
  everyCounty: z.boolean().default(false).describe('The same in every county of the campaign.'),
  signature: z.string().min(1).max(100).optional(),
  texts: texts.default({}).describe('Texts of one’s own; left out: the longest of ours that fits.'),
  perDay: z.int().min(1).max(maxPerDay).nullable().default(null).describe('In each county.'),
  price: z.int().min(0).nullable().default(null).describe('Thousandths of a yuan a segment.'),
  waves: z
    .array(
      z.strictObject({
        kind: z.enum(sendingKinds),
        dueAt: timeInput
          .nullable()
          .default(null)
          .describe('Null for a last notice, whose time follows from the end.'),
      }),
    )
    .min(1)
    .max(20),
});
export const testMessageSchema = z.strictObject({
  channel: z.string().min(1).max(100),
  signature: z.string().min(1).max(100).optional(),
  texts: texts.default({}),
  kind: z.enum(textKinds),
  phone: z.string().max(40),
});
export const testedSchema = z.object({ to: z.string().describe('Masked.'), segments: count });
export const doNotContactSchema = z.strictObject({ phone: z.string().max(40), listed: z.boolean() });
export const doNotContactCountSchema = z.object({ numbers: count });

const text = z.object({
  kind: z.enum(textKinds),
  template: z.string(),
  text: z.string().describe('With an example in place of the code.'),
  units: count,
  segments: count,
  warnings: z.array(issueSchema),
});
export const plannedSchema = z.array(
  z.object({
    county: z.string(),
    sendings: z.array(
      z.object({
        kind: z.enum(sendingKinds),
        dueAt: time,
        text,
        contacts: count.describe('Everybody it is for as things stand.'),
        groups: z.array(z.object({ group: groupSchema, contacts: count })),
        barred: count.describe('On the do-not-contact list.'),
        segments: count.describe('At most.'),
        cost: count.nullable().describe('Thousandths of a yuan, at most.'),
        endsAt: time,
        shortfall: z
          .object({
            messages: count,
            perDay: count.describe('Most that leave on one day, by the daily cap and the channel.'),
            days: count.describe('Until the last one has gone.'),
            until: time.describe('24 hours before the end for a last notice; when it expires for others.'),
            inTime: count.describe('Leave by then.'),
            never: count.describe('Do not leave at all.'),
            enoughPerDay: count
              .nullable()
              .describe('The lowest cap with which all leave in time; null: the channel is too slow.'),
          })
          .nullable()
          .describe('Null where all leave in time.'),
      }),
    ),
  }),
);

export const sendingSchema = z.object({
  county: z.string(),
  no: count,
  kind: z.enum(sendingKinds),
  channel: z.string(),
  form: z.enum(textForms).describe('fixed: one address and a code; link: an address of one’s own.'),
  signature: z.string(),
  template: z.string(),
  perDay: count.nullable(),
  price: count.nullable(),
  dueAt: time,
  state: z.enum(sendingStates),
  by: z.string(),
  at: time,
  startedAt: time.nullable(),
  endedAt: time.nullable(),
  contacts: count.nullable().describe('Everybody it was for, answered or not; null before it begins.'),
  counts: z
    .array(
      z.object({
        reportingStratum: count.describe('0: all together.'),
        set: countedSetSchema,
        state: z.enum(messageStates),
        reason: z.string().nullable(),
        day: z.string().describe('China time; empty: all together.'),
        messages: count,
        segments: count,
        repeats: count.describe('May have reached the person twice.'),
      }),
    )
    .nullable()
    .describe('Null where it would tell the reader how many have answered.'),
});
