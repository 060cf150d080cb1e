/** The first steps of most operations: the campaign as this actor may see it, its county, its frozen documents, its keys. */
import { LRUCache } from 'lru-cache';
import { AppError } from '../../domain/errors.ts';
import { mainArm } from '../../domain/frame/ballot.ts';
import { parseProfile, parseQuestionnaire, readDocument } from '../../domain/campaign/document.ts';
import { isBoundRole, type Actor } from '../../domain/campaign/permissions.ts';
import type { CampaignId, ContentHash, CountyCode } from '../../domain/model/ids.ts';
import { compileQuestionnaire } from '../../domain/questionnaire/compile.ts';
import type { Group } from '../../domain/model/vocabulary.ts';
import type { KeyName } from '../../keys/key-store.ts';
import type {
  Campaign,
  CampaignCounty,
  CampaignQuestionnaire,
  Document,
} from '../../domain/model/campaign.ts';
import type { Storage } from '../../storage/port/index.ts';
import type { Deps } from '../deps.ts';

/** A bound account sees only its own counties; undefined if the campaign has none of them. */
export function visibleCampaign(actor: Actor, campaign: Campaign): Campaign | undefined {
  if (actor.role === 'system' || !isBoundRole(actor.role)) return campaign;
  const parts = boundParts.get(campaign) ?? new Map<string, Campaign | undefined>();
  boundParts.set(campaign, parts);
  const key = actor.counties.join();
  if (!parts.has(key)) parts.set(key, partOf(campaign, actor.counties));
  return parts.get(key);
}

/** The same object for all accounts bound to the same counties, as long as storage returns the same campaign. */
const boundParts = new WeakMap<Campaign, Map<string, Campaign | undefined>>();

function partOf(campaign: Campaign, codes: readonly string[]): Campaign | undefined {
  const counties = campaign.counties.filter((c) => codes.includes(c.code));
  if (counties.length === 0) return undefined;
  const voids = campaign.voids.filter((v) => v.county === null || codes.includes(v.county));
  return { ...campaign, counties, voids };
}

/**
 * @throws AppError not-found `campaign.not-found`, also for a campaign of other counties: a bound account cannot distinguish them
 */
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

/**
 * The questionnaire that a group answers in this campaign, for a split ballot the main arm's; undefined: the group is not asked.
 */
export function questionnaireOf(campaign: Campaign, group: Group): CampaignQuestionnaire | undefined {
  return mainArm(campaign.questionnaires, group);
}

type DocumentSource = { readonly storage: Pick<Storage, 'findDocument'> };

/** A document checked under its hash never changes; a few dozen are in use at a time. */
function memoizeByHash<T extends object>(
  make: (deps: DocumentSource, hash: ContentHash) => Promise<T>,
): (deps: DocumentSource, hash: ContentHash) => Promise<T> {
  const known = new WeakMap<DocumentSource['storage'], LRUCache<ContentHash, T>>();
  return async (deps, hash) => {
    const own = known.get(deps.storage) ?? new LRUCache<ContentHash, T>({ max: 100 });
    known.set(deps.storage, own);
    const found = own.get(hash);
    if (found !== undefined) return found;
    const made = await make(deps, hash);
    own.set(hash, made);
    return made;
  };
}

/**
 * @throws AppError corrupt `campaign.document-missing`, `campaign.document-broken` if the stored document is no longer what was
 * checked
 */
export const getProfile = memoizeByHash(async ({ storage }, hash) =>
  parseProfile(hash, await storage.findDocument(hash)),
);

/** @throws AppError as `getProfile` */
export const getQuestionnaireDocument = memoizeByHash(async ({ storage }, hash) =>
  parseQuestionnaire(hash, await storage.findDocument(hash)),
);

/** @throws AppError as `getProfile` */
export const getQuestionnaire = memoizeByHash(async (deps, hash) =>
  compileQuestionnaire(await getQuestionnaireDocument(deps, hash)),
);

/**
 * As stored, of any kind.
 * @throws AppError as `getProfile`
 */
export async function getDocument(deps: DocumentSource, hash: ContentHash): Promise<Document> {
  const found = await deps.storage.findDocument(hash);
  readDocument(hash, found);
  return found!;
}

/** @throws AppError conflict `campaign.expired`, and as KeyStore.use: missing, broken, or another campaign's */
export function campaignKey(deps: Deps, campaign: Campaign, name: KeyName): Uint8Array {
  if (campaign.expiryStep !== null || campaign.expiredAt !== null)
    throw new AppError('conflict', 'campaign.expired');
  return deps.keys.use(campaign.id, name, campaign.keyChecks[name]);
}
