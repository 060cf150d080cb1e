/**
 * Reporting strata, frozen at opening (design 7). A school × group with fewer issued codes than the minimum cell merges upward:
 * central school with its teaching points, township, location × group, county × group. A small remainder at county level takes in
 * the smallest other stratum, because subtraction would reveal it.
 */
import { groupBy } from '../group-by.ts';
import type { SchoolId } from '../model/ids.ts';
import type { CountedSet, Group, Location } from '../model/vocabulary.ts';
import { countyLevelGroups } from '../model/vocabulary.ts';
import type { ReportingLevel, ReportingStratum } from './strata.ts';

export interface StratifiedSchool {
  readonly id: SchoolId;
  readonly name: string;
  readonly location: Location | null;
  readonly township: string;
  readonly parent: SchoolId | null;
}

/** Codes to be issued, by group × school ('' if the contact has none) × counted set. */
export interface IssueCount {
  readonly group: Group;
  readonly school: SchoolId | null;
  readonly set: CountedSet;
  readonly count: number;
}

interface Unit {
  level: ReportingLevel;
  key: string;
  name: string;
  location: Location | null;
  township: string;
  schools: SchoolId[];
  issued: Record<CountedSet, number>;
}

const size = (u: Unit) => u.issued.drawn + u.issued.replacement + u.issued.other;

function pool(
  units: readonly Unit[],
  level: ReportingLevel,
  key: string,
  name: string,
  location: Location | null,
): Unit {
  const issued = { drawn: 0, replacement: 0, other: 0 };
  for (const u of units) {
    issued.drawn += u.issued.drawn;
    issued.replacement += u.issued.replacement;
    issued.other += u.issued.other;
  }
  return {
    level,
    key,
    name,
    location,
    township: units[0]?.township ?? '',
    schools: units.flatMap((u) => u.schools),
    issued,
  };
}

/** Every school of the county is in exactly one stratum of each group that has any code, so that late contacts have a stratum. */
export function buildReportingStrata(
  schools: readonly StratifiedSchool[],
  counts: readonly IssueCount[],
  minimumCell: number,
): readonly ReportingStratum[] {
  const byId = new Map(schools.map((s) => [s.id, s]));
  const strata: ReportingStratum[] = [];
  for (const [groupName, groupCounts] of groupBy(counts, (c) => c.group)) {
    const group = groupName;
    for (const unit of mergeGroup(group, schools, byId, groupCounts, minimumCell)) {
      strata.push({
        no: strata.length + 1,
        group,
        level: unit.level,
        key: unit.key,
        name: unit.name,
        schools: unit.schools,
        location: unit.location,
        issued: unit.issued,
      });
    }
  }
  return strata;
}

/** With open links nothing is issued, so schools merge by how many could answer: pupils for their parents, staff for teachers. */
export function buildOpenLinkStrata(
  schools: readonly (StratifiedSchool & { readonly pupils: number | null; readonly staff: number | null })[],
  groups: readonly Group[],
  minimumCell: number,
): readonly ReportingStratum[] {
  const counts = groups.flatMap((group): IssueCount[] => {
    const people = (s: (typeof schools)[number]) => (group === 'teacher' ? s.staff : s.pupils) ?? minimumCell;
    const ofSchools = schools.map((s): IssueCount => ({
      group,
      school: s.id,
      set: 'other',
      count: people(s),
    }));
    return [{ group, school: null, set: 'other', count: 0 }, ...ofSchools];
  });
  return buildReportingStrata(schools, counts, minimumCell).map((stratum) => ({
    ...stratum,
    issued: { drawn: 0, replacement: 0, other: 0 },
  }));
}

function mergeGroup(
  group: Group,
  schools: readonly StratifiedSchool[],
  byId: ReadonlyMap<SchoolId, StratifiedSchool>,
  counts: readonly IssueCount[],
  minimumCell: number,
): readonly Unit[] {
  const units = new Map<SchoolId, Unit>();
  for (const s of schools) {
    units.set(s.id, {
      level: 'school',
      key: s.id,
      name: s.name,
      location: s.location,
      township: s.township,
      schools: [s.id],
      issued: { drawn: 0, replacement: 0, other: 0 },
    });
  }
  const homeless = pool([], 'county', '', '', null);
  for (const c of counts) {
    const unit = (c.school === null ? undefined : units.get(c.school)) ?? homeless;
    unit.issued[c.set] += c.count;
  }
  if (countyLevelGroups.has(group)) return [pool([...units.values(), homeless], 'county', '', '', null)];

  const done: Unit[] = [];
  let pending: Unit[] = [];
  // 1. a small school merges into its central school
  const root = (u: Unit): SchoolId => {
    const parent = byId.get(u.key as SchoolId)?.parent;
    return parent !== null && parent !== undefined && units.has(parent) ? parent : (u.key as SchoolId);
  };
  for (const [rootId, family] of groupBy([...units.values()], root)) {
    const small = family.filter((u) => size(u) < minimumCell);
    const head = byId.get(rootId);
    const large = family.filter((u) => size(u) >= minimumCell);
    if (small.length === 0) done.push(...large);
    else if (family.length === 1) pending.push(...small);
    else {
      const headUnit = large.filter((u) => u.key === rootId);
      const bundle = pool(
        [...headUnit, ...small],
        'parent-school',
        rootId,
        head?.name ?? '',
        head?.location ?? null,
      );
      done.push(...large.filter((u) => u.key !== rootId));
      if (size(bundle) >= minimumCell) done.push(bundle);
      else pending.push(bundle);
    }
  }
  // 2. township, 3. location
  const steps: readonly (readonly [ReportingLevel, (u: Unit) => string])[] = [
    ['township', (u) => u.township],
    ['location', (u) => u.location ?? ''],
  ];
  for (const [level, keyOf] of steps) {
    const next: Unit[] = [];
    for (const [key, members] of groupBy(pending, keyOf)) {
      const merged = pool(members, level, key, level === 'township' ? key : '', members[0]?.location ?? null);
      if (key !== '' && size(merged) >= minimumCell) done.push(merged);
      else next.push(...members);
    }
    pending = next;
  }
  // 4. county: the rest, with as many of the smallest others as it needs to be large enough
  let rest = pool([...pending, homeless], 'county', '', '', null);
  if (rest.schools.length === 0 && size(rest) === 0) return done;
  done.sort((a, b) => size(b) - size(a));
  while (size(rest) < minimumCell && done.length > 0) {
    if (size(rest) === 0) {
      // Schools without a code join a stratum for late contacts, and change no number.
      const host = done.at(-1) as Unit;
      host.schools.push(...rest.schools);
      return done;
    }
    rest = pool([done.pop() as Unit, rest], 'county', '', '', null);
  }
  return [...done, rest];
}

/** The stratum of a contact of that group and school. Undefined if the group has no stratum at all. */
export function findReportingStratum(
  strata: readonly ReportingStratum[],
  group: Group,
  school: SchoolId | null,
): ReportingStratum | undefined {
  const ofGroup = strata.filter((s) => s.group === group);
  return (
    (school === null ? undefined : ofGroup.find((s) => s.schools.includes(school))) ??
    ofGroup.find((s) => s.level === 'county') ??
    ofGroup.at(-1)
  );
}
