import type { CampaignId, CountyCode, SchoolId } from '../../domain/model/ids.ts';
import type { PlacedSchool, SchoolPlan } from '../../domain/frame/roll/school-plan.ts';
import type { SchoolEdit } from '../../domain/frame/decide-schools.ts';
import type { School } from '../../domain/model/school.ts';
import type { Stamp } from '../../domain/model/stamp.ts';

export interface SchoolReader {
  listSchools(campaign: CampaignId, county: CountyCode): Promise<readonly School[]>;
}

export interface SchoolWriter {
  /**
   * Stores the result of `planSchools` for the list and the known schools; nothing if it has faults.
   * @throws conflict `frame.frozen` once the county's frame is frozen
   */
  putSchools(
    stamp: Stamp,
    campaign: CampaignId,
    county: CountyCode,
    list: readonly PlacedSchool[],
  ): Promise<SchoolPlan>;
  /** @throws not-found `school.not-found`; conflict `frame.frozen`, `roll.handed-in`; invalid with the field's fault */
  editSchool(
    stamp: Stamp,
    campaign: CampaignId,
    county: CountyCode,
    school: SchoolId,
    edit: SchoolEdit,
  ): Promise<void>;
  /** @throws not-found `school.not-found`; conflict `frame.frozen`, `school.used` (a roll, staged or applied, names it), `school.has-points` */
  removeSchool(stamp: Stamp, campaign: CampaignId, county: CountyCode, school: SchoolId): Promise<void>;
}
