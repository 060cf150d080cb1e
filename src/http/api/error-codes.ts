/** The error codes of each operation: a list generated from the code by `test/http/error-codes.ts`, and checked by a test. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';

const listSchema = z.record(z.string(), z.record(z.string(), z.array(z.string())));

let list: z.infer<typeof listSchema> | undefined;

/** Errors that only concern accounts. */
const ofAccounts = /^(?:login\.needed|account\.step\..*|forbidden|token\..*)$/;

/**
 * Sorted.
 * @param operation null: those common to all operations
 */
export function errorCodesOf(operation: string | null, status: string, isPublic: boolean): readonly string[] {
  list ??= listSchema.parse(JSON.parse(readFileSync(new URL('./error-codes.json', import.meta.url), 'utf8')));
  const common = (list['*']?.[status] ?? []).filter((code) => !isPublic || !ofAccounts.test(code));
  const own = operation === null ? [] : (list[operation]?.[status] ?? []);
  return [...new Set([...common, ...own])].sort();
}
