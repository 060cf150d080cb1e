/** Imported rolls and their state. Staging, applying and withdrawing are in files beside this one. */
import { mapInOrder } from '../in-order.ts';
import { and, asc, desc, eq, gt } from 'drizzle-orm';
import { AppError } from '../../../domain/errors.ts';
import type { CampaignId, CountyCode } from '../../../domain/model/ids.ts';
import type { RollImport, RowFault } from '../../../domain/model/import.ts';
import type { Tx } from '../connection.ts';
import { importFromRow, toFaultParams } from '../../shared/import-rows.ts';
import { campaigns, importFaults, imports } from '../schema.ts';
import { campaignNo } from './campaign-no.ts';

export async function importRow(tx: Tx, id: string): Promise<typeof imports.$inferSelect> {
  const row = (await tx.select().from(imports).where(eq(imports.id, id)))[0];
  if (!row) throw new AppError('not-found', 'import.not-found');
  return row;
}

async function campaignIdOf(tx: Tx, no: number): Promise<CampaignId> {
  return (await tx.select({ id: campaigns.id }).from(campaigns).where(eq(campaigns.no, no)))[0]
    ?.id as CampaignId;
}

export async function toImport(tx: Tx, row: typeof imports.$inferSelect): Promise<RollImport> {
  return importFromRow(row, await campaignIdOf(tx, row.campaign));
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
    params: toFaultParams(params),
  }));
}

export async function noOf(tx: Tx, id: string): Promise<number> {
  return (await importRow(tx, id)).no;
}
