/** What witnesses signed. */
import { and, asc, eq } from 'drizzle-orm';
import type { StoredCosignature } from '../../../domain/model/evidence.ts';
import type { CampaignId, CountyCode } from '../../../domain/model/ids.ts';
import type { Tx } from '../connection.ts';
import { cosignatures } from '../schema.ts';
import { campaignNo } from './campaign-no.ts';

export async function saveCosignature(
  tx: Tx,
  id: CampaignId,
  county: CountyCode,
  { size, witness, at, line }: StoredCosignature,
): Promise<void> {
  const campaign = await campaignNo(tx, id);
  await tx
    .insert(cosignatures)
    .values({ campaign, county, size, witness, at, line })
    .onConflictDoUpdate({
      target: [cosignatures.campaign, cosignatures.county, cosignatures.size, cosignatures.witness],
      set: { at, line },
    });
}

export async function listCosignatures(
  tx: Tx,
  id: CampaignId,
  county: CountyCode,
): Promise<readonly StoredCosignature[]> {
  return await tx
    .select({
      size: cosignatures.size,
      witness: cosignatures.witness,
      at: cosignatures.at,
      line: cosignatures.line,
    })
    .from(cosignatures)
    .where(and(eq(cosignatures.campaign, await campaignNo(tx, id)), eq(cosignatures.county, county)))
    .orderBy(asc(cosignatures.size), asc(cosignatures.witness));
}
