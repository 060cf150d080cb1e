import { z } from 'zod';
import { reinspectionSchema } from './reinspection.ts';

/** From a regime: shares, the limit, and the number of years until the follow-up. */
export const rectificationRuleSchema = z.strictObject({
  ...reinspectionSchema.shape,
  reviewYears: z.int().min(1).max(20),
});
export type RectificationRule = z.infer<typeof rectificationRuleSchema>;
