/** Reports of pressure: after close, for inspectors and the commissioner's side, never for accounts of the judged county. */
import { AppError } from '../../domain/errors.ts';
import { isScoreVisible } from '../../domain/campaign/life-cycle.ts';
import { assertMay, type Actor } from '../../domain/campaign/permissions.ts';
import { countPressure, type PressureCount } from '../../domain/answer/pressure.ts';
import { maskText } from '../../domain/answer/mask-text.ts';
import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import type { PressureSource } from '../../domain/model/vocabulary.ts';
import type { Deps } from '../deps.ts';
import { getCampaignCounty, getProfile } from '../campaign/lookup.ts';

export interface PressureView extends PressureCount {
  readonly minimumCell: number;
  /** Texts of the whole county, in no order of time or place. */
  readonly texts: readonly { readonly source: PressureSource; readonly body: string }[];
}

/** @throws AppError conflict `summary.not-closed` (params closesAt); forbidden; not-found */
export async function viewPressure(
  deps: Deps,
  actor: Actor,
  id: CampaignId,
  code: CountyCode,
): Promise<PressureView> {
  assertMay(actor, 'pressure.view', code);
  const { campaign } = await getCampaignCounty(deps, actor, id, code);
  // Pressure may be the very reason of a void.
  if (!isScoreVisible(campaign.state) && campaign.state !== 'voided')
    throw new AppError('conflict', 'summary.not-closed', {
      params: { closesAt: new Date(campaign.closesAt).toISOString() },
    });
  const { minimumCell } = await getProfile(deps, campaign.profile);
  const { reporting } = await deps.storage.readStrata(id, code);
  const schools = await deps.storage.listSchools(id, code);
  const reports = await deps.storage.listPressure(id, code);
  const texts = reports
    .filter((r) => r.body !== '')
    .map(({ source, body }) => ({ source, body: maskText(body).text }))
    .sort((a, b) => (a.body < b.body ? -1 : a.body > b.body ? 1 : 0));
  return { ...countPressure(reporting, schools, reports, minimumCell), minimumCell, texts };
}
