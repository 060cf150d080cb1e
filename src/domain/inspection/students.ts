/**
 * Guardians' consent before pupils are asked: numbers by school, never names. Pupils from grade 3 answer by slips in class,
 * anonymously. The commissioner sets whether consent is needed. If so, no more slips for pupils leave the service than guardians
 * have consented.
 */
import { z } from 'zod';
import { AppError } from '../errors.ts';
import type { SlipPlan } from '../model/campaign.ts';
import type { RecordRules } from './record.ts';
import { day } from './scores.ts';

const school = z.string().min(1).max(64);
const consentShape = {
  school,
  on: day,
  /** Of the classes that are to answer. */
  pupils: z.int().min(1).max(20_000),
  consented: z.int().min(0).max(20_000),
};
const bodySchema = z.strictObject({
  isRequired: z.boolean(),
  consents: z.array(z.strictObject(consentShape)),
});
export type StudentsBody = z.infer<typeof bodySchema>;

const changeSchema = z.discriminatedUnion('do', [
  z.strictObject({ do: z.literal('setting'), isRequired: z.boolean() }),
  z.strictObject({ do: z.literal('consent'), ...consentShape }),
]);

export const studentsRecord: RecordRules<StudentsBody, z.infer<typeof changeSchema>> = {
  body: bodySchema,
  change: changeSchema,
  empty: { isRequired: true, consents: [] },
  actionOf: (change) => (change.do === 'setting' ? 'inspection.configure' : 'inspection.enter'),
  needsReason: (change, { consents }) =>
    change.do === 'setting' || consents.some((c) => c.school === change.school),
  apply(before, change, { schools }) {
    if (change.do === 'setting') return { ...before, isRequired: change.isRequired };
    const { do: _, ...consent } = change;
    // A spot survey has no list of schools: it was copied from the county's survey.
    if (schools.length > 0 && !schools.some((s) => s.id === consent.school))
      throw wrong('school', 'inspection.sample.unknown');
    if (consent.consented > consent.pupils) throw wrong('consented', 'inspection.consent.more');
    const others = before.consents.filter((c) => c.school !== consent.school);
    const consents = [...others, consent].sort((a, b) => (a.school < b.school ? -1 : 1));
    return { ...before, consents };
  },
};

const wrong = (path: string, message: string) =>
  new AppError('invalid', 'inspection.invalid', { issues: [{ path, message }] });

/** @param schools those to be counted; null: all */
export function consentedCount({ consents }: StudentsBody, schools: readonly string[] | null = null): number {
  return consents
    .filter((c) => schools === null || schools.includes(c.school))
    .reduce((n, c) => n + c.consented, 0);
}

/**
 * Checked before slips for pupils are made or exported.
 * @throws AppError conflict `inspection.consent.missing`
 */
export function assertConsents(
  students: StudentsBody | undefined,
  slips: readonly SlipPlan[],
  schools: readonly string[] | null = null,
): void {
  const count = slips.find((s) => s.group === 'student')?.count ?? 0;
  const body = students ?? studentsRecord.empty;
  if (count === 0 || !body.isRequired) return;
  const consented = consentedCount(body, schools);
  if (count > consented)
    throw new AppError('conflict', 'inspection.consent.missing', { params: { count, consented } });
}
