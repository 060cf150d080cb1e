/** Common schemas of several nouns: addresses, times, counts, problems. */
import { z } from 'zod';
import { campaignIdSchema, countyCodeSchema, userIdSchema } from '../../domain/model/ids.ts';
import { groupSchema } from '../../domain/model/vocabulary.ts';

export const campaignParams = z.object({ campaign: campaignIdSchema });
export const countyParams = z.object({ campaign: campaignIdSchema, county: countyCodeSchema });
/** Ids that operations look up; an invalid one is simply not found. */
const anyId = z.string().min(1).max(64);
export const importParams = countyParams.extend({ import: anyId });
export const proposalParams = campaignParams.extend({ proposal: anyId });
export const userParams = z.object({ user: userIdSchema });
/** A time with its offset, `2026-03-31T18:00:00+08:00`; passed on in milliseconds. */
export const timeInput = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));
export const time = z.iso.datetime().describe('UTC');
export const count = z.int().min(0);
export const hex = z.string().regex(/^[0-9a-f]*$/);
export const dateSchema = z.iso.date();
export const messageKey = z.string().describe('Key of the message, the same in every language.');
/** The read-only type of a schema's values. */
export type DeepReadonly<T> = T extends string | number | boolean | null | undefined
  ? T
  : T extends readonly (infer Item)[]
    ? readonly DeepReadonly<Item>[]
    : { readonly [K in keyof T]: DeepReadonly<T[K]> };
/**
 * The same schema for responses that are sent without copying: the type of its arrays is read-only, the JSON Schema does not
 * change.
 */
export function readonlyReply<T extends z.ZodType>(schema: T) {
  return schema as z.ZodType<DeepReadonly<z.output<T>>, DeepReadonly<z.output<T>>>;
}
/** An object with each of these names: a record's JSON Schema would require names that it does not describe. */
export function everyOne<K extends string, T extends z.ZodType>(names: readonly K[], schema: T) {
  return Object.fromEntries(names.map((name) => [name, schema])) as Record<K, T>;
}
export const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: messageKey,
    issues: z
      .array(z.object({ path: z.string(), detail: z.string(), code: messageKey }))
      .optional()
      .describe('Every fault of the input.'),
  })
  .describe('RFC 9457 problem; texts in the language of Accept-Language or of the session.');
export const slipSchema = z.object({ group: groupSchema, count: z.int().min(1).max(100_000) });
export const residentsSchema = z.object({ count: z.int().min(1).max(2_000_000_000), asOf: dateSchema });
export const issueSchema = z.object({ path: z.string(), message: z.string(), code: messageKey });
