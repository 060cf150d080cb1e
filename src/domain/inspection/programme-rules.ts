/**
 * A programme of schools as data (survey-templates/programmes): levels with their criteria, draws of its check, waiting periods,
 * reviews and yearly targets.
 */
import { z } from 'zod';
import { lineSchema } from '../line.ts';
import { bilingualSchema } from '../scoring/rules/formula.ts';
import { parseRules } from './parse-rules.ts';
import { reinspectionSchema } from './reinspection.ts';

const id = z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/);
const target = z.strictObject({ year: z.int().min(2000).max(2200), share: z.number().gt(0).max(1) });

export const programmeSchema = z
  .strictObject({
    $schema: z.string().optional(),
    id,
    version: lineSchema(1, 40),
    title: bilingualSchema,
    source: bilingualSchema,
    choices: z.array(bilingualSchema),
    /** From the lowest to the highest. */
    levels: z
      .array(
        z.strictObject({
          id,
          title: bilingualSchema,
          criteria: z
            .array(z.strictObject({ id, title: bilingualSchema }))
            .min(1)
            .max(50),
        }),
      )
      .min(1)
      .max(9),
    check: reinspectionSchema,
    /** Years at a level before a school may apply for a higher one. */
    waitYears: z.int().min(0).max(20),
    /** A school may apply for any higher level, not only the next one. */
    maySkip: z.boolean(),
    reviewYears: z.int().min(1).max(20),
    /** A central school applies and is counted together with its teaching points. */
    bundles: z.boolean(),
    /** Share of the public schools with a level, and with the highest level, at the end of a year. */
    coverage: z.array(target),
    top: z.array(target),
  })
  .superRefine((rules, context) => {
    const fault = (path: (string | number)[], message: string) =>
      context.addIssue({ code: 'custom', path, message });
    const isTwice = (ids: readonly (string | number)[]) => new Set(ids).size < ids.length;
    if (isTwice(rules.levels.map((l) => l.id))) fault(['levels'], 'inspection.regime.twice');
    for (const [i, level] of rules.levels.entries())
      if (isTwice(level.criteria.map((c) => c.id))) fault(['levels', i], 'inspection.regime.twice');
    for (const name of ['coverage', 'top'] as const)
      if (isTwice(rules[name].map((t) => t.year))) fault([name], 'inspection.regime.twice');
  });
export type ProgrammeRules = z.infer<typeof programmeSchema>;

/** @throws AppError invalid `inspection.programme.invalid` with an issue for each fault */
export function parseProgramme(document: unknown): ProgrammeRules {
  return parseRules(programmeSchema, document, 'inspection.programme.invalid');
}
