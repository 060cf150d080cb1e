/**
 * What a list of schools changes: which rows are known schools, and which are new. Called inside the writing transaction, so that
 * two concurrent lists cannot create one school twice. A school keeps its first id, because rolls refer to it.
 */
import { sha256, toHex } from '../../hash.ts';
import { schoolIdSchema, type SchoolId } from '../../model/ids.ts';
import type { Location, Ownership, SchoolCategory, SchoolLevel } from '../../model/vocabulary.ts';
import type { SchoolField } from './header.ts';
import { createSchoolIndex, schoolKey, townshipKey } from './school-index.ts';
import type { RowFault } from './table.ts';

/** A row of the list. `null`: an empty cell, or a field without a column (see `given`). */
export interface SchoolEntry {
  readonly name: string;
  readonly code: string | null;
  readonly aliases: readonly string[];
  readonly category: SchoolCategory | null;
  readonly location: Location | null;
  readonly level: SchoolLevel | null;
  readonly ownership: Ownership | null;
  readonly pupils: number | null;
  readonly staff: number | null;
  readonly township: string | null;
  /** Name or code of the central school, as written. */
  readonly parent: string | null;
  /** Fields that the list has a column for; a known school keeps its others. */
  readonly given: readonly SchoolField[];
}

export interface PlacedSchool {
  readonly row: number;
  readonly sheet: string;
  readonly entry: SchoolEntry;
}

export interface ListedSchoolRecord {
  readonly id: SchoolId;
  readonly name: string;
  readonly code: string | null;
  readonly aliases: readonly string[];
  readonly category: SchoolCategory;
  readonly location: Location | null;
  readonly level: SchoolLevel | null;
  readonly ownership: Ownership;
  readonly pupils: number | null;
  readonly staff: number | null;
  readonly township: string;
  readonly parent: SchoolId | null;
}

export interface PlacedFault extends RowFault {
  readonly row: number;
  readonly sheet: string;
}

export interface SchoolPlan {
  /** To be written; none if there is a fault. */
  readonly schools: readonly ListedSchoolRecord[];
  readonly faults: readonly PlacedFault[];
  /** Numbers of schools written that a person should know about. */
  readonly notes: Readonly<Record<SchoolNote, number>>;
}

/** `coded`: known only by name so far, and now with a code. The others are missing for the draw. */
export type SchoolNote = 'coded' | 'location' | 'category';

/** `n` and 12 hexadecimal digits of SHA-256 of the name without spaces and punctuation. */
export function derivedSchoolId(name: string, township = ''): SchoolId {
  const place = township === '' ? [] : ['\0', townshipKey(township)];
  return schoolIdSchema.parse(`n${toHex(sha256('school-name\0', schoolKey(name), ...place)).slice(0, 12)}`);
}

/** What a list of schools changes: added, changed, unchanged; or faults, and then nothing. */
export function planSchools(
  known: readonly ListedSchoolRecord[],
  placed: readonly PlacedSchool[],
): SchoolPlan {
  const faults: PlacedFault[] = [];
  const fault = (
    { row, sheet }: PlacedSchool,
    field: SchoolField,
    message: string,
    params: RowFault['params'],
  ) => faults.push({ row, sheet, field, message, params: params ?? {} });
  const repeated = reportRepeated(placed, fault);

  const claimed = new Map<SchoolId, PlacedSchool>();
  const taken = new Set<SchoolId>(known.map((s) => s.id));
  const written = new Map<SchoolId, { readonly at: PlacedSchool; readonly school: ListedSchoolRecord }>();
  const notes: Record<SchoolNote, number> = { coded: 0, location: 0, category: 0 };
  const find = createFinder(known);
  for (const at of placed) {
    if (repeated.has(at)) continue;
    const { entry } = at;
    const match = find(entry);
    if (match.kind === 'several') {
      fault(at, 'name', 'roll.school.several', {});
      continue;
    }
    if (match.kind === 'other') {
      fault(at, 'code', 'roll.school.other-code', { code: match.school.code ?? match.school.id });
      continue;
    }
    const before = match.kind === 'one' ? match.school : undefined;
    const id = before?.id ?? newId(entry, taken);
    const first = claimed.get(id);
    if (first !== undefined) {
      fault(at, 'name', 'roll.school.duplicate', { row: first.row });
      continue;
    }
    claimed.set(id, at);
    taken.add(id);
    if (before !== undefined && codeOf(before) === null && entry.code !== null) notes.coded += 1;
    const school = merge(id, before, entry);
    if (school.location === null) notes.location += 1;
    if (entry.category === null && (before === undefined || entry.given.includes('category')))
      notes.category += 1;
    written.set(id, { at, school });
  }

  const list = [...known.filter((s) => !written.has(s.id)), ...[...written.values()].map((w) => w.school)];
  // A row with another fault may be the central school of others.
  const used = new Set([...written.values()].map((w) => w.at));
  const left = new Set(placed.flatMap((at) => (used.has(at) ? [] : [schoolKey(at.entry.name)])));
  const schools = linkParents(list, written, (at, ...rest) => {
    if (!left.has(schoolKey(at.entry.parent ?? ''))) fault(at, ...rest);
  });
  return { schools: faults.length > 0 ? [] : schools, faults, notes };
}

type Report = (at: PlacedSchool, field: SchoolField, message: string, params: RowFault['params']) => void;

/** Within the list: a repeated code, or a repeated name that nothing distinguishes. */
function reportRepeated(placed: readonly PlacedSchool[], fault: Report): ReadonlySet<PlacedSchool> {
  const repeated = new Set<PlacedSchool>();
  const codes = new Map<string, PlacedSchool>();
  const names = new Map<string, PlacedSchool[]>();
  for (const at of placed) {
    const { code, name } = at.entry;
    const sameCode = code === null ? undefined : codes.get(code);
    if (sameCode !== undefined) {
      fault(at, 'code', 'roll.school.duplicate', { row: sameCode.row });
      repeated.add(at);
    } else if (code !== null) codes.set(code, at);
    const key = schoolKey(name);
    const others = names.get(key) ?? [];
    const same = others.find((other) => !areApart(other.entry.township, at.entry.township));
    if (same !== undefined && sameCode === undefined) {
      fault(at, 'name', 'roll.school.same-name', { row: same.row });
      repeated.add(at);
    }
    names.set(key, [...others, at]);
  }
  return repeated;
}

/** Two schools may have one name if they are in two townships. */
function areApart(a: string | null, b: string | null): boolean {
  const [one, other] = [townshipKey(a ?? ''), townshipKey(b ?? '')];
  return one !== '' && other !== '' && one !== other;
}

/** The code of a school entered with one: it is its id, or was added later. */
function codeOf(school: Pick<ListedSchoolRecord, 'id' | 'code'>): string | null {
  return school.code ?? (/^n[0-9a-f]{12}$/.test(school.id) ? null : school.id);
}

type Known =
  | { readonly kind: 'none' }
  | { readonly kind: 'one'; readonly school: ListedSchoolRecord }
  | { readonly kind: 'several' }
  /** One of that name, and it has another code. */
  | { readonly kind: 'other'; readonly school: ListedSchoolRecord };

/** With look-ups: a county may have thousands of schools, and the writer is blocked meanwhile. */
function createFinder(known: readonly ListedSchoolRecord[]): (entry: SchoolEntry) => Known {
  const byCode = new Map<string, ListedSchoolRecord>(known.map((s) => [s.id, s]));
  const byName = new Map<string, ListedSchoolRecord[]>();
  for (const school of known) {
    const code = codeOf(school);
    if (code !== null) byCode.set(code, school);
    const key = schoolKey(school.name);
    byName.set(key, [...(byName.get(key) ?? []), school]);
  }
  return ({ code, name, township }) => {
    const coded = code === null ? undefined : byCode.get(code);
    if (coded) return { kind: 'one', school: coded };
    const named = (byName.get(schoolKey(name)) ?? []).filter((s) => !areApart(s.township, township));
    const open = code === null ? named : named.filter((s) => codeOf(s) === null);
    const [school] = open;
    if (open.length > 1) return { kind: 'several' };
    if (school) return { kind: 'one', school };
    return named[0] ? { kind: 'other', school: named[0] } : { kind: 'none' };
  };
}

function newId({ name, code, township }: SchoolEntry, taken: ReadonlySet<SchoolId>): SchoolId {
  if (code !== null) return schoolIdSchema.parse(code);
  const id = derivedSchoolId(name);
  return taken.has(id) ? derivedSchoolId(name, township ?? '') : id;
}

function merge(id: SchoolId, before: ListedSchoolRecord | undefined, entry: SchoolEntry): ListedSchoolRecord {
  const has = (field: SchoolField) => before === undefined || entry.given.includes(field);
  return {
    id,
    name: entry.name,
    code: entry.code ?? (before === undefined ? null : codeOf(before)),
    aliases: has('alias') ? [...new Set(entry.aliases)] : before!.aliases,
    category: has('category') ? (entry.category ?? 'other') : before!.category,
    location: has('location') ? entry.location : before!.location,
    level: has('level') ? entry.level : before!.level,
    ownership: has('ownership') ? (entry.ownership ?? 'public') : before!.ownership,
    pupils: has('pupils') ? entry.pupils : before!.pupils,
    staff: has('staff') ? entry.staff : before!.staff,
    township: has('township') ? (entry.township ?? '') : before!.township,
    parent: has('parent') ? null : before!.parent,
  };
}

const noParent = /^(?:是|否|无|本部|y|n|yes|no|[-/—–])$/i;

/** The central school of each row that names one, by code or name; a school is not its own, and there is only one level. */
function linkParents(
  list: readonly ListedSchoolRecord[],
  written: ReadonlyMap<SchoolId, { readonly at: PlacedSchool; readonly school: ListedSchoolRecord }>,
  fault: Report,
): readonly ListedSchoolRecord[] {
  const index = createSchoolIndex(list);
  const schools = new Map<SchoolId, ListedSchoolRecord>();
  for (const { at, school } of written.values()) {
    const { parent, township, name } = at.entry;
    if (parent === null || noParent.test(parent)) {
      schools.set(school.id, school);
      continue;
    }
    const byCode = index.byCode(parent);
    const match = byCode.kind === 'one' ? byCode : index.byName(parent, township ?? '');
    if (match.kind === 'one')
      schools.set(school.id, { ...school, parent: match.school.id === school.id ? null : match.school.id });
    else
      fault(at, 'parent', match.kind === 'several' ? 'roll.parent.several' : 'roll.parent.unknown', {
        name,
        value: parent.slice(0, 40),
      });
  }
  const parents = new Map(list.map((s) => [s.id, schools.get(s.id)?.parent ?? s.parent]));
  for (const { at, school } of written.values()) {
    const parent = parents.get(school.id) ?? null;
    if (parent !== null && (parents.get(parent) ?? null) !== null)
      // One level only: reporting strata merge a teaching point into its central school, not further.
      fault(at, 'parent', 'roll.parent.chain', { name: school.name });
  }
  return [...schools.values()];
}

/** The fields of schools in the evidence log and the bundle: the format has no aliases, and rolls refer to the id. */
export function committedSchools(
  schools: readonly ListedSchoolRecord[],
): readonly Omit<ListedSchoolRecord, 'code' | 'aliases'>[] {
  return schools.map(({ code: _code, aliases: _aliases, ...committed }) => committed);
}

/** @returns why the school cannot be removed, if so */
export function whyKept(use: {
  readonly preparing: boolean;
  readonly contacts: boolean;
  readonly children: boolean;
}): 'frame.frozen' | 'school.used' | 'school.has-points' | undefined {
  if (!use.preparing) return 'frame.frozen';
  if (use.contacts) return 'school.used';
  return use.children ? 'school.has-points' : undefined;
}
