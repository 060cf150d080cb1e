/** A county's inspection: its documents in their current versions. */
import { assertMay, type Actor } from '../../domain/campaign/permissions.ts';
import { inspectionRecords, type InspectionRecord } from '../../domain/inspection/record-names.ts';
import { rulesOf, type InspectionBodies } from '../../domain/inspection/records.ts';
import { readBody } from '../../domain/inspection/stored-body.ts';
import type { Campaign, CampaignCounty } from '../../domain/model/campaign.ts';
import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import { getCampaignCounty } from '../campaign/lookup.ts';
import type { Deps } from '../deps.ts';

export type InspectionDocuments = {
  readonly [K in InspectionRecord]: {
    /** 0: nothing was stated yet. */
    readonly version: number;
    readonly body: InspectionBodies[K];
    readonly at: number | null;
    readonly by: string | null;
  };
};

export interface InspectionView {
  readonly campaign: Campaign;
  readonly county: CampaignCounty;
  readonly documents: InspectionDocuments;
}

export async function viewInspection(
  deps: Deps,
  actor: Actor,
  id: CampaignId,
  code: CountyCode,
): Promise<InspectionView> {
  assertMay(actor, 'inspection.view', code);
  const { campaign, county } = await getCampaignCounty(deps, actor, id, code);
  return { campaign, county, documents: await readDocuments(deps, id, code) };
}

/** For operations that have checked permissions. */
export async function readDocuments(
  deps: Deps,
  id: CampaignId,
  code: CountyCode,
): Promise<InspectionDocuments> {
  const latest = await deps.storage.readInspection(id, code);
  const known = new Map(latest.map((one) => [one.record, one]));
  return Object.fromEntries(
    inspectionRecords.map((record) => {
      const found = known.get(record);
      const rules = rulesOf(record);
      return [
        record,
        found
          ? { version: found.version, body: readBody(record, found.body), at: found.at, by: found.by.name }
          : { version: 0, body: rules.empty, at: null, by: null },
      ];
    }),
  ) as unknown as InspectionDocuments;
}
