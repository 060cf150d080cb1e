/**
 * Campaigns from draft to release. A draft is validated as a whole each time it is written, so that an opened campaign has been
 * validated in its final state.
 */
import { AppError, type Issue } from '../../domain/errors.ts';
import {
  assertDraft,
  draftCounty,
  draftVersion,
  type DraftField,
} from '../../domain/campaign/decide-draft.ts';
import { decideOpening, decideRelease } from '../../domain/campaign/decide-opening.ts';
import { isDemonstrationCode } from '../../domain/campaign/division.ts';
import { secondaryArms } from '../../domain/frame/ballot.ts';
import { checkBallot } from '../../domain/scoring/ballot/check.ts';
import { assertMay, type Actor } from '../../domain/campaign/permissions.ts';
import { canonicalJson } from '../../domain/hash.ts';
import type { CampaignId, CountyCode } from '../../domain/model/ids.ts';
import { checkNewQuestionnaire, countedFollowUps } from '../../domain/questionnaire/counted-follow-ups.ts';
import { compileQuestionnaire } from '../../domain/questionnaire/compile.ts';
import type { CompiledQuestionnaire } from '../../domain/questionnaire/compiled.ts';
import { checkProfile, checkProfileAgainst, wrongVersions } from '../../domain/scoring/rules/profile.ts';
import type { Group } from '../../domain/model/vocabulary.ts';
import { keyNames } from '../../keys/key-store.ts';
import type {
  Campaign,
  CampaignDraft,
  CampaignQuestionnaire,
  Document,
} from '../../domain/model/campaign.ts';
import { stamp, type Deps } from '../deps.ts';
import { makeOnce } from '../make-once.ts';
import { assertAudited } from '../evidence/audit.ts';
import { publishCheckpoints } from '../evidence/evidence.ts';
import { findDateSlips, newCampaignSchema, shapeIssue, type NewCampaign } from './draft-shape.ts';
import {
  campaignKey,
  getDocument,
  getProfile,
  getQuestionnaire,
  getVisibleCampaign,
  visibleCampaign,
} from './lookup.ts';

interface CheckedDraft {
  readonly draft: Omit<CampaignDraft, 'id'>;
  readonly documents: readonly Document[];
}

/**
 * @param changed fields to be validated; earlier faults in others are ignored. Null: all
 * @throws AppError invalid `campaign.invalid`, whose issues name every fault
 */
async function checkDraft(
  deps: Deps,
  input: NewCampaign,
  changed: ReadonlySet<string> | null = null,
): Promise<CheckedDraft> {
  const parsed = newCampaignSchema.safeParse(input);
  if (!parsed.success) throw invalid(parsed.error.issues.map(shapeIssue));
  const { profile: rawProfile, questionnaires: rawQuestionnaires, counties, ...plain } = parsed.data;
  const issues: Issue[] = [];

  const documents: Document[] = [];
  const questionnaires: CampaignQuestionnaire[] = [];
  const compiled: CompiledQuestionnaire[] = [];
  const served = new Map<Group, { readonly arm: string | undefined }[]>();
  const versions: {
    readonly id: string;
    readonly regime?: string | undefined;
    readonly languages: readonly string[];
  }[] = [];
  rawQuestionnaires.forEach(({ document, groups, arm, official, share }, i) => {
    const check = checkNewQuestionnaire(document);
    if (!check.ok) {
      issues.push(...check.issues.map((found) => within(`questionnaires[${i}].document`, found)));
      return;
    }
    const own = compileQuestionnaire(check.questionnaire);
    versions.push(check.questionnaire);
    for (const group of new Set(groups)) {
      const path = `questionnaires[${i}].groups`;
      if (!own.groups.includes(group))
        issues.push({ path, message: 'campaign.group-not-served', params: { group, questionnaire: own.id } });
      const others = served.get(group) ?? [];
      // Two for one group are the arms of a split ballot, or a mistake.
      if (others.some((other) => arm === undefined || other.arm === undefined || other.arm === arm))
        issues.push({ path, message: 'campaign.group-twice', params: { group } });
      served.set(group, [...others, { arm }]);
    }
    const { $schema: _, ...content } = check.questionnaire;
    documents.push({ hash: own.hash, kind: 'questionnaire', body: canonicalJson(content) });
    questionnaires.push({
      ...{ no: i + 1, hash: own.hash, groups: [...new Set(groups)] },
      ...(arm === undefined ? {} : { arm }),
      ...(official === undefined ? {} : { official }),
      ...(share === undefined ? {} : { share }),
    });
    compiled.push({ ...own, groups: [...new Set(groups)] });
  });

  const profile = checkProfile(rawProfile);
  if (!profile.ok) issues.push(...profile.issues.map((found) => within('profile', found)));
  else {
    documents.push({ hash: profile.hash, kind: 'profile', body: canonicalJson(profile.profile) });
    issues.push(...wrongVersions(profile.profile, versions).map((found) => within('profile', found)));
    if (compiled.length === rawQuestionnaires.length) {
      // Two for one group that are not arms are a mistake, and reported.
      const apart = secondaryArms(questionnaires.filter((q) => q.arm !== undefined));
      const main = compiled.filter((_, i) => !apart.has(i + 1));
      const fits = checkProfileAgainst(profile.profile, main);
      if (!fits.ok) issues.push(...fits.issues.map((found) => within('profile', found)));
      issues.push(
        ...checkBallot(
          profile.profile,
          questionnaires.map((q, i) => ({ ...q, compiled: compiled[i]!, languages: versions[i]!.languages })),
        ),
      );
    }
  }

  if (plain.closesAt <= deps.now()) issues.push({ path: 'closesAt', message: 'campaign.closes-in-past' });
  if (plain.storageUntil < plain.closesAt)
    issues.push({ path: 'storageUntil', message: 'campaign.storage-before-close' });

  const named: CampaignDraft['counties'][number][] = [];
  for (const [i, county] of counties.entries()) {
    const path = `counties[${i}]`;
    const params = { county: county.code };
    if (counties.findIndex((c) => c.code === county.code) < i)
      issues.push({ path: `${path}.code`, message: 'campaign.county-twice', params });
    const isFictional = isDemonstrationCode(county.code);
    if (plain.demo && !isFictional)
      issues.push({ path: `${path}.code`, message: 'campaign.demo-county', params });
    const division = isFictional ? undefined : await deps.storage.findDivision(county.code);
    if (!isFictional && !division)
      issues.push({ path: `${path}.code`, message: 'campaign.county-unknown', params });
    if (isFictional && county.name === undefined)
      issues.push({ path: `${path}.name`, message: 'campaign.county-nameless', params });
    for (const [j, slip] of county.slips.entries()) {
      const at = `${path}.slips[${j}]`;
      if (!served.has(slip.group))
        issues.push({ path: at, message: 'campaign.slips-not-asked', params: { group: slip.group } });
      if (county.slips.findIndex((s) => s.group === slip.group) < j)
        issues.push({ path: at, message: 'campaign.slips-twice', params: { group: slip.group } });
    }
    named.push({
      code: county.code,
      name: county.name ?? division?.name ?? county.code,
      residents: county.residents,
      slips: county.slips,
    });
  }
  const own = changed === null ? issues : issues.filter(({ path }) => changed.has(fieldOf(path)));
  if (own.length > 0 || !profile.ok) throw invalid(profile.ok ? own : issues);
  return { draft: { ...plain, profile: profile.hash, questionnaires, counties: named }, documents };
}

/** `counties[0].code` → `counties` */
const fieldOf = (path: string): string => path.split(/[.[]/)[0] ?? '';

function invalid(issues: readonly Issue[]): AppError {
  return new AppError('invalid', 'campaign.invalid', { issues });
}

function within(path: string, found: Issue): Issue {
  return { ...found, path: found.path === '' ? path : `${path}.${found.path}` };
}

/** How a new draft is stored: alone, or in one transaction with what names it. */
export type StoreDraft = Deps['storage']['createCampaign'];

/** @param id see `makeOnce` */
export async function createCampaign(
  deps: Deps,
  actor: Actor,
  input: NewCampaign,
  id?: CampaignId,
  store: StoreDraft = (...draft) => deps.storage.createCampaign(...draft),
): Promise<Campaign> {
  assertMay(actor, 'campaign.edit');
  const { draft, documents } = await checkDraft(deps, input);
  return makeOnce(deps, id, {
    find: async (made) => {
      const found = await deps.storage.findCampaign(made);
      return found?.name === draft.name ? getCampaign(deps, actor, made) : found && 'other';
    },
    make: async (made) => {
      const keyChecks = deps.keys.create(made);
      await store(stamp(deps, actor), { id: made, ...draft }, documents, keyChecks);
      deps.keys.confirm(made);
      return getCampaign(deps, actor, made);
    },
  });
}

/**
 * Changes a draft; absent fields stay. Once a county's frame is frozen, that county, the profile and the questionnaires are
 * fixed.
 * @throws AppError conflict `campaign.not-draft`, `campaign.frame-fixed`; invalid `campaign.invalid`
 */
export async function updateCampaign(
  deps: Deps,
  actor: Actor,
  id: CampaignId,
  patch: Partial<Omit<NewCampaign, 'demo'>>,
  /** `draftVersion` on which the change is based; null: any. */
  version: string | null = null,
): Promise<Campaign> {
  assertMay(actor, 'campaign.edit');
  const before = await getVisibleCampaign(deps, actor, id);
  assertDraft(before);
  await storeChanges(
    deps,
    actor,
    before,
    await checkDraft(deps, { ...(await asInput(deps, before)), ...patch }),
    version,
  );
  return getCampaign(deps, actor, id);
}

async function storeChanges(
  deps: Deps,
  actor: Actor,
  before: Campaign,
  { draft, documents }: CheckedDraft,
  version: string | null,
): Promise<void> {
  const same = (a: unknown, b: unknown) => canonicalJson(a) === canonicalJson(b);
  const known = { ...before, counties: before.counties.map(draftCounty) };
  const changed = Object.keys(draft).filter((key) => {
    const field = key as keyof typeof draft;
    return !same(draft[field], known[field]);
  });

  // The transaction that changes it decides whether it may change.
  if (changed.length > 0) {
    const changes = Object.fromEntries(Object.entries(draft).filter(([key]) => changed.includes(key)));
    await deps.storage.updateCampaign(stamp(deps, actor), before.id, changes, documents, version);
  }
}

type DraftPatch = Partial<Omit<NewCampaign, 'demo'>>;

/**
 * Saves the valid parts and reports the faults of the rest, so that a typing error does not lose the whole form. Each part and
 * each county is validated separately.
 * @param version of the draft that the user changed
 * @param fields covered by the version; absent: all. A colleague's change of other fields is not a conflict
 * @throws AppError conflict `campaign.changed`, `campaign.not-draft`, `campaign.frame-fixed`, `campaign.county-used`
 */
export async function saveDraft(
  deps: Deps,
  actor: Actor,
  id: CampaignId,
  parts: readonly DraftPatch[],
  version: string,
  fields?: readonly DraftField[],
): Promise<readonly Issue[]> {
  assertMay(actor, 'campaign.edit');
  const before = await getVisibleCampaign(deps, actor, id);
  assertDraft(before);
  let input = await asInput(deps, before);
  if (version !== draftVersion(before, fields)) {
    // Sent twice: the requested state exists already.
    const stored = input;
    if (parts.every((part) => canonicalJson({ ...stored, ...part }) === canonicalJson(stored))) return [];
    throw new AppError('conflict', 'campaign.changed');
  }
  const changed = new Set<string>();
  const issues: Issue[] = [];
  for (const part of parts) {
    const faults = await faultsOf(deps, input, part);
    issues.push(...faults);
    const right = faults.length === 0 ? part : withoutFaults(part, faults, input);
    if (right === null || (await faultsOf(deps, input, right)).length > 0) continue;
    input = { ...input, ...right };
    for (const name of Object.keys(right)) changed.add(name);
  }
  if (changed.size > 0)
    await storeChanges(
      deps,
      actor,
      before,
      await checkDraft(deps, input, linked(changed)),
      draftVersion(before),
    );
  return issues;
}

/** Profile and questionnaires are validated together. */
function linked(names: ReadonlySet<string>): ReadonlySet<string> {
  return names.has('profile') || names.has('questionnaires')
    ? new Set([...names, 'profile', 'questionnaires'])
    : names;
}

async function faultsOf(deps: Deps, input: NewCampaign, part: DraftPatch): Promise<readonly Issue[]> {
  const slips = findDateSlips(part, deps.now());
  try {
    await checkDraft(deps, { ...input, ...part }, linked(new Set(Object.keys(part))));
    return slips;
  } catch (error) {
    if (!(error instanceof AppError) || error.kind !== 'invalid') throw error;
    return [...error.issues, ...slips];
  }
}

/** The valid counties of a list; for an invalid one, its stored state. Null: nothing of the part can be saved. */
function withoutFaults(part: DraftPatch, faults: readonly Issue[], before: NewCampaign): DraftPatch | null {
  if (part.counties === undefined) return null;
  const wrong = new Set(faults.map(({ path }) => Number(/^counties\[(\d+)\]/.exec(path)?.[1] ?? Number.NaN)));
  return {
    counties: part.counties.flatMap((county, i) => {
      if (!wrong.has(i)) return [county];
      const stored = before.counties.find((c) => c.code === county.code);
      return stored === undefined ? [] : [stored];
    }),
  };
}

/**
 * A new draft with everything of an earlier campaign except its dates and rolls.
 * @param o.only this county of it; absent: all
 * @param o.id, o.store see `createCampaign`
 */
export async function copyCampaign(
  deps: Deps,
  actor: Actor,
  id: CampaignId,
  changes: Pick<NewCampaign, 'name' | 'closesAt' | 'storageUntil'> & Partial<Pick<NewCampaign, 'purpose'>>,
  o: {
    readonly only?: CountyCode;
    readonly id?: CampaignId | undefined;
    readonly store?: StoreDraft;
  } = {},
): Promise<Campaign> {
  assertMay(actor, 'campaign.edit');
  const before = await getVisibleCampaign(deps, actor, id);
  const input = await asInput(deps, before);
  const counties = input.counties.filter((c) => o.only === undefined || c.code === o.only);
  return createCampaign(deps, actor, { ...input, ...changes, counties }, o.id, o.store);
}

/** @throws AppError conflict `campaign.not-draft`, `campaign.frame-fixed`, `campaign.logged` */
export async function deleteCampaign(deps: Deps, actor: Actor, id: CampaignId): Promise<void> {
  assertMay(actor, 'campaign.edit');
  await getVisibleCampaign(deps, actor, id);
  // Where the process ends in between, these keys are of no campaign: the next start has to know.
  deps.keys.unconfirm(id);
  try {
    await deps.storage.deleteCampaign(stamp(deps, actor), id);
  } catch (error) {
    // Refused. After any other failure it may be deleted: that is for the next start, too.
    if (error instanceof AppError && error.kind === 'conflict') deps.keys.confirm(id);
    throw error;
  }
  for (const name of keyNames) deps.keys.destroy(id, name);
  deps.keys.confirm(id);
}

async function asInput(deps: Deps, campaign: Campaign): Promise<NewCampaign> {
  const bodyOf = async (hash: Campaign['profile']): Promise<unknown> =>
    JSON.parse((await getDocument(deps, hash)).body);
  return {
    name: campaign.name,
    purpose: campaign.purpose,
    commissioner: campaign.commissioner,
    commissionerPhone: campaign.commissionerPhone,
    closesAt: campaign.closesAt,
    storageUntil: campaign.storageUntil,
    selfAdministered: campaign.selfAdministered,
    demo: campaign.demo,
    profile: await bodyOf(campaign.profile),
    questionnaires: await Promise.all(
      campaign.questionnaires.map(async ({ hash, groups, arm, official, share }) => ({
        document: await bodyOf(hash),
        groups,
        ...(arm === undefined ? {} : { arm }),
        ...(official === undefined ? {} : { official }),
        ...(share === undefined ? {} : { share }),
      })),
    ),
    counties: campaign.counties.map(draftCounty),
  };
}

/**
 * A bound account sees only its own counties.
 * @throws AppError not-found `campaign.not-found`
 */
export async function getCampaign(deps: Deps, actor: Actor, id: CampaignId): Promise<Campaign> {
  assertMay(actor, 'campaign.list');
  return getVisibleCampaign(deps, actor, id);
}

export async function listCampaigns(deps: Deps, actor: Actor): Promise<readonly Campaign[]> {
  assertMay(actor, 'campaign.list');
  const all = await deps.storage.listCampaigns();
  return all.flatMap((campaign) => visibleCampaign(actor, campaign) ?? []);
}

/**
 * draft → open: from now on answers are accepted. Everything that answering needs is read once more before.
 * @throws AppError conflict `campaign.expired`, `campaign.state`, `campaign.not-drawn`, `campaign.closes-in-past`,
 * `campaign.follow-up-scored`
 */
export async function openCampaign(deps: Deps, actor: Actor, id: CampaignId): Promise<Campaign> {
  assertMay(actor, 'campaign.open');
  const campaign = await getVisibleCampaign(deps, actor, id);
  // Refuses early; the transaction that opens decides again.
  decideOpening(campaign, stamp(deps, actor));
  await getProfile(deps, campaign.profile);
  for (const { hash } of campaign.questionnaires) {
    // A draft may be older than the rule. A questionnaire that replaces its own meanwhile was checked.
    const questionnaire = await getQuestionnaire(deps, hash);
    const [counted] = countedFollowUps(questionnaire);
    if (counted)
      throw new AppError('conflict', 'campaign.follow-up-scored', {
        params: { questionnaire: questionnaire.id, id: counted.id, other: counted.other },
      });
  }
  for (const name of keyNames) campaignKey(deps, campaign, name);
  await deps.storage.openCampaign(stamp(deps, actor), id);
  await publishCheckpoints(deps, id);
  return getCampaign(deps, actor, id);
}

/** closed → released: officials may see the summary. @throws AppError conflict `campaign.state`, `audit.failed` */
export async function releaseCampaign(deps: Deps, actor: Actor, id: CampaignId): Promise<Campaign> {
  assertMay(actor, 'campaign.release');
  const campaign = await getVisibleCampaign(deps, actor, id);
  decideRelease(campaign, stamp(deps, actor));
  await assertAudited(
    deps,
    actor,
    id,
    campaign.counties.map((c) => c.code),
  );
  await deps.storage.releaseCampaign(stamp(deps, actor), id);
  await publishCheckpoints(deps, id);
  return getCampaign(deps, actor, id);
}
