import { z } from 'zod';
import { reinspectionSchema } from './reinspection.ts';

/** Of a regime: shares, the limit, and after how many years it is looked at once more. */
export const rectificationRuleSchema = z.strictObject({
  ...reinspectionSchema.shape,
  reviewYears: z.int().min(1).max(20),
});
export type RectificationRule = z.infer<typeof rectificationRuleSchema>;
