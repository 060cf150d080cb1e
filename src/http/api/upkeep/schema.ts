/** Backups and the trail. */
import { z } from 'zod';
import { campaignIdSchema } from '../../../domain/model/ids.ts';
import { time, count } from '../shapes.ts';

export const backupSchema = z.object({ file: z.string(), bytes: count });
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
