/** Rolls as they were read, and what became of them. How they are staged, applied and withdrawn stands beside it. */
import { mapInOrder } from '../in-order.ts';
import { and, asc, desc, eq, gt } from 'drizzle-orm';
import { z } from 'zod';
import { AppError } from '../../../domain/errors.ts';
import type { CampaignId, CountyCode } from '../../../domain/model/ids.ts';
import { importStates, type RollImport, type RowFault } from '../../../domain/model/import.ts';
import { groupSchema } from '../../../domain/model/vocabulary.ts';
import type { Tx } from '../connection.ts';
import { parseJson } from '../../shared/json.ts';
import { campaigns, importFaults, imports } from '../schema.ts';
import { campaignNo } from './campaign-no.ts';

// Made once: a schema costs more to make than a row to read.
export const importStateSchema = z.enum(importStates);

const issueParamsSchema = z.record(z.string(), z.union([z.string(), z.number()]));

const issueSchema = z
  .object({ path: z.string(), message: z.string(), params: issueParamsSchema.optional() })
  .transform((w) => ({
    path: w.path,
    message: w.message,
    ...(w.params === undefined ? {} : { params: w.params }),
  }));

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

export async function importRow(tx: Tx, id: string): Promise<typeof imports.$inferSelect> {
  const row = (await tx.select().from(imports).where(eq(imports.id, id)))[0];
  if (!row) throw new AppError('not-found', 'import.not-found');
  return row;
}

async function campaignIdOf(tx: Tx, no: number): Promise<CampaignId> {
  return (await tx.select({ id: campaigns.id }).from(campaigns).where(eq(campaigns.no, no)))[0]
    ?.id as CampaignId;
}

export async function toImport(tx: Tx, { no: _, ...row }: typeof imports.$inferSelect): Promise<RollImport> {
  return {
    ...row,
    campaign: await campaignIdOf(tx, row.campaign),
    county: row.county as CountyCode,
    group: groupSchema.parse(row.group),
    state: importStateSchema.parse(row.state),
    summary: row.summary === null ? null : parseJson(summarySchema, row.summary, 'imports.summary'),
    withdrawal:
      row.withdrawal === null ? null : parseJson(withdrawalSchema, row.withdrawal, 'imports.withdrawal'),
  };
}

export async function findImport(tx: Tx, id: string): Promise<RollImport | undefined> {
  const row = (await tx.select().from(imports).where(eq(imports.id, id)))[0];
  return row && (await toImport(tx, row));
}

export async function listImports(
  tx: Tx,
  id: CampaignId,
  county: CountyCode,
): Promise<readonly RollImport[]> {
  return await mapInOrder(
    await tx
      .select()
      .from(imports)
      .where(and(eq(imports.campaign, await campaignNo(tx, id)), eq(imports.county, county)))
      .orderBy(desc(imports.at), asc(imports.id)),
    async (row) => await toImport(tx, row),
  );
}

export async function listImportsIn(tx: Tx, state: RollImport['state']): Promise<readonly RollImport[]> {
  return await mapInOrder(
    await tx.select().from(imports).where(eq(imports.state, state)).orderBy(asc(imports.at), asc(imports.id)),
    async (row) => await toImport(tx, row),
  );
}

export async function listFaults(
  tx: Tx,
  importId: string,
  after: number,
  limit: number,
): Promise<readonly (RowFault & { no: number })[]> {
  return (
    await tx
      .select()
      .from(importFaults)
      .where(and(eq(importFaults.import, importId), gt(importFaults.no, after)))
      .orderBy(asc(importFaults.no))
      .limit(limit)
  ).map(({ import: _, params, ...f }) => ({
    ...f,
    params: parseJson(issueParamsSchema, params, 'import_faults.params'),
  }));
}

export async function noOf(tx: Tx, id: string): Promise<number> {
  return (await importRow(tx, id)).no;
}
