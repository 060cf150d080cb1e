import type { ListedSchoolRecord } from '../frame/roll/school-plan.ts';

/** A school as it is looked up: `code` only for a school that was first listed without one. */
export type School = ListedSchoolRecord;
