/** A county's programme of schools: standings, results of its check, coverage against the yearly targets. */
import { serviceDay } from '../../domain/time-zone.ts';
import type { Actor } from '../../domain/campaign/permissions.ts';
import { coverageOf, type Coverage } from '../../domain/inspection/programme.ts';
import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import type { School } from '../../domain/model/school.ts';
import type { Deps } from '../deps.ts';
import { viewInspection, type InspectionView } from './documents.ts';

export interface ProgrammeView {
  readonly view: InspectionView;
  readonly schools: readonly School[];
  /** In the service's time zone. */
  readonly today: string;
  /** null: no programme was chosen. */
  readonly coverage: Coverage | null;
}

export async function viewProgramme(
  deps: Deps,
  actor: Actor,
  id: CampaignId,
  code: CountyCode,
): Promise<ProgrammeView> {
  const view = await viewInspection(deps, actor, id, code);
  const schools = await deps.storage.listSchools(id, code);
  const today = serviceDay(deps.now());
  const { body } = view.documents.programme;
  const coverage = body.rules && coverageOf(body, body.rules, schools, today);
  return { view, schools, today, coverage };
}
