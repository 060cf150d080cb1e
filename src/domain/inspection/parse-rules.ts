/** Rules of an inspection uploaded by an office: a regime or a programme. */
import type { z } from 'zod';
import { AppError } from '../errors.ts';

/** @throws AppError invalid `message` with an issue for each fault, in the schema's own words if it has some */
export function parseRules<T>(schema: z.ZodType<T>, document: unknown, message: string): T {
  const parsed = schema.safeParse(document);
  if (parsed.success) return parsed.data;
  throw new AppError('invalid', message, {
    issues: parsed.error.issues.map(({ path, message: fault }) => ({
      path: path.map(String).join('.'),
      message: fault.startsWith('inspection.') ? fault : 'inspection.regime.field',
      params: { path: path.map(String).join('.') },
    })),
  });
}
