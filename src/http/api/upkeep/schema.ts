/** Backups and the trail. */
import { z } from 'zod';
import { campaignIdSchema, countyCodeSchema } from '../../../domain/model/ids.ts';
import { maxStorageMonths } from '../../../domain/model/settings.ts';
import { trailTopicNames } from '../../../domain/model/trail.ts';
import { time, timeInput, count } from '../shapes.ts';

export const backupSchema = z.object({ file: z.string(), bytes: count });
export const trailQuery = z.object({
  campaign: campaignIdSchema.optional(),
  before: z.coerce.number().int().min(1).optional(),
  limit: z.coerce.number().int().min(1).max(1000).optional(),
  topic: z.enum(trailTopicNames).optional().describe('What the entries are about.'),
  actor: z.string().max(64).optional().describe('Part of the name of the account that acted.'),
  county: countyCodeSchema.optional(),
  from: timeInput.optional().describe('From this moment on.'),
  until: timeInput.optional().describe('Before this moment.'),
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

const settingsFields = {
  organisation: z
    .string()
    .max(60)
    .describe('Who runs the installation: in the head of every page of the staff.'),
  phone: z.string().max(40).describe('For distrustful respondents, where a campaign names no other.'),
  icpNumber: z.string().max(100).describe('备案号; empty: that of the environment.'),
  storageMonths: z
    .int()
    .min(1)
    .max(maxStorageMonths)
    .describe('How long a new campaign stores after its close.'),
};
/** Otherwise a misspelt field would be ignored silently. */
export const settingsBody = z.strictObject(settingsFields).partial();
export const settingsReply = z.object({ ...settingsFields, hasLogo: z.boolean() });
