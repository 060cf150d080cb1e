/** A roll file that waits for confirmation, from its row. */
import { z } from 'zod';
import { frameFields } from '../../domain/frame/roll/header.ts';
import { schoolIdSchema, type CampaignId, type CountyCode, type SchoolId } from '../../domain/model/ids.ts';
import { rollFileStates, type RollFile } from '../../domain/model/roll-file.ts';
import { groupSchema } from '../../domain/model/vocabulary.ts';
import { issueSchema } from './import-rows.ts';
import { parseJson } from './json.ts';

export interface RollFileRow extends Omit<
  RollFile,
  'campaign' | 'county' | 'school' | 'state' | 'content' | 'choices'
> {
  readonly campaign: number;
  readonly county: string;
  readonly school: string | null;
  readonly state: string;
  readonly content: string | null;
  readonly choices: Buffer | null;
}

// Created once: building a schema costs more than reading a row.
const contentSchema = z.object({
  layouts: z.array(
    z.array(
      z.object({
        index: z.number(),
        header: z.string(),
        guess: z.enum(frameFields).nullable(),
        isKept: z.boolean(),
      }),
    ),
  ),
  sheets: z.array(
    z.object({
      name: z.string(),
      rows: z.number(),
      headerRow: z.number().optional(),
      layout: z.number(),
      school: schoolIdSchema.nullable(),
    }),
  ),
  looksLike: z.array(z.object({ group: groupSchema, reasons: z.array(issueSchema) })),
  notices: z.array(issueSchema),
  fault: issueSchema.nullable(),
  leftOut: z.number(),
});
const stateSchema = z.enum(rollFileStates);

export function rollFileFromRow(row: RollFileRow, campaign: CampaignId): RollFile {
  return {
    ...row,
    campaign,
    county: row.county as CountyCode,
    school: row.school as SchoolId | null,
    state: stateSchema.parse(row.state),
    content: row.content === null ? null : parseJson(contentSchema, row.content, 'roll_files.content'),
    choices: row.choices && new Uint8Array(row.choices),
  };
}
