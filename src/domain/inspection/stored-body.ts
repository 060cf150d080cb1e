/**
 * Reads stored documents. They must have their shape, but lengths of lists and texts, and the characters of texts, are limited
 * only on writing: an older version may have stored more, and a document that cannot be read cannot be repaired either.
 */
import { z } from 'zod';
import { AppError } from '../errors.ts';
import type { InspectionRecord } from './record-names.ts';
import { rulesOf, type InspectionBodies } from './records.ts';

const schemas = new Map<InspectionRecord, z.ZodType>();

/** The schema of a stored document, also for replies that contain one. */
export function storedSchema<K extends InspectionRecord>(record: K): z.ZodType<InspectionBodies[K]> {
  let schema = schemas.get(record);
  if (!schema) schemas.set(record, (schema = withoutLengths(rulesOf(record).body)));
  return schema as z.ZodType<InspectionBodies[K]>;
}

/** @throws AppError corrupt `storage.corrupt` */
export function readBody<K extends InspectionRecord>(record: K, text: string): InspectionBodies[K] {
  const corrupt = (cause: unknown) =>
    new AppError('corrupt', 'storage.corrupt', { params: { column: 'inspection_versions.body' }, cause });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw corrupt(cause);
  }
  const parsed = storedSchema(record).safeParse(value);
  if (!parsed.success) throw corrupt(parsed.error);
  return parsed.data;
}

/** The same schema with no upper limit on the length of any list or text, and with any character in texts. */
function withoutLengths(schema: z.core.$ZodType): z.ZodType {
  const type = schema as z.ZodType;
  if (type instanceof z.ZodString) return withoutChecks(type, ['max_length', 'custom']);
  if (type instanceof z.ZodArray)
    return withoutChecks(type, ['max_length'], { element: withoutLengths(type.element) });
  if (type instanceof z.ZodObject) {
    const shape: Readonly<Record<string, z.core.$ZodType>> = type.shape;
    const fields = Object.entries(shape).map(([name, field]) => [name, withoutLengths(field)] as const);
    return withoutChecks(type, [], { shape: Object.fromEntries(fields) });
  }
  if (type instanceof z.ZodRecord)
    return withoutChecks(type, [], {
      keyType: withoutLengths(type.keyType),
      valueType: withoutLengths(type.valueType),
    });
  if (type instanceof z.ZodUnion)
    return withoutChecks(type, [], { options: type.options.map(withoutLengths) });
  if (type instanceof z.ZodNullable || type instanceof z.ZodOptional)
    return withoutChecks(type, [], { innerType: withoutLengths(type.unwrap()) });
  return type;
}

function withoutChecks(type: z.ZodType, kinds: readonly string[], inner: object = {}): z.ZodType {
  const { def } = type._zod;
  const checks = (def.checks ?? []).filter((check) => !kinds.includes(check._zod.def.check));
  return type.clone({ ...def, checks, ...inner });
}
