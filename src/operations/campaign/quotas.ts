/** Before the freeze: what each county's roll as it is now would mean for the draw. Changes nothing. */
import { assertMay, type Actor } from '../../domain/campaign/permissions.ts';
import type { FrameState } from '../../domain/campaign/life-cycle.ts';
import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import { groups, type Group } from '../../domain/model/vocabulary.ts';
import { computeQuota, type QuotaResult } from '../../domain/scoring/rules/quota.ts';
import type { Deps } from '../deps.ts';
import { getProfile, getVisibleCampaign } from './lookup.ts';

export interface CountyQuotas {
  readonly code: CountyCode;
  readonly name: string;
  readonly frameState: FrameState;
  readonly schools: number;
  /** Schools without anybody on the roll. */
  readonly schoolsWithout: number;
  readonly roll: Readonly<Partial<Record<Group, number>>>;
  /** Slips to be printed for a group without a roll. */
  readonly slips: Readonly<Partial<Record<Group, number>>>;
  readonly result: QuotaResult;
}

export async function viewQuotas(deps: Deps, actor: Actor, id: CampaignId): Promise<readonly CountyQuotas[]> {
  assertMay(actor, 'draw.view');
  const campaign = await getVisibleCampaign(deps, actor, id);
  const profile = await getProfile(deps, campaign.profile);
  const asked = new Set(campaign.questionnaires.flatMap((q) => q.groups));
  return Promise.all(
    campaign.counties.map(async (county): Promise<CountyQuotas> => {
      const [schools, frame] = await Promise.all([
        deps.storage.listSchools(id, county.code),
        deps.storage.countFrame(id, county.code),
      ]);
      const roll: Partial<Record<Group, number>> = {};
      const used = new Set<string>();
      for (const row of frame) {
        roll[row.group] = (roll[row.group] ?? 0) + row.contacts - row.late;
        if (row.school !== null) used.add(row.school);
      }
      const slips: Partial<Record<Group, number>> = Object.fromEntries(
        county.slips.filter((s) => asked.has(s.group)).map((s) => [s.group, s.count]),
      );
      const population = Object.fromEntries(
        // As the draw will count them; before there is any roll nothing is known.
        groups
          .filter((g) => asked.has(g))
          .map((g) => [g, frame.length === 0 ? null : (roll[g] ?? 0) + (slips[g] ?? 0)]),
      );
      return {
        code: county.code,
        name: county.name,
        frameState: county.frameState,
        schools: schools.length,
        schoolsWithout: schools.filter((s) => !used.has(s.id)).length,
        roll,
        slips,
        result: computeQuota(profile, county.residents?.count ?? null, population),
      };
    }),
  );
}
