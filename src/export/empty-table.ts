/** Workbooks with a header and no rows, for people who have no list yet. Each header is one that the reader of the list knows. */
import type { Language, RollGroup } from '../domain/model/vocabulary.ts';
import { xlsxChunks } from '../tabular/write.ts';
import { translator } from '../texts/texts.ts';

export async function emptyTable(name: string, header: readonly string[]): Promise<Buffer> {
  const sheet = { name, header, rows: [], widths: header.map((h) => h.length * 2 + 2) };
  const chunks: Uint8Array[] = [];
  for await (const chunk of xlsxChunks([sheet])) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const schoolColumns = [
  'name',
  'code',
  'category',
  'location',
  'township',
  'parent',
  'pupils',
  'staff',
  'level',
  'ownership',
] as const;

export function emptySchoolList(language: Language): Promise<Buffer> {
  const t = translator(language);
  return emptyTable(
    t('staff.empty.schools'),
    schoolColumns.map((column) =>
      t(column === 'name' ? 'staff.empty.schools.name' : `staff.column.${column}`),
    ),
  );
}

/** Only what is kept is asked for. */
const rollColumns = {
  parent: ['school', 'grade', 'phone'],
  teacher: ['school', 'phone'],
  principal: ['school', 'phone'],
  deputy: ['phone'],
} as const satisfies Record<RollGroup, readonly string[]>;

/** The sheet's name tells the reader whose roll it is. */
export function emptyRoll(group: RollGroup, language: Language): Promise<Buffer> {
  const t = translator(language);
  return emptyTable(
    t(`staff.group.${group}`),
    rollColumns[group].map((column) => t(`staff.column.${column}`)),
  );
}
