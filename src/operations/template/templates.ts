/**
 * Questionnaires and rule profiles from which a campaign can be made: shipped ones, and versions added by users, which are stored
 * in the database. A version never changes. Long because everything that can be done with a template passes the same checks.
 */
import { AppError, type Issue } from '../../domain/errors.ts';
import { canonicalJson } from '../../domain/hash.ts';
import { assertMay, type Actor } from '../../domain/campaign/permissions.ts';
import { parseProfile, parseQuestionnaire } from '../../domain/campaign/document.ts';
import type { ContentHash } from '../../domain/model/ids.ts';
import type { TemplateOrigin, TemplateUse, TemplateVersion } from '../../domain/model/template.ts';
import { checkNewQuestionnaire } from '../../domain/questionnaire/counted-follow-ups.ts';
import { checkSet } from '../../domain/questionnaire/check-set.ts';
import { compileQuestionnaire } from '../../domain/questionnaire/compile.ts';
import type { LocalText, Questionnaire } from '../../domain/questionnaire/template.ts';
import { checkProfile, type RuleProfile } from '../../domain/scoring/rules/profile.ts';
import { bareRule } from '../../domain/scoring/rules/raise.ts';
import {
  adaptQuestionnaire,
  borrowable,
  type Adaptation,
  type Borrowable,
} from '../../domain/template/adapt.ts';
import { compareProfiles, compareQuestionnaires, type Difference } from '../../domain/template/compare.ts';
import { listCampaigns } from '../campaign/campaigns.ts';
import { getProfile } from '../campaign/lookup.ts';
import { stamp, type Deps } from '../deps.ts';
import { listShipped, type ShippedTemplate } from './shipped.ts';

/** `parent-2017` for a shipped one, a number for one added by users. */
export type TemplateKey = string;

interface Common {
  readonly key: TemplateKey;
  readonly hash: ContentHash;
  /** Null: it is shipped with the program. */
  readonly stored: TemplateVersion | null;
}
export type Template =
  | (Common & {
      readonly kind: 'questionnaire';
      readonly questionnaire: Questionnaire;
      readonly isBalanced: boolean;
    })
  | (Common & { readonly kind: 'profile'; readonly profile: RuleProfile });

export interface Finding extends Issue {
  readonly severity: 'fault' | 'warning';
  /** Faults that only show beside the other questionnaires of the same rules. */
  readonly isOfSet: boolean;
}

function fromShipped(one: ShippedTemplate): Template {
  const { file, ...rest } = one;
  return { ...rest, key: file.replace(/^.*\//, '').replace(/\.json$/, ''), stored: null };
}

async function fromStored(deps: Deps, stored: TemplateVersion): Promise<Template> {
  const { no, hash, kind } = stored;
  const document = await deps.storage.findDocument(hash);
  const common = { key: String(no), hash, stored };
  if (kind === 'profile') return { ...common, kind, profile: parseProfile(hash, document) };
  const questionnaire = parseQuestionnaire(hash, document);
  return { ...common, kind, questionnaire, isBalanced: isBalanced(questionnaire) };
}

/** On another scale than the usual one: never pooled with it, so never chosen by default. */
function isBalanced(q: Questionnaire): boolean {
  return Object.values(q.scales).some((scale) => scale.options.some((o) => o.id === 'fairly-dissatisfied'));
}

/** Shipped ones first, then those added by users, newest first; with `offered`, only those that a campaign may still choose. */
export async function listTemplates(
  deps: Deps,
  actor: Actor,
  which: 'offered' | 'all' = 'all',
): Promise<readonly Template[]> {
  assertMay(actor, 'template.view');
  const stored = await deps.storage.listTemplateVersions();
  const own = stored.filter((one) => which === 'all' || one.withdrawn === null);
  return [
    ...(await listShipped()).map(fromShipped),
    ...(await Promise.all(own.map((one) => fromStored(deps, one)))),
  ];
}

/** @throws AppError not-found `template.not-found` */
export async function getTemplate(deps: Deps, actor: Actor, key: TemplateKey): Promise<Template> {
  assertMay(actor, 'template.view');
  if (/^[1-9]\d{0,8}$/.test(key)) {
    const found = (await deps.storage.listTemplateVersions()).find((one) => one.no === Number(key));
    if (found) return fromStored(deps, found);
  } else {
    const found = (await listShipped()).map(fromShipped).find((one) => one.key === key);
    if (found) return found;
  }
  throw new AppError('not-found', 'template.not-found');
}

/** In campaigns that the account may see. */
export async function listTemplateUses(
  deps: Deps,
  actor: Actor,
  key: TemplateKey,
): Promise<readonly TemplateUse[]> {
  const template = await getTemplate(deps, actor, key);
  const uses: TemplateUse[] = [];
  for (const campaign of await listCampaigns(deps, actor)) {
    const holds =
      template.kind === 'questionnaire'
        ? campaign.questionnaires.some((q) => q.hash === template.hash)
        : isSameRule(await getProfile(deps, campaign.profile), template.profile);
    const isFixed =
      campaign.state !== 'draft' || campaign.counties.some((county) => county.frameState !== 'preparing');
    if (holds) uses.push({ campaign: campaign.id, name: campaign.name, isFixed });
  }
  return uses;
}

/** A campaign's own exceptions (`exceptGroups`) and raised quotas (`raiseQuotas`) do not make another rule. */
function isSameRule(a: RuleProfile, b: RuleProfile): boolean {
  const rule = (p: RuleProfile) =>
    canonicalJson({
      ...{ ...p, groups: [], requiredGroupsWithoutQuestionnaire: [], source: {} },
      quota: bareRule(p.quota),
    });
  return rule(a) === rule(b);
}

export function titleOf(template: Template): LocalText {
  return template.kind === 'profile' ? template.profile.title : template.questionnaire.title;
}

export interface CheckedDocument {
  readonly kind: 'questionnaire' | 'profile';
  readonly questionnaire: Questionnaire | null;
  readonly profile: RuleProfile | null;
  readonly hash: ContentHash | null;
  readonly faults: readonly Issue[];
  readonly warnings: readonly Issue[];
}

/** A profile has formulas, a questionnaire has items; a document with neither is checked as a questionnaire. */
export function checkDocument(document: unknown): CheckedDocument {
  const isProfile = typeof document === 'object' && document !== null && 'formulas' in document;
  const none = { questionnaire: null, profile: null, hash: null, faults: [], warnings: [] };
  if (isProfile) {
    const result = checkProfile(document);
    return result.ok
      ? { ...none, kind: 'profile', profile: result.profile, hash: result.hash, warnings: result.warnings }
      : { ...none, kind: 'profile', faults: result.issues };
  }
  const result = checkNewQuestionnaire(document);
  if (!result.ok) return { ...none, kind: 'questionnaire', faults: result.issues };
  const { $schema: _, ...content } = result.questionnaire;
  const { hash } = compileQuestionnaire(content);
  return { ...none, kind: 'questionnaire', questionnaire: content, hash, warnings: result.warnings };
}

/** Faults of one document, and of a questionnaire beside the shipped ones for the same rules. */
export async function findingsOf(
  deps: Deps,
  actor: Actor,
  document: unknown,
  say: (text: LocalText) => string,
): Promise<readonly Finding[]> {
  assertMay(actor, 'template.view');
  const { faults, warnings, questionnaire } = checkDocument(document);
  const own = [
    ...faults.map((issue) => ({ ...issue, severity: 'fault' as const, isOfSet: false })),
    ...warnings.map((issue) => ({ ...issue, severity: 'warning' as const, isOfSet: false })),
  ];
  if (questionnaire === null) return own;
  const mark = 'checked-here';
  const others = (await listShipped()).flatMap((one) =>
    one.kind === 'questionnaire' &&
    one.isBalanced === isBalanced(questionnaire) &&
    one.questionnaire.regime === questionnaire.regime &&
    !one.questionnaire.groups.some((group) => questionnaire.groups.includes(group))
      ? [one.questionnaire]
      : [],
  );
  // Under a name of its own: an adapted one may have that of a shipped one.
  const set = checkSet([...others, { ...questionnaire, id: mark }], say).filter((found) =>
    found.questionnaires.includes(mark),
  );
  // Faults of the set do not prevent the use of a questionnaire: its author may want to omit something.
  return [
    ...own,
    ...set.map(({ message, params }) => ({
      ...{ path: '', message, severity: 'warning' as const, isOfSet: true },
      params: { ...params, id: params['id'] === mark ? questionnaire.id : (params['id'] ?? ''), others: '' },
    })),
  ];
}

export interface NewDocument {
  readonly document: unknown;
  readonly origin: TemplateOrigin;
  readonly note: string;
}

/**
 * The next version of the document with this id.
 * @throws AppError invalid `template.faults` naming each; conflict `template.same`, `template.as-shipped`
 */
export async function addTemplate(
  deps: Deps,
  actor: Actor,
  { document, origin, note }: NewDocument,
): Promise<Template> {
  assertMay(actor, 'template.edit');
  const { kind, questionnaire, profile, hash, faults } = checkDocument(document);
  const content = questionnaire ?? profile;
  if (hash === null || content === null)
    throw new AppError('invalid', 'template.faults', { params: { count: faults.length }, issues: faults });
  const shipped = (await listShipped()).map((one) => one.hash);
  const { 'zh-CN': chinese, ...others } = content.title as LocalText;
  const title = chinese ?? Object.values(others)[0] ?? content.id;
  const stored = await deps.storage.addTemplateVersion(
    stamp(deps, actor),
    { kind, id: content.id, hash, origin, note, title },
    { hash, kind, body: canonicalJson(content) },
    shipped,
  );
  return fromStored(deps, stored);
}

/**
 * No campaign can choose it any more; those that use it keep it.
 * @throws AppError conflict `template.withdrawn`, `template.shipped`
 */
export async function withdrawTemplate(
  deps: Deps,
  actor: Actor,
  key: TemplateKey,
  reason: string,
): Promise<Template> {
  assertMay(actor, 'template.edit');
  const template = await getTemplate(deps, actor, key);
  if (template.stored === null) throw new AppError('conflict', 'template.shipped');
  const title = titleOf(template)['zh-CN'] ?? Object.values(titleOf(template))[0] ?? '';
  const { no } = template.stored;
  return fromStored(
    deps,
    await deps.storage.withdrawTemplateVersion(stamp(deps, actor), no, { reason, title }),
  );
}

export type Comparison =
  | {
      readonly kind: 'questionnaire';
      readonly a: Template;
      readonly b: Template;
      readonly differences: readonly Difference[];
    }
  | {
      readonly kind: 'profile';
      readonly a: Template;
      readonly b: Template;
      readonly names: readonly (keyof RuleProfile)[];
    };

/** @throws AppError invalid `template.not-alike` */
export async function compareTemplates(
  deps: Deps,
  actor: Actor,
  first: TemplateKey,
  second: TemplateKey,
): Promise<Comparison> {
  const [a, b] = [await getTemplate(deps, actor, first), await getTemplate(deps, actor, second)];
  if (a.kind === 'questionnaire' && b.kind === 'questionnaire')
    return { kind: a.kind, a, b, differences: compareQuestionnaires(a.questionnaire, b.questionnaire) };
  if (a.kind === 'profile' && b.kind === 'profile')
    return { kind: a.kind, a, b, names: compareProfiles(a.profile, b.profile) };
  throw new AppError('invalid', 'template.not-alike');
}

/** Items of other shipped questionnaires that this one could add. */
export async function listBorrowable(own: Questionnaire): Promise<readonly Borrowable[]> {
  return borrowable(own, await otherQuestionnaires());
}

async function otherQuestionnaires(): Promise<readonly Questionnaire[]> {
  return (await listShipped()).flatMap((one) => (one.kind === 'questionnaire' ? [one.questionnaire] : []));
}

/** An adaptation as a document, with its faults. A user's own template keeps its id; a shipped one gets a new id. */
export async function adapt(
  deps: Deps,
  actor: Actor,
  key: TemplateKey,
  changes: Omit<Adaptation, 'id'>,
): Promise<Questionnaire> {
  assertMay(actor, 'template.edit');
  const template = await getTemplate(deps, actor, key);
  if (template.kind !== 'questionnaire') throw new AppError('invalid', 'template.not-questionnaire');
  const own = template.questionnaire;
  const id = template.stored === null ? `${own.id}-own`.slice(0, 40).replace(/-$/, '') : own.id;
  return adaptQuestionnaire(own, await otherQuestionnaires(), { ...changes, id });
}
