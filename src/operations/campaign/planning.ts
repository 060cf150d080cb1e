/** Planning before the draw: how many to ask, the possible return, and what will be visible. Changes nothing. */
import { AppError } from '../../domain/errors.ts';
import { assertMay, type Actor } from '../../domain/campaign/permissions.ts';
import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import { makePlan, planQuestionSchema, type PlanView } from '../../domain/scoring/planner/plan.ts';
import { groups } from '../../domain/model/vocabulary.ts';
import type { Deps } from '../deps.ts';
import { getCampaignCounty, getProfile } from './lookup.ts';
import { countRoll } from '../frame/counts.ts';

/** @throws AppError invalid `plan.invalid`; forbidden; not-found */
export async function planSurvey(
  deps: Deps,
  actor: Actor,
  id: CampaignId,
  code: CountyCode,
  raw: unknown,
): Promise<PlanView> {
  assertMay(actor, 'draw.view', code);
  const { campaign, county } = await getCampaignCounty(deps, actor, id, code);
  const parsed = planQuestionSchema.safeParse(raw);
  if (!parsed.success)
    throw new AppError('invalid', 'plan.invalid', {
      issues: parsed.error.issues.map(({ path: [field] }) => ({
        path: String(field),
        message: `plan.range.${String(field)}`,
      })),
    });
  if (parsed.data.low > parsed.data.high)
    throw new AppError('invalid', 'plan.invalid', {
      issues: [{ path: 'low', message: 'plan.low-above-high' }],
    });
  const frame = await countRoll(deps, id, code);
  const asked = new Set(campaign.questionnaires.flatMap((q) => q.groups));
  return makePlan(
    await getProfile(deps, campaign.profile),
    {
      residents: county.residents?.count ?? null,
      schools: await deps.storage.listSchools(id, code),
      groups: groups
        .filter((group) => asked.has(group))
        .map((group) => ({
          group,
          contacts: frame
            .filter((row) => row.group === group)
            .map((row) => ({ school: row.school, count: row.contacts - row.late })),
        })),
    },
    parsed.data,
  );
}
