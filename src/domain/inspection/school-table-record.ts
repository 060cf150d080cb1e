import { z } from 'zod';
import { AppError } from '../errors.ts';
import type { RecordRules } from './record.ts';
import { schoolTableSchema, type SchoolTable } from './school-table.ts';

const changeSchema = z.strictObject({ do: z.literal('put'), ...schoolTableSchema.shape });

export const schoolTableRecord: RecordRules<SchoolTable, z.infer<typeof changeSchema>> = {
  body: schoolTableSchema,
  change: changeSchema,
  empty: { file: null, rows: [] },
  actionOf: () => 'inspection.enter',
  needsReason: (_change, before) => before.rows.length > 0,
  apply(_before, { file, rows }, { latest }) {
    if (!latest.rules?.body.regime) throw new AppError('conflict', 'inspection.no-regime');
    if (rows.length === 0) throw new AppError('invalid', 'inspection.table.empty');
    return { file, rows };
  },
};
