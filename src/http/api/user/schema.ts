/** Accounts and sessions. */
import { z } from 'zod';
import { countyCodeSchema } from '../../../domain/model/ids.ts';
import { roleSchema } from '../../../domain/model/vocabulary.ts';
import { time } from '../shapes.ts';

const counties = z.array(countyCodeSchema);
const password = z.string().min(1).max(256);
export const userSchema = z.object({
  id: z.string(),
  login: z.string(),
  name: z.string(),
  role: roleSchema,
  counties: z.array(z.string()),
  disabled: z.boolean(),
  createdAt: time,
});
export const newUserSchema = z.strictObject({
  login: z.string().max(200),
  name: z.string().max(200),
  role: roleSchema,
  counties: counties.default([]),
  password,
});
export const userChangeSchema = z.strictObject({
  name: z.string().max(200).optional(),
  role: roleSchema.optional(),
  counties: counties.optional(),
  disabled: z.boolean().optional(),
});
export const passwordSchema = z.strictObject({ password });
export const ownPasswordSchema = z.strictObject({ present: password, password });
export const logInSchema = z.strictObject({
  login: z.string().max(200),
  password,
  code: z
    .string()
    .max(40)
    .optional()
    .describe('Of the second factor, where one is enrolled: six digits, or a recovery code.'),
});
export const sessionSchema = z.object({
  user: z.object({ id: z.string(), name: z.string(), role: roleSchema, counties: z.array(z.string()) }),
  csrfToken: z
    .string()
    .describe('To be sent as the header csrf-token with every request that changes something.'),
});
