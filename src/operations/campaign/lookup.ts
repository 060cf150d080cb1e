/** What most operations begin with: the campaign as this actor may see it, its county, its frozen documents, its keys. */
import { AppError } from '../../domain/errors.ts';
import { isBoundRole, type Actor } from '../../domain/campaign/permissions.ts';
import type { CampaignId, ContentHash, CountyCode } from '../../domain/model/ids.ts';
import { checkQuestionnaire } from '../../domain/questionnaire/check.ts';
import { compileQuestionnaire } from '../../domain/questionnaire/compile.ts';
import type { CompiledQuestionnaire } from '../../domain/questionnaire/compiled.ts';
import { checkProfile, type RuleProfile } from '../../domain/scoring/rules/profile.ts';
import type { Group } from '../../domain/model/vocabulary.ts';
import type { KeyName } from '../../keys/key-store.ts';
import type {
  Campaign,
  CampaignCounty,
  CampaignQuestionnaire,
  Document,
} from '../../domain/model/campaign.ts';
import type { Deps } from '../deps.ts';

/** A bound account sees its own counties only; undefined if the campaign has none of them. */
export function visibleCampaign(actor: Actor, campaign: Campaign): Campaign | undefined {
  if (actor.role === 'system' || !isBoundRole(actor.role)) return campaign;
  const counties = campaign.counties.filter((c) => actor.counties.includes(c.code));
  if (counties.length === 0) return undefined;
  const voids = campaign.voids.filter((v) => v.county === null || actor.counties.includes(v.county));
  return { ...campaign, counties, voids };
}

/** @throws AppError not-found `campaign.not-found`, for a campaign of other counties too: a bound account cannot tell the two apart. */
export async function getVisibleCampaign(deps: Deps, actor: Actor, id: CampaignId): Promise<Campaign> {
  const campaign = await deps.storage.findCampaign(id);
  const visible = campaign && visibleCampaign(actor, campaign);
  if (!visible) throw new AppError('not-found', 'campaign.not-found');
  return visible;
}

/** @throws AppError not-found `campaign.not-found` or `county.not-found` */
export async function getCampaignCounty(
  deps: Deps,
  actor: Actor,
  id: CampaignId,
  county: CountyCode,
): Promise<{ readonly campaign: Campaign; readonly county: CampaignCounty }> {
  const campaign = await getVisibleCampaign(deps, actor, id);
  return { campaign, county: countyOf(campaign, county) };
}

export function countyOf(campaign: Campaign, code: CountyCode): CampaignCounty {
  const county = campaign.counties.find((c) => c.code === code);
  if (!county) throw new AppError('not-found', 'county.not-found', { params: { county: code } });
  return county;
}

/** The questionnaire that a group answers in this campaign; undefined: the group is not asked. */
export function questionnaireOf(campaign: Campaign, group: Group): CampaignQuestionnaire | undefined {
  return campaign.questionnaires.find((q) => q.groups.includes(group));
}

async function getDocument(deps: Deps, hash: ContentHash): Promise<Document> {
  const document = await deps.storage.findDocument(hash);
  if (!document) throw new AppError('corrupt', 'campaign.document-missing', { params: { hash } });
  return document;
}

/** What has been checked once under its hash is never another thing; a few dozen documents are in use at a time. */
function createShelf<T>(): { get(hash: ContentHash, make: () => Promise<T>): Promise<T> } {
  const kept = new Map<ContentHash, T>();
  return {
    async get(hash, make) {
      const known = kept.get(hash);
      if (known !== undefined) return known;
      const made = await make();
      if (kept.size >= 100) kept.clear();
      kept.set(hash, made);
      return made;
    },
  };
}
const profiles = createShelf<RuleProfile>();
const compiledQuestionnaires = createShelf<CompiledQuestionnaire>();

/** @throws AppError corrupt `campaign.document-broken` if what is stored is no longer what was checked */
export function getProfile(deps: Deps, hash: ContentHash): Promise<RuleProfile> {
  return profiles.get(hash, async () => {
    const check = checkProfile(JSON.parse((await getDocument(deps, hash)).body));
    if (!check.ok || check.hash !== hash)
      throw new AppError('corrupt', 'campaign.document-broken', { params: { hash } });
    return check.profile;
  });
}

/** @throws AppError corrupt `campaign.document-broken` */
export function getQuestionnaire(deps: Deps, hash: ContentHash): Promise<CompiledQuestionnaire> {
  return compiledQuestionnaires.get(hash, async () => {
    const check = checkQuestionnaire(JSON.parse((await getDocument(deps, hash)).body));
    const compiled = check.ok ? compileQuestionnaire(check.questionnaire) : undefined;
    if (compiled?.hash !== hash)
      throw new AppError('corrupt', 'campaign.document-broken', { params: { hash } });
    return compiled;
  });
}

/** @throws AppError conflict `campaign.expired`, and as KeyStore.use: missing, broken, or another campaign's */
export function campaignKey(deps: Deps, campaign: Campaign, name: KeyName): Uint8Array {
  if (campaign.expiryStep !== null || campaign.expiredAt !== null)
    throw new AppError('conflict', 'campaign.expired');
  return deps.keys.use(campaign.id, name, campaign.keyChecks[name]);
}
