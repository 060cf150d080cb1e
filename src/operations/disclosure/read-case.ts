/** Reads what somebody outside has of a county, for the auditor of disclosure: a case in JSON, or publications with what is known beside them. */
import { z } from 'zod';
import type { AuditCase } from '../../audit/disclosure/case.ts';
import { AppError } from '../../domain/errors.ts';
import { groupSchema, locationSchema } from '../../domain/model/vocabulary.ts';
import { ruleProfileSchema } from '../../domain/scoring/rules/profile.ts';
import type { Summary } from '../../domain/scoring/summary/summary.ts';

/** As this program writes it; only what the auditor leans on is looked at. */
const summarySchema = z
  .looseObject({
    version: z.literal(1),
    groups: z.array(z.looseObject({ group: groupSchema })),
    schools: z.array(z.looseObject({ reportingStratum: z.number().int() })),
  })
  .transform((summary) => summary as unknown as Summary);
type KnownQuestionnaire = AuditCase['publications'][number]['questionnaires'][number];
/** Files from before items said so: all is scored, and a dimension is all of its items. */
const silent = { scored: true, core: false, about: null, named: false, ofDimension: true };
function withStatements(q: KnownQuestionnaire): KnownQuestionnaire {
  return { ...q, items: q.items.map((item) => (item.type === 'rating' ? { ...silent, ...item } : item)) };
}
const count = z.number().int().min(0);
const knownSchema = z.object({
  profile: ruleProfileSchema,
  questionnaires: z.array(z.custom<KnownQuestionnaire>(isObject).transform(withStatements)),
  strata: z.array(
    z.object({
      no: count,
      group: groupSchema,
      location: locationSchema.nullable(),
      grade: count.nullable().optional(),
      frameSize: z.number().min(0).nullable(),
      responses: count.nullable(),
      firstResponses: count.optional(),
      unflagged: count.optional(),
      unflaggedFirst: count.optional(),
    }),
  ),
  reportingStrata: z.array(z.custom<AuditCase['publications'][number]['reportingStrata'][number]>(isObject)),
  pairs: z.array(z.object({ reportingStratum: count, samplingStratum: count })).optional(),
  flagged: z.array(count).optional(),
});
const caseSchema = z.object({
  publications: z.array(knownSchema.extend({ summary: summarySchema })).min(1),
  relation: z.enum(['same', 'grown', 'independent']),
});
/** A publication (`manyi publish`), or a summary by itself. */
const publicationSchema = z.union([z.looseObject({ summary: summarySchema }), summarySchema]);

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

/**
 * `text`: a case; or a publication, and then `known` is what is known beside it (rule profile, questionnaires, strata).
 * @throws AppError invalid `disclosure.unreadable` (params file)
 */
export function readCase(file: string, text: string, known?: string): AuditCase {
  const json = parse(file, text);
  const whole = caseSchema.safeParse(json);
  if (whole.success) return whole.data as AuditCase;
  const publication = publicationSchema.safeParse(json);
  const beside = known === undefined ? undefined : knownSchema.safeParse(parse(file, known));
  if (!publication.success || !beside?.success) throw unreadable(file);
  const summary = 'summary' in publication.data ? publication.data.summary : publication.data;
  return { publications: [{ ...beside.data, summary }], relation: 'same' } as AuditCase;
}

function parse(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw unreadable(file);
  }
}

function unreadable(file: string): AppError {
  return new AppError('invalid', 'disclosure.unreadable', { params: { file } });
}
