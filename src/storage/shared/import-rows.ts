/** A staged row of a roll, from its table. */
import type { PartRow } from '../../domain/frame/decide-import.ts';
import type { SchoolId } from '../../domain/model/ids.ts';
import { groupSchema } from '../../domain/model/vocabulary.ts';

export interface StoredRow {
  readonly no: number;
  readonly grp: string;
  readonly school: string | null;
  readonly grade: number | null;
  readonly digest: Buffer;
  readonly entry: Buffer;
  readonly sealed: Buffer;
  readonly has_phone: number;
  readonly household: Buffer | null;
}

export function toPartRow({ grp, school, has_phone, ...row }: StoredRow): PartRow {
  return {
    ...row,
    group: groupSchema.parse(grp),
    school: school as SchoolId | null,
    hasPhone: has_phone === 1,
  };
}
