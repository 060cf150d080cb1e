import type { CampaignState, FrameState } from '../campaign/life-cycle.ts';
import { AppError } from '../errors.ts';
import type { Decision } from '../model/decision.ts';
import type { CountyCode, SchoolId } from '../model/ids.ts';
import type { School } from '../model/school.ts';
import { planSchools, whyKept, type PlacedSchool, type SchoolPlan } from './roll/school-plan.ts';

export interface SchoolsState {
  readonly campaignState: CampaignState;
  readonly frameState: FrameState;
  readonly county: CountyCode;
  readonly known: readonly School[];
}

/** A list with a fault changes nothing. @throws AppError conflict `frame.frozen` */
export function decideSchools(
  { campaignState, frameState, county, known }: SchoolsState,
  list: readonly PlacedSchool[],
): Decision<SchoolPlan> {
  if (campaignState !== 'draft' || frameState !== 'preparing') throw new AppError('conflict', 'frame.frozen');
  const plan = planSchools(known, list);
  const written = plan.schools.length;
  return {
    changes: plan,
    leaves: [],
    trail: written > 0 ? [{ action: 'schools.put', county, details: { schools: written } }] : [],
  };
}

/**
 * @param isNamed whether a roll, staged or applied, names the school
 * @throws AppError not-found `school.not-found`; conflict `frame.frozen`, `school.used`, `school.has-points`
 */
export function decideSchoolRemoval(
  { frameState, county, known }: SchoolsState,
  school: SchoolId,
  isNamed: boolean,
): Decision<{ readonly removed: SchoolId }> {
  const found = known.find((s) => s.id === school);
  if (!found) throw new AppError('not-found', 'school.not-found');
  const why = whyKept({
    preparing: frameState === 'preparing',
    contacts: isNamed,
    children: known.some((s) => s.parent === school),
  });
  if (why !== undefined) throw new AppError('conflict', why, { params: { school: found.name } });
  return {
    changes: { removed: school },
    leaves: [],
    trail: [{ action: 'schools.remove', county, details: { school } }],
  };
}
