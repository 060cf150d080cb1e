/** Submitting a county's roll, withdrawing it, returning it. */
import { assertMay, type Actor } from '../../domain/campaign/permissions.ts';
import type { HandIn } from '../../domain/model/hand-in.ts';
import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import { getCampaignCounty } from '../campaign/lookup.ts';
import { stamp, type Deps } from '../deps.ts';
import { countGaps, getCoverage } from './coverage.ts';

/**
 * @param note why something is missing, if something is
 * @throws AppError conflict `frame.frozen`, `frame.empty`, `roll.handed-in-already`, `roll.files-waiting`; invalid `roll.missing-reason`
 */
export async function handInRoll(
  deps: Deps,
  actor: Actor,
  id: CampaignId,
  county: CountyCode,
  note: string,
): Promise<void> {
  assertMay(actor, 'roll.hand-in', county);
  const gaps = countGaps(await getCoverage(deps, actor, id, county));
  await deps.storage.handInRoll(stamp(deps, actor), id, county, { step: 'handed-in', note }, gaps);
}

/** @throws AppError conflict `roll.not-handed-in`, `frame.frozen` */
export async function takeBackRoll(
  deps: Deps,
  actor: Actor,
  id: CampaignId,
  county: CountyCode,
): Promise<void> {
  assertMay(actor, 'roll.hand-in', county);
  await getCampaignCounty(deps, actor, id, county);
  await deps.storage.handInRoll(stamp(deps, actor), id, county, { step: 'taken-back' }, 0);
}

/** @throws AppError conflict `roll.not-handed-in`, `frame.frozen`; invalid `roll.reason` */
export async function sendBackRoll(
  deps: Deps,
  actor: Actor,
  id: CampaignId,
  county: CountyCode,
  note: string,
): Promise<void> {
  assertMay(actor, 'roll.send-back', county);
  await getCampaignCounty(deps, actor, id, county);
  await deps.storage.handInRoll(stamp(deps, actor), id, county, { step: 'sent-back', note }, 0);
}

/** Newest first. */
export async function listHandIns(
  deps: Deps,
  actor: Actor,
  id: CampaignId,
  county: CountyCode,
): Promise<readonly HandIn[]> {
  assertMay(actor, 'roll.view', county);
  await getCampaignCounty(deps, actor, id, county);
  return deps.storage.listHandIns(id, county);
}
