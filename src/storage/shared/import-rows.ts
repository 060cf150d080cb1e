/** Imported rolls, their staged rows and their faults, from their tables. */
import { z } from 'zod';
import type { PartRow } from '../../domain/frame/decide-import.ts';
import type { CampaignId, CountyCode, SchoolId } from '../../domain/model/ids.ts';
import { importStates, type RollImport } from '../../domain/model/import.ts';
import { groupSchema } from '../../domain/model/vocabulary.ts';
import { parseJson } from './json.ts';

export interface StoredRow {
  readonly no: number;
  readonly grp: string;
  readonly school: string | null;
  readonly grade: number | null;
  readonly digest: Buffer;
  readonly entry: Buffer;
  readonly sealed: Buffer;
  readonly has_phone: number;
  readonly household: Buffer | null;
}

export function toPartRow({ grp, school, has_phone, ...row }: StoredRow): PartRow {
  return {
    ...row,
    group: groupSchema.parse(grp),
    school: school as SchoolId | null,
    hasPhone: has_phone === 1,
  };
}

// Created once: building a schema costs more than reading a row.
export const importStateSchema = z.enum(importStates);
const issueParamsSchema = z.record(z.string(), z.union([z.string(), z.number()]));
export const issueSchema = z
  .object({ path: z.string(), message: z.string(), params: issueParamsSchema.optional() })
  .transform(({ path, message, params }) => ({ path, message, ...(params && { params }) }));
const summarySchema = z.object({
  good: z.number(),
  bad: z.number(),
  skipped: z.number(),
  unmappedColumns: z.number(),
  consecutive: z.record(z.string(), z.number()),
  warnings: z.array(issueSchema),
  doubts: z.array(issueSchema).default([]),
});
const withdrawalSchema = z.object({
  by: z.string(),
  at: z.number(),
  reason: z.string(),
  removed: z.number(),
  kept: z.number(),
});

type Parsed = 'campaign' | 'county' | 'group' | 'state' | 'summary' | 'withdrawal';
export interface ImportRow extends Omit<RollImport, Parsed> {
  readonly no: number;
  readonly campaign: number;
  readonly county: string;
  readonly group: string;
  readonly state: string;
  readonly summary: string | null;
  readonly withdrawal: string | null;
}

export function importFromRow({ no: _, ...row }: ImportRow, campaign: CampaignId): RollImport {
  return {
    ...row,
    campaign,
    county: row.county as CountyCode,
    group: groupSchema.parse(row.group),
    state: importStateSchema.parse(row.state),
    summary: row.summary === null ? null : parseJson(summarySchema, row.summary, 'imports.summary'),
    withdrawal:
      row.withdrawal === null ? null : parseJson(withdrawalSchema, row.withdrawal, 'imports.withdrawal'),
  };
}

/** Parameters of a fault's message. */
export function toFaultParams(params: string): Readonly<Record<string, string | number>> {
  return parseJson(issueParamsSchema, params, 'import_faults.params');
}
