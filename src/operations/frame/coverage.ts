/** Coverage of a county's roll, from the content of its frame. */
import { groupBy } from '../../domain/group-by.ts';
import { assertMay, type Actor } from '../../domain/campaign/permissions.ts';
import type { Campaign, CampaignCounty } from '../../domain/model/campaign.ts';
import type { FrameCount } from '../../domain/model/contact.ts';
import type { RollImport } from '../../domain/model/import.ts';
import type { CampaignId, CountyCode, SchoolId } from '../../domain/model/ids.ts';
import type { School } from '../../domain/model/school.ts';
import { groups, locations, type Group, type Location } from '../../domain/model/vocabulary.ts';
import { getCampaignCounty } from '../campaign/lookup.ts';
import type { Deps } from '../deps.ts';
import { memoizeByIdentity } from '../memoize.ts';
import { countRoll } from './counts.ts';

interface SchoolCoverage {
  readonly id: SchoolId;
  readonly name: string;
  readonly location: Location | null;
  readonly township: string;
  /** Contacts of any group. */
  readonly contacts: number;
  readonly pupils: number | null;
  readonly guardians: number;
  /** Guardians ÷ pupils; null if the list of schools gives no pupils. */
  readonly guardianRatio: number | null;
  readonly staff: number | null;
  readonly teachers: number;
  readonly teacherRatio: number | null;
  /** Contacts of more than one school. */
  readonly shared: number;
  /** Numbers that are one above that of the previous row, over all applied files. */
  readonly consecutive: number;
  readonly withPhone: number;
}
export interface Coverage {
  readonly schools: readonly SchoolCoverage[];
  /** Schools without a single contact. */
  readonly missing: readonly Pick<School, 'id' | 'name'>[];
  /** Groups that are asked; a contact of two schools is counted in both. */
  readonly groups: readonly {
    readonly group: Group;
    readonly contacts: number;
    readonly withPhone: number;
  }[];
  readonly total: CoverageSum;
  readonly byLocation: readonly (CoverageSum & { readonly location: Location | null })[];
  readonly byTownship: readonly (CoverageSum & { readonly township: string })[];
  /** What a complete roll would have, and this one lacks. */
  readonly gaps: {
    readonly schools: number;
    readonly groups: readonly Group[];
    /** Schools without a head on the roll of principals; 0 if the roll names no schools. */
    readonly principals: number;
  };
}

/** Over several schools. */
export interface CoverageSum {
  readonly schools: number;
  readonly missing: number;
  /** null: none of these schools gives the number. */
  readonly pupils: number | null;
  readonly guardians: number;
  readonly staff: number | null;
  readonly teachers: number;
}

/** Coverage school by school: a padded or thinned roll is visible here before the freeze. */
export async function getCoverage(
  deps: Deps,
  actor: Actor,
  campaign: CampaignId,
  county: CountyCode,
): Promise<Coverage> {
  assertMay(actor, 'roll.view', county);
  const found = await getCampaignCounty(deps, actor, campaign, county);
  return coverageOf(
    await deps.storage.listSchools(campaign, county),
    await countRoll(deps, campaign, county),
    await deps.storage.listImports(campaign, county),
    found.campaign,
    found.county,
  );
}

const coverageOf = memoizeByIdentity(makeCoverage);

function makeCoverage(
  schools: readonly School[],
  counts: readonly FrameCount[],
  everyImport: readonly RollImport[],
  campaign: Campaign,
  county: CampaignCounty,
): Coverage {
  // A file that added nothing repeats an earlier one, which has been counted.
  const imports = everyImport.filter((i) => i.state === 'applied' && i.added + i.joined > 0);
  const countsOf = groupBy(counts, (c) => c.school);
  const covered = schools.map((school): SchoolCoverage => {
    const own = countsOf.get(school.id) ?? [];
    const of = (group: Group) =>
      sum(
        own.filter((c) => c.group === group),
        'contacts',
      );
    const [guardians, teachers] = [of('parent'), of('teacher')];
    return {
      id: school.id,
      name: school.name,
      location: school.location,
      township: school.township,
      contacts: sum(own, 'contacts'),
      pupils: school.pupils,
      guardians,
      guardianRatio: ratio(guardians, school.pupils),
      staff: school.staff,
      teachers,
      teacherRatio: ratio(teachers, school.staff),
      shared: sum(own, 'shared'),
      consecutive: imports.reduce((n, i) => n + (i.summary?.consecutive[school.id] ?? 0), 0),
      withPhone: sum(own, 'withPhone'),
    };
  });
  const present = new Set(counts.filter((c) => c.contacts > 0).map((c) => c.school));
  const missing = schools.filter((s) => !present.has(s.id)).map(({ id, name }) => ({ id, name }));
  // Schools without a file first, then those with the lowest coverage.
  const order = (s: SchoolCoverage) => (s.contacts === 0 ? -1 : (s.guardianRatio ?? 2));
  const sorted = covered.toSorted((a, b) => order(a) - order(b) || (a.name < b.name ? -1 : 1));
  const asked = groups.filter((g) => campaign.questionnaires.some((q) => q.groups.includes(g)));
  const groupCounts = asked.map((group) => ({ group, ...countGroup(counts, group) }));
  const slips = new Set(county.slips.filter((s) => s.count > 0).map((s) => s.group));
  const heads = counts.filter((c) => c.group === 'principal' && c.school !== null && c.contacts > 0);
  const headed = new Set(heads.map((h) => h.school));
  return {
    schools: sorted,
    missing,
    groups: groupCounts,
    total: sumSchools(covered),
    byLocation: [...locations, null].flatMap((location) => {
      const own = covered.filter((s) => s.location === location);
      return own.length > 0 ? [{ location, ...sumSchools(own) }] : [];
    }),
    byTownship: [...groupBy(covered, (s) => s.township)]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([township, own]) => ({ township, ...sumSchools(own) })),
    gaps: {
      schools: missing.length,
      groups: groupCounts
        .filter((g) => g.contacts === 0 && !slips.has(g.group) && g.group !== 'public')
        .map((g) => g.group),
      principals:
        heads.length === 0 ? 0 : schools.filter((s) => s.parent === null && !headed.has(s.id)).length,
    },
  };
}

function countGroup(
  counts: readonly FrameCount[],
  group: Group,
): { readonly contacts: number; readonly withPhone: number } {
  const own = counts.filter((c) => c.group === group);
  return { contacts: sum(own, 'contacts'), withPhone: sum(own, 'withPhone') };
}

function sumSchools(list: readonly SchoolCoverage[]): CoverageSum {
  const whole = (what: 'pupils' | 'staff') =>
    list.some((s) => s[what] !== null) ? list.reduce((n, s) => n + (s[what] ?? 0), 0) : null;
  return {
    schools: list.length,
    missing: list.filter((s) => s.contacts === 0).length,
    pupils: whole('pupils'),
    guardians: list.reduce((n, s) => n + s.guardians, 0),
    staff: whole('staff'),
    teachers: list.reduce((n, s) => n + s.teachers, 0),
  };
}

/** How many things the roll lacks: a submission explains why. */
export function countGaps({ gaps }: Pick<Coverage, 'gaps'>): number {
  return gaps.schools + gaps.groups.length + gaps.principals;
}

function sum(counts: readonly FrameCount[], what: 'contacts' | 'shared' | 'withPhone'): number {
  return counts.reduce((n, c) => n + c[what], 0);
}

function ratio(part: number, whole: number | null): number | null {
  return whole === null || whole === 0 ? null : part / whole;
}
