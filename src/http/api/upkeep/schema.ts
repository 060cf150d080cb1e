/** Backups and the trail. */
import { z } from 'zod';
import { campaignIdSchema, countyCodeSchema } from '../../../domain/model/ids.ts';
import { trailTopicNames } from '../../../domain/model/trail.ts';
import { time, timeInput, count } from '../shapes.ts';

export const backupSchema = z.object({ file: z.string(), bytes: count });
export const trailQuery = z.object({
  campaign: campaignIdSchema.optional(),
  before: z.coerce.number().int().min(1).optional(),
  limit: z.coerce.number().int().min(1).max(1000).optional(),
  topic: z.enum(trailTopicNames).optional().describe('What the entries are about.'),
  actor: z.string().max(64).optional().describe('Part of the name of whoever acted.'),
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
