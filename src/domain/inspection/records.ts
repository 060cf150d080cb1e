/** The documents of an inspection by name. */
import type { z } from 'zod';
import { AppError } from '../errors.ts';
import type { InspectionRecord } from './record-names.ts';
import type { RecordRules } from './record.ts';
import { growthRecord, type GrowthBody } from './growth.ts';
import { interviewsRecord, type InterviewsBody } from './interviews.ts';
import { rulesRecord, type RulesBody } from './rules.ts';
import { programmeRecord, type ProgrammeBody } from './programme.ts';
import { rectificationRecord, type RectificationBody } from './rectification.ts';
import { sampleRecord, type SampleBody } from './sample.ts';
import { schoolTableRecord } from './school-table-record.ts';
import type { SchoolTable } from './school-table.ts';
import {
  archiveRecord,
  otherFiguresRecord,
  partsRecord,
  vetoesRecord,
  workRecord,
  type ArchiveBody,
  type OtherFiguresBody,
  type PartsBody,
  type VetoesBody,
  type WorkBody,
} from './scores.ts';
import { stagesRecord, type StagesBody } from './stages.ts';
import { spotRecord, type SpotBody } from './spot.ts';
import { studentsRecord, type StudentsBody } from './students.ts';
import { symposiumsRecord, type SymposiumsBody } from './symposiums.ts';

export interface InspectionBodies {
  readonly rules: RulesBody;
  readonly schools: SchoolTable;
  readonly work: WorkBody;
  readonly vetoes: VetoesBody;
  readonly growth: GrowthBody;
  readonly parts: PartsBody;
  readonly 'other-figures': OtherFiguresBody;
  readonly stages: StagesBody;
  readonly archive: ArchiveBody;
  readonly sample: SampleBody;
  readonly symposiums: SymposiumsBody;
  readonly interviews: InterviewsBody;
  readonly spot: SpotBody;
  readonly rectification: RectificationBody;
  readonly programme: ProgrammeBody;
  readonly students: StudentsBody;
}

type AnyRules = RecordRules<never, never>;

export const recordRules: { readonly [K in InspectionRecord]: AnyRules } = {
  rules: rulesRecord,
  schools: schoolTableRecord,
  work: workRecord,
  vetoes: vetoesRecord,
  growth: growthRecord,
  parts: partsRecord,
  'other-figures': otherFiguresRecord,
  stages: stagesRecord,
  archive: archiveRecord,
  sample: sampleRecord,
  symposiums: symposiumsRecord,
  interviews: interviewsRecord,
  spot: spotRecord,
  rectification: rectificationRecord,
  programme: programmeRecord,
  students: studentsRecord,
} as never;

/** Rules of one document, typed by its name. */
export function rulesOf<K extends InspectionRecord>(
  record: K,
): RecordRules<InspectionBodies[K], { readonly do: string }> {
  return recordRules[record] as never;
}

/** @throws AppError invalid `inspection.invalid` with an issue for each field */
export function parseChange(record: InspectionRecord, raw: unknown): { readonly do: string } {
  const parsed = rulesOf(record).change.safeParse(raw);
  if (parsed.success) return parsed.data;
  throw new AppError('invalid', 'inspection.invalid', { issues: issuesOf(parsed.error) });
}

/** One fault per field: for a number that is far too large, zod also reports that it is not a safe integer. */
export function issuesOf({ issues }: z.ZodError) {
  return [...new Map(issues.map(issueOf).map((issue) => [issue.path, issue])).values()];
}

function issueOf(issue: z.core.$ZodIssue) {
  const path = issue.path.map(String).join('.');
  const isOwn = /^(?:inspection|text)\./.test(issue.message);
  const isNumber = 'origin' in issue && ['number', 'int'].includes(issue.origin);
  if (!isOwn && isNumber && issue.code === 'too_small')
    return { path, message: 'inspection.field.least', params: { path, minimum: Number(issue.minimum) } };
  if (!isOwn && isNumber && issue.code === 'too_big')
    return { path, message: 'inspection.field.most', params: { path, maximum: Number(issue.maximum) } };
  if (!isOwn && issue.code === 'invalid_type' && (issue.expected === 'number' || issue.expected === 'int'))
    return { path, message: `inspection.field.${issue.expected}`, params: { path } };
  if (!isOwn && issue.code === 'too_small' && issue.origin === 'array')
    return { path, message: 'inspection.field.empty', params: { path } };
  if (!isOwn && issue.code === 'invalid_format' && issue.format === 'date')
    return { path, message: 'inspection.field.date', params: { path } };
  if (!isOwn && issue.code === 'too_small' && issue.origin === 'string' && issue.minimum === 1)
    return { path, message: 'inspection.field.empty', params: { path } };
  if (!isOwn && issue.code === 'too_big' && issue.origin === 'string')
    return { path, message: 'inspection.field.longest', params: { path, maximum: Number(issue.maximum) } };
  return { path, message: isOwn ? issue.message : `inspection.field.${issue.code}`, params: { path } };
}
