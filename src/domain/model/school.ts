import type { ListedSchoolRecord } from '../frame/roll/school-plan.ts';

/** As the roll's schools are found: `code` only of a school that was first listed without one. */
export type School = ListedSchoolRecord;
