import type { CampaignState, FrameState } from '../campaign/life-cycle.ts';
import { AppError, type MessageParams } from '../errors.ts';
import type { Decision } from '../model/decision.ts';
import type { CountyCode, SchoolId } from '../model/ids.ts';
import type { School } from '../model/school.ts';
import { schoolKey, townshipKey } from './roll/school-index.ts';
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
    trail: [{ action: 'schools.remove', county, details: { school, name: found.name } }],
  };
}

/** Fields that a person can change for one school. Its id is fixed, because rolls refer to it. */
export type SchoolEdit = Omit<School, 'id' | 'code'>;

/**
 * @throws AppError not-found `school.not-found`; conflict `frame.frozen`; invalid with the field's fault
 */
export function decideSchoolEdit(
  { campaignState, frameState, county, known }: SchoolsState,
  id: SchoolId,
  edit: SchoolEdit,
): Decision<School> {
  const before = known.find((s) => s.id === id);
  if (!before) throw new AppError('not-found', 'school.not-found');
  if (campaignState !== 'draft' || frameState !== 'preparing') throw new AppError('conflict', 'frame.frozen');
  const others = known.filter((s) => s.id !== id);
  const fault = (path: string, message: string, params: MessageParams = {}) =>
    new AppError('invalid', message, { params, issues: [{ path, message, params }] });
  const name = edit.name.trim();
  if (name === '') throw fault('name', 'roll.name.blank');
  const twin = others.find(
    (s) => schoolKey(s.name) === schoolKey(name) && townshipKey(s.township) === townshipKey(edit.township),
  );
  if (twin) throw fault('name', 'school.name-taken', { school: twin.name });
  const parent = edit.parent === null ? undefined : others.find((s) => s.id === edit.parent);
  if (edit.parent !== null && !parent) throw fault('parent', 'school.parent-unknown');
  // One level only: reporting strata merge a teaching point into its central school, not further.
  if (parent && (parent.parent !== null || others.some((s) => s.parent === id)))
    throw fault('parent', 'roll.parent.chain', { name });
  const after: School = { ...before, ...edit, name };
  const changed = (Object.keys(edit) as (keyof SchoolEdit)[]).filter(
    (field) => JSON.stringify(before[field]) !== JSON.stringify(after[field]),
  );
  return {
    changes: after,
    leaves: [],
    trail:
      changed.length > 0
        ? [{ action: 'schools.edit', county, details: { school: id, name: before.name, changed } }]
        : [],
  };
}
