/** How full a county's roll is, from what is in its frame. */
import { assertMay, type Actor } from '../../domain/campaign/permissions.ts';
import type { FrameCount } from '../../domain/model/contact.ts';
import type { CampaignId, CountyCode, SchoolId } from '../../domain/model/ids.ts';
import type { School } from '../../domain/model/school.ts';
import type { Group } from '../../domain/model/vocabulary.ts';
import { getCampaignCounty } from '../campaign/lookup.ts';
import type { Deps } from '../deps.ts';

interface SchoolCoverage {
  readonly id: SchoolId;
  readonly name: string;
  readonly pupils: number | null;
  readonly guardians: number;
  /** Guardians ÷ pupils; null where the list of schools gives no pupils. */
  readonly guardianRatio: number | null;
  readonly staff: number | null;
  readonly teachers: number;
  readonly teacherRatio: number | null;
  /** Contacts of more than one school. */
  readonly shared: number;
  /** Numbers that follow the one in the row above by one, over all files applied. */
  readonly consecutive: number;
  readonly withPhone: number;
}
export interface Coverage {
  readonly schools: readonly SchoolCoverage[];
  /** Schools without a single contact. */
  readonly missing: readonly Pick<School, 'id' | 'name'>[];
}

/** How full the roll is, school by school: a padded or thinned roll shows here before the freeze. */
export async function getCoverage(
  deps: Deps,
  actor: Actor,
  campaign: CampaignId,
  county: CountyCode,
): Promise<Coverage> {
  assertMay(actor, 'roll.view', county);
  await getCampaignCounty(deps, actor, campaign, county);
  const schools = await deps.storage.listSchools(campaign, county);
  const counts = await deps.storage.countFrame(campaign, county);
  // A file that added nothing was there before and has been counted.
  const imports = (await deps.storage.listImports(campaign, county)).filter(
    (i) => i.state === 'applied' && i.added + i.joined > 0,
  );
  const covered = schools.map((school): SchoolCoverage => {
    const own = counts.filter((c) => c.school === school.id);
    const of = (group: Group) =>
      sum(
        own.filter((c) => c.group === group),
        'contacts',
      );
    const [guardians, teachers] = [of('parent'), of('teacher')];
    return {
      id: school.id,
      name: school.name,
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
  return { schools: covered, missing };
}

function sum(counts: readonly FrameCount[], what: 'contacts' | 'shared' | 'withPhone'): number {
  return counts.reduce((n, c) => n + c[what], 0);
}

function ratio(part: number, whole: number | null): number | null {
  return whole === null || whole === 0 ? null : part / whole;
}
