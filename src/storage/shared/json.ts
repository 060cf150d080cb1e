/** JSON columns, parsed on reading (habit 2): a value that does not fit its schema is reported as corruption at once. */
import { z } from 'zod';
import { AppError } from '../../domain/errors.ts';

export function parseJson<T>(schema: z.ZodType<T>, text: string, column: string): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new AppError('corrupt', 'storage.corrupt', { params: { column }, cause });
  }
  return parseColumn(schema, value, column);
}

/** @throws AppError corrupt `storage.corrupt` */
export function parseColumn<T>(schema: z.ZodType<T>, value: unknown, column: string): T {
  const result = schema.safeParse(value);
  if (!result.success)
    throw new AppError('corrupt', 'storage.corrupt', { params: { column }, cause: result.error });
  return result.data;
}

const objectSchema = z.record(z.string(), z.unknown());
export function parseObject(text: string): Readonly<Record<string, unknown>> {
  return parseJson(objectSchema, text, 'details');
}
