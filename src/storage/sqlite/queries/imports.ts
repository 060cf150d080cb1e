/** Imported rolls and their state. Staging, applying and withdrawing are in files beside this one. */
import { and, asc, desc, eq, gt } from 'drizzle-orm';
import { AppError } from '../../../domain/errors.ts';
import type { CampaignId, CountyCode } from '../../../domain/model/ids.ts';
import type { RollImport, RowFault } from '../../../domain/model/import.ts';
import type { Tx } from '../connection.ts';
import { importFromRow, toFaultParams } from '../../shared/import-rows.ts';
import { campaigns, importFaults, imports } from '../schema.ts';
import { campaignNo } from './campaign-no.ts';

export function importRow(tx: Tx, id: string): typeof imports.$inferSelect {
  const row = tx.select().from(imports).where(eq(imports.id, id)).get();
  if (!row) throw new AppError('not-found', 'import.not-found');
  return row;
}

function campaignIdOf(tx: Tx, no: number): CampaignId {
  return tx.select({ id: campaigns.id }).from(campaigns).where(eq(campaigns.no, no)).get()?.id as CampaignId;
}

export function toImport(tx: Tx, row: typeof imports.$inferSelect): RollImport {
  return importFromRow(row, campaignIdOf(tx, row.campaign));
}

export function findImport(tx: Tx, id: string): RollImport | undefined {
  const row = tx.select().from(imports).where(eq(imports.id, id)).get();
  return row && toImport(tx, row);
}

export function listImports(tx: Tx, id: CampaignId, county: CountyCode): readonly RollImport[] {
  return tx
    .select()
    .from(imports)
    .where(and(eq(imports.campaign, campaignNo(tx, id)), eq(imports.county, county)))
    .orderBy(desc(imports.at), asc(imports.id))
    .all()
    .map((row) => toImport(tx, row));
}

export function listImportsIn(tx: Tx, state: RollImport['state']): readonly RollImport[] {
  return tx
    .select()
    .from(imports)
    .where(eq(imports.state, state))
    .orderBy(asc(imports.at), asc(imports.id))
    .all()
    .map((row) => toImport(tx, row));
}

export function listFaults(
  tx: Tx,
  importId: string,
  after: number,
  limit: number,
): readonly (RowFault & { no: number })[] {
  return tx
    .select()
    .from(importFaults)
    .where(and(eq(importFaults.import, importId), gt(importFaults.no, after)))
    .orderBy(asc(importFaults.no))
    .limit(limit)
    .all()
    .map(({ import: _, params, ...f }) => ({
      ...f,
      params: toFaultParams(params),
    }));
}

export function noOf(tx: Tx, id: string): number {
  return importRow(tx, id).no;
}
