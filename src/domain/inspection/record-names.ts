/** In the table and in leaves: append only. */
export const inspectionRecords = [
  'rules',
  'schools',
  'work',
  'vetoes',
  'growth',
  'parts',
  'other-figures',
  'stages',
  'archive',
  'sample',
  'symposiums',
  'interviews',
  'spot',
  'rectification',
  'programme',
  'students',
] as const;
export type InspectionRecord = (typeof inspectionRecords)[number];
