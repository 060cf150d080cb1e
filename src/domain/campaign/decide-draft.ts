/**
 * A campaign as a draft: created, and changed until it opens. The caller has validated the draft itself; here it is decided which
 * changes of the stored state are allowed.
 */
import { AppError } from '../errors.ts';
import { canonicalJson, contentHash } from '../hash.ts';
import type { Campaign, CampaignDraft } from '../model/campaign.ts';
import type { Decision } from '../model/decision.ts';
import type { CountyCode } from '../model/ids.ts';
import type { Stamp } from '../model/stamp.ts';

type DraftFields = Omit<CampaignDraft, 'id' | 'counties'>;
type DraftCounty = CampaignDraft['counties'][number];

/** @throws AppError conflict `campaign.exists` */
export function decideCreation(
  existing: Pick<Campaign, 'id'> | undefined,
  { id: _, ...draft }: CampaignDraft,
  { at }: Stamp,
): Decision<Omit<CampaignDraft, 'id'> & { readonly state: 'draft'; readonly createdAt: number }> {
  if (existing) throw new AppError('conflict', 'campaign.exists');
  const { name, profile, counties } = draft;
  return {
    changes: { ...draft, state: 'draft', createdAt: at },
    leaves: [],
    trail: [{ action: 'campaign.create', details: { name, profile, counties: counties.map((c) => c.code) } }],
  };
}

interface DraftChanges {
  readonly fields: DraftFields;
  readonly counties: {
    readonly added: readonly DraftCounty[];
    readonly changed: readonly DraftCounty[];
    readonly removed: readonly CountyCode[];
  };
}

/** @throws AppError conflict `campaign.not-draft` */
export function assertDraft({ state }: Pick<Campaign, 'state'>): void {
  if (state !== 'draft') throw new AppError('conflict', 'campaign.not-draft');
}

const versioned = [
  ...(['name', 'purpose', 'commissioner', 'commissionerPhone', 'closesAt', 'storageUntil'] as const),
  ...(['selfAdministered', 'profile', 'questionnaires', 'counties'] as const),
] as const;
export type DraftField = (typeof versioned)[number];

/**
 * Version of the fields that a draft sets. A change based on an older version than the stored one would undo someone else's
 * change.
 * @param fields relevant to the caller; default: all
 */
export function draftVersion(campaign: Campaign, fields: readonly DraftField[] = versioned): string {
  const said = fields.map((name): [string, unknown] => [
    name,
    name === 'counties' ? campaign.counties.map(draftCounty) : campaign[name],
  ]);
  return contentHash(Object.fromEntries(said)).slice(0, 16);
}

/**
 * Once a county's frame is frozen, that county, the profile and the questionnaires are fixed.
 * @param version that the change was based on (`draftVersion`); null: any
 * @throws AppError conflict `campaign.not-draft`, `campaign.frame-fixed`, `campaign.changed`
 */
export function decideUpdate(
  before: Campaign,
  patch: Partial<Omit<CampaignDraft, 'id' | 'demo'>>,
  version: string | null = null,
): Decision<DraftChanges> {
  assertDraft(before);
  if (version !== null && version !== draftVersion(before))
    throw new AppError('conflict', 'campaign.changed');
  const { counties = before.counties, ...rest } = patch;
  assertFixed(before, rest, counties);
  const known = new Map(before.counties.map((c) => [c.code, c]));
  const { name, purpose, commissioner, commissionerPhone, closesAt, storageUntil, selfAdministered, demo } =
    before;
  const { profile, questionnaires } = before;
  return {
    changes: {
      fields: {
        ...{ name, purpose, commissioner, commissionerPhone, closesAt, storageUntil, selfAdministered, demo },
        ...{ profile, questionnaires },
        ...rest,
      },
      counties: {
        added: counties.filter((c) => !known.has(c.code)),
        changed: counties.filter((c) => {
          const old = known.get(c.code);
          return old !== undefined && !isSame(old, c);
        }),
        removed: before.counties.map((c) => c.code).filter((code) => !counties.some((c) => c.code === code)),
      },
    },
    leaves: [],
    trail: [{ action: 'campaign.update', details: { changed: Object.keys(patch) } }],
  };
}

/**
 * A draft can be deleted while nothing of it is frozen and its log is empty. Its rolls are deleted too; the trail records that it
 * existed.
 * @throws AppError conflict `campaign.not-draft`, `campaign.frame-fixed`, `campaign.logged`
 */
export function decideDeletion(
  before: Campaign,
  isLogged: boolean,
): Decision<{ readonly deleted: Campaign['id'] }> {
  assertDraft(before);
  if (before.counties.some((c) => c.frameState !== 'preparing'))
    throw new AppError('conflict', 'campaign.frame-fixed');
  if (isLogged) throw new AppError('conflict', 'campaign.logged');
  const { id, name, counties } = before;
  return {
    changes: { deleted: id },
    leaves: [],
    trail: [{ action: 'campaign.delete', details: { name, counties: counties.map((c) => c.code) } }],
  };
}

function assertFixed(before: Campaign, patch: Partial<DraftFields>, counties: readonly DraftCounty[]): void {
  const fixed = before.counties.filter((c) => c.frameState !== 'preparing');
  if (fixed.length === 0) return;
  const stays = fixed.every((old) => counties.some((c) => isSame(old, c)));
  if (!stays || patch.profile !== undefined || patch.questionnaires !== undefined)
    throw new AppError('conflict', 'campaign.frame-fixed');
}

/** The fields of a county that a draft sets. */
export function draftCounty({ code, name, residents, slips }: DraftCounty): DraftCounty {
  return { code, name, residents, slips };
}

function isSame(a: DraftCounty, b: DraftCounty): boolean {
  return canonicalJson(draftCounty(a)) === canonicalJson(draftCounty(b));
}
