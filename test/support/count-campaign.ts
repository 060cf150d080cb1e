/** The beginning of closing, as the storage does it: answering ends and counties are counted. The step stays open, so that more can follow. */
import { systemActor } from '../../src/domain/campaign/permissions.ts';
import type { CampaignId, CountyCode } from '../../src/domain/model/ids.ts';
import type { Storage } from '../../src/storage/port/index.ts';

const stamp = { at: Date.UTC(2026, 4, 12), actor: systemActor };

export async function countCampaign(
  storage: Storage,
  id: CampaignId,
  counties: readonly CountyCode[],
): Promise<void> {
  await storage.beginClosing(stamp, id);
  await storage.completeClosingStep(stamp, id, 'drain', {});
  await countCounties(storage, id, counties);
}

export async function countCounties(
  storage: Storage,
  id: CampaignId,
  counties: readonly CountyCode[],
): Promise<void> {
  for (const county of counties) await storage.countClosing(stamp, id, county, []);
}

export const completeCount = (storage: Storage, id: CampaignId) =>
  storage.completeClosingStep(stamp, id, 'count', {});
