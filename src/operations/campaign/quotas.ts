/** Before the freeze: what each county's current roll means for the draw, and raising the quotas to what a plan needs. */
import { AppError, type Issue } from '../../domain/errors.ts';
import { assertMay, type Actor } from '../../domain/campaign/permissions.ts';
import type { FrameState } from '../../domain/campaign/life-cycle.ts';
import type { Campaign, CampaignCounty } from '../../domain/model/campaign.ts';
import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import { groups, type Group } from '../../domain/model/vocabulary.ts';
import {
  needQuestionSchema,
  planNeed,
  usualNeed,
  type Need,
  type NeedQuestion,
} from '../../domain/scoring/planner/need.ts';
import { computeQuota, type QuotaResult } from '../../domain/scoring/rules/quota.ts';
import { bareRule, raiseQuotas, withoutRaise } from '../../domain/scoring/rules/raise.ts';
import { raiseOf } from '../../domain/scoring/rules/quota-rule.ts';
import type { RuleProfile } from '../../domain/scoring/rules/profile.ts';
import type { Deps } from '../deps.ts';
import { saveDraft } from './campaigns.ts';
import { getCampaignCounty, getProfile, getVisibleCampaign } from './lookup.ts';
import { countRoll } from '../frame/counts.ts';

export interface CountyQuotas {
  readonly code: CountyCode;
  readonly name: string;
  readonly frameState: FrameState;
  readonly schools: number;
  /** Schools without anyone on the roll. */
  readonly schoolsWithout: number;
  readonly roll: Readonly<Partial<Record<Group, number>>>;
  /** Slips to be printed for a group without a roll. */
  readonly slips: Readonly<Partial<Record<Group, number>>>;
  readonly result: QuotaResult;
  /** By the rules alone, if the campaign invites more. */
  readonly byRule: QuotaResult | null;
}

export async function viewQuotas(deps: Deps, actor: Actor, id: CampaignId): Promise<readonly CountyQuotas[]> {
  assertMay(actor, 'draw.view');
  const campaign = await getVisibleCampaign(deps, actor, id);
  const profile = await getProfile(deps, campaign.profile);
  const isRaised = raiseOf(profile) !== null;
  return Promise.all(
    campaign.counties.map(async (county): Promise<CountyQuotas> => {
      const { schools, schoolsWithout, roll, slips, population } = await readCounty(deps, campaign, county);
      const residents = county.residents?.count ?? null;
      return {
        ...{ code: county.code, name: county.name, frameState: county.frameState },
        ...{ schools, schoolsWithout, roll, slips },
        result: computeQuota(profile, residents, population),
        byRule: isRaised
          ? computeQuota({ ...profile, quota: bareRule(profile.quota) }, residents, population)
          : null,
      };
    }),
  );
}

async function readCounty(deps: Deps, campaign: Campaign, county: CampaignCounty) {
  const asked = new Set(campaign.questionnaires.flatMap((q) => q.groups));
  const [schools, frame] = await Promise.all([
    deps.storage.listSchools(campaign.id, county.code),
    countRoll(deps, campaign.id, county.code),
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
  const hasRoll = frame.length > 0;
  return {
    ...{ hasRoll, roll, slips, schools: schools.length },
    schoolsWithout: schools.filter((s) => !used.has(s.id)).length,
    population: Object.fromEntries(
      // As the draw will count them; without a roll nothing is known.
      groups.filter((g) => asked.has(g)).map((g) => [g, hasRoll ? (roll[g] ?? 0) + (slips[g] ?? 0) : null]),
    ) as Partial<Record<Group, number | null>>,
  };
}

/**
 * Input of a form; absent values get their defaults.
 * @throws AppError invalid `plan.invalid`
 */
export async function viewNeed(
  deps: Deps,
  actor: Actor,
  id: CampaignId,
  code: CountyCode,
  raw: { readonly valid?: unknown; readonly of100?: unknown },
): Promise<Need> {
  assertMay(actor, 'draw.view', code);
  const { campaign, county } = await getCampaignCounty(deps, actor, id, code);
  const profile = await getProfile(deps, campaign.profile);
  const residents = county.residents?.count ?? null;
  const question = readQuestion({ ...usualNeed(profile, residents), ...typedOf(raw) });
  const { hasRoll, population } = await readCounty(deps, campaign, county);
  const known = hasRoll ? (population as Partial<Record<Group, number>>) : null;
  return planNeed(profile, { residents, population: known }, question);
}

/** Without empty fields; `４２０` and `1 000` are numbers, as in the list of counties. */
const typedOf = (raw: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    Object.entries(raw)
      .map(([name, value]): [string, unknown] => [
        name,
        typeof value === 'string' ? plainNumber(value) : value,
      ])
      .filter(([, value]) => value !== undefined && value !== ''),
  );
const plainNumber = (text: string) => text.normalize('NFKC').replace(/[\s,]/g, '');

function readQuestion(raw: unknown): NeedQuestion {
  const parsed = needQuestionSchema.safeParse(raw);
  if (parsed.success) return parsed.data;
  throw new AppError('invalid', 'plan.invalid', {
    issues: parsed.error.issues.map(({ path: [name] }) => ({
      path: String(name),
      message: `plan.range.${String(name)}`,
    })),
  });
}

/**
 * Applies a plan: the quotas of all counties are raised in proportion, so that this county's reach what the plan needs.
 * @param version `draftVersion` that the user saw
 * @throws AppError conflict `quota.enough` if the rules already require as many, and as `saveDraft`; invalid `quota.times`
 */
export async function raiseToNeed(
  deps: Deps,
  actor: Actor,
  o: {
    readonly campaign: CampaignId;
    readonly county: CountyCode;
    readonly question: NeedQuestion;
    readonly version: string;
  },
  note: (need: Need, county: string) => Readonly<Record<'zh-CN' | 'en', string>>,
): Promise<Need> {
  assertMay(actor, 'campaign.edit');
  const { campaign, county } = await getCampaignCounty(deps, actor, o.campaign, o.county);
  const need = await viewNeed(deps, actor, o.campaign, o.county, o.question);
  if (need.raise === null) throw new AppError('conflict', 'quota.enough');
  const profile = await getProfile(deps, campaign.profile);
  await storeProfile(
    deps,
    actor,
    campaign,
    o.version,
    raiseQuotas(profile, need.raise, note(need, county.name)),
  );
  return need;
}

/**
 * Restores the quotas of the rules.
 * @throws AppError as `saveDraft`
 */
export async function restoreQuotas(
  deps: Deps,
  actor: Actor,
  id: CampaignId,
  version: string,
): Promise<void> {
  assertMay(actor, 'campaign.edit');
  const campaign = await getVisibleCampaign(deps, actor, id);
  const profile = await getProfile(deps, campaign.profile);
  await storeProfile(deps, actor, campaign, version, withoutRaise(profile));
}

async function storeProfile(
  deps: Deps,
  actor: Actor,
  campaign: Campaign,
  version: string,
  profile: RuleProfile,
): Promise<void> {
  const issues: readonly Issue[] = await saveDraft(deps, actor, campaign.id, [{ profile }], version);
  if (issues.length > 0) throw new AppError('invalid', 'campaign.invalid', { issues });
}
