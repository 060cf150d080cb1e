/** The school table of the yearly report: the fields of a row, and which schools have which stages. */
import { z } from 'zod';
import { lineSchema } from '../line.ts';

export const stages = ['primary', 'junior'] as const;
export type Stage = (typeof stages)[number];
/** Includes the senior years, which get their part of a shared school and are not judged. */
export const partStages = ['primary', 'junior', 'senior'] as const;
export type PartStage = (typeof partStages)[number];

export const schoolKinds = [
  'primary',
  'teaching-point',
  'junior',
  'nine-year',
  'complete-secondary',
  'twelve-year',
  'special',
  'vocational',
  'other',
] as const;
export type SchoolKind = (typeof schoolKinds)[number];

/** Amounts of a school as in the yearly report, never per pupil. */
export const tableValues = [
  'rooms',
  'sports',
  'instruments',
  'computers',
  'books',
  'teachers',
  'higherDegree',
  'intermediateTitle',
  'backbone',
  'artsTeachers',
  'networkedRooms',
] as const;
export type TableValue = (typeof tableValues)[number];

const pupils = z.int().min(0).max(100_000);
const amount = z.number().min(0).max(1e11);

export const schoolRowSchema = z.strictObject({
  name: lineSchema(1, 100),
  kind: z.enum(schoolKinds),
  pupils: z.strictObject({ primary: pupils, junior: pupils, senior: pupils }),
  values: z.partialRecord(z.enum(tableValues), amount),
});
export type SchoolRow = z.infer<typeof schoolRowSchema>;

export const schoolTableSchema = z.strictObject({
  /** Name of the file; null: sent by a program. */
  file: lineSchema(1, 255).nullable(),
  rows: z.array(schoolRowSchema).max(5000),
});
export type SchoolTable = z.infer<typeof schoolTableSchema>;
