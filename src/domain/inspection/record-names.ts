/** In the table and in leaves: append only. */
export const inspectionRecords = ['rules', 'schools'] as const;
export type InspectionRecord = (typeof inspectionRecords)[number];
