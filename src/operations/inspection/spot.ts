/**
 * Creates the spot survey at the sample schools in one step: a campaign, its empty roll frozen, its slips drawn with the dice of
 * the sample schools (nobody is selected, the seed only assigns questionnaires), and opened. Also compares it with the county's
 * survey.
 */
import { AppError } from '../../domain/errors.ts';
import { isScoreVisible } from '../../domain/campaign/life-cycle.ts';
import { assertMay, systemActor, type Actor } from '../../domain/campaign/permissions.ts';
import { readSpot, type SpotRow } from '../../domain/inspection/spot-reading.ts';
import { assertSlips, spotProfile, type SpotSurvey } from '../../domain/inspection/spot.ts';
import { assertConsents } from '../../domain/inspection/students.ts';
import { sampleSchoolsOf } from '../../domain/inspection/symposiums.ts';
import type { Campaign } from '../../domain/model/campaign.ts';
import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import type { Group } from '../../domain/model/vocabulary.ts';
import type { Summary } from '../../domain/scoring/summary/summary-types.ts';
import { createCampaign, openCampaign } from '../campaign/campaigns.ts';
import { getCampaignCounty, getDocument, getProfile, questionnaireOf } from '../campaign/lookup.ts';
import type { Deps } from '../deps.ts';
import { drawSample } from '../draw/draw.ts';
import { freezeFrame } from '../frame/frame.ts';
import { getSummary } from '../summary/summary.ts';
import { viewInspection } from './documents.ts';
import { storeChange } from './inspection.ts';

export interface SpotPlan {
  readonly slips: readonly { readonly group: Group; readonly count: number }[];
  readonly closesAt: number;
}

/**
 * @returns the new campaign, open
 * @throws AppError conflict `inspection.spot.no-sample`; invalid `inspection.invalid`, `campaign.invalid`
 */
export async function makeSpotSurvey(
  deps: Deps,
  actor: Actor,
  id: CampaignId,
  code: CountyCode,
  plan: SpotPlan,
): Promise<Campaign> {
  for (const action of ['inspection.configure', 'campaign.edit', 'frame.freeze', 'campaign.open'] as const)
    assertMay(actor, action, code);
  const { campaign, county, documents } = await viewInspection(deps, actor, id, code);
  if (campaign.state === 'voided') throw new AppError('conflict', 'inspection.voided');
  // Checks of the document's rules come first: otherwise a campaign could remain to which nothing refers.
  const sample = documents.sample.body;
  const schools = sampleSchoolsOf(sample);
  assertSlips(plan.slips);
  const students = documents.students.body;
  assertConsents(students, plan.slips, schools);
  if (sample.draw === null) throw new AppError('conflict', 'inspection.spot.no-sample');
  const groups = plan.slips.map((s) => s.group);
  const questionnaires = await questionnairesFor(deps, campaign, groups);
  const no = documents.spot.body.surveys.length + 1;
  const made = await createCampaign(deps, actor, {
    name: `${county.name}样本校现场问卷${no === 1 ? '' : `（第${no}次）`}`,
    purpose: 'spot-check',
    commissioner: campaign.commissioner,
    commissionerPhone: campaign.commissionerPhone,
    closesAt: plan.closesAt,
    storageUntil: Math.max(plan.closesAt, campaign.storageUntil),
    selfAdministered: campaign.selfAdministered,
    demo: campaign.demo,
    profile: spotProfile(await getProfile(deps, campaign.profile), groups),
    questionnaires,
    counties: [{ code, name: county.name, residents: county.residents, slips: plan.slips }],
  });
  const change = { do: 'make', slips: plan.slips, closesAt: plan.closesAt };
  await storeChange(deps, actor, id, code, 'spot', change, { made: { campaign: made.id } });
  // The same consents apply to the new campaign's slips for pupils.
  if (groups.includes('student')) {
    const copy = (change: unknown) =>
      storeChange(deps, systemActor, made.id, code, 'students', change, { reason: campaign.name });
    if (!students.isRequired) await copy({ do: 'setting', isRequired: false });
    for (const consent of students.consents)
      if (schools.includes(consent.school)) await copy({ do: 'consent', ...consent });
  }
  await freezeFrame(deps, actor, made.id, code);
  await drawSample(deps, systemActor, made.id, code, sample.draw.dice);
  return openCampaign(deps, actor, made.id);
}

/**
 * For each group the county's own questionnaire.
 * @throws AppError invalid `inspection.invalid`
 */
async function questionnairesFor(deps: Deps, campaign: Campaign, groups: readonly Group[]) {
  const byHash = new Map<string, { document: unknown; groups: Group[] }>();
  for (const group of groups) {
    const own = questionnaireOf(campaign, group);
    if (!own)
      throw new AppError('invalid', 'inspection.invalid', {
        issues: [{ path: 'slips', message: 'campaign.slips-not-asked', params: { group } }],
      });
    const known = byHash.get(own.hash);
    if (known) known.groups.push(group);
    else
      byHash.set(own.hash, {
        document: JSON.parse((await getDocument(deps, own.hash)).body),
        groups: [group],
      });
  }
  return [...byHash.values()];
}

export interface SpotView {
  readonly survey: SpotSurvey;
  readonly campaign: Campaign;
  readonly rows: readonly SpotRow[] | null;
  /** Why there are no rows; texts are `inspection.spot.waits.<why>`. */
  readonly waits: 'spot-open' | 'county-open' | 'spot-unreleased' | 'county-unreleased' | null;
  readonly spot: Summary | null;
  readonly county: Summary | null;
}

export async function listSpotSurveys(
  deps: Deps,
  actor: Actor,
  id: CampaignId,
  code: CountyCode,
): Promise<readonly SpotView[]> {
  const { campaign, documents } = await viewInspection(deps, actor, id, code);
  const views: SpotView[] = [];
  for (const survey of documents.spot.body.surveys) {
    const { campaign: own } = await getCampaignCounty(deps, actor, survey.campaign, code);
    const waits = waitsFor(actor, own, campaign);
    const [spot, county] =
      waits === null
        ? [await getSummary(deps, actor, own.id, code), await getSummary(deps, actor, id, code)]
        : [null, null];
    views.push({
      ...{ survey, campaign: own, waits, spot, county },
      rows: spot && county && readSpot(spot, county),
    });
  }
  return views;
}

function waitsFor(actor: Actor, spot: Campaign, county: Campaign): SpotView['waits'] {
  if (!isScoreVisible(spot.state)) return 'spot-open';
  if (!isScoreVisible(county.state)) return 'county-open';
  if (actor.role !== 'official') return null;
  if (spot.state !== 'released') return 'spot-unreleased';
  return county.state === 'released' ? null : 'county-unreleased';
}
