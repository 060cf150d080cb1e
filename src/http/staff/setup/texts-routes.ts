/** The step of questionnaires: one for each group among those that fit, or several as the arms of a split ballot. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AppError, type Issue } from '../../../domain/errors.ts';
import type { Campaign } from '../../../domain/model/campaign.ts';
import { countyLevelGroups, groups as allGroups, type Group } from '../../../domain/model/vocabulary.ts';
import { smallestShare } from '../../../domain/scoring/ballot/check.ts';
import type { RuleProfile } from '../../../domain/scoring/rules/profile.ts';
import type { Questionnaire } from '../../../domain/questionnaire/template.ts';
import {
  arrange,
  askedGroups,
  choicesOf,
  fitsFor,
  type Candidate,
  type GroupChoice,
} from '../../../domain/template/choices.ts';
import { getProfile, getQuestionnaireDocument } from '../../../operations/campaign/lookup.ts';
import { shownAddress } from '../../../operations/code/paper.ts';
import { previewDefaultTexts } from '../../../operations/message/schedule.ts';
import { sampleCode } from '../../../operations/message/text.ts';
import { listTemplates, type Template } from '../../../operations/template/templates.ts';
import { actorOfRequest } from '../../plugins/access.ts';
import { localised } from '../figure-view.ts';
import type { PageProblem, StaffContext } from '../page-view.ts';
import {
  campaignOf,
  contextOf,
  formOf,
  listOf,
  param,
  query,
  textOf,
  type Form,
  type PagesOptions,
} from '../pages.ts';
import { availableLanguages } from '../../../texts/texts.ts';
import { posterPage, sheetPage, type PrintedCode } from '../paper/view.ts';
import { sendPreview } from '../template/preview-page.ts';
import { versionText } from '../template/words-view.ts';
import { previewedSheets } from './notices-view.ts';
import { encodeFieldValues, type FieldValues } from './changes.ts';
import type { Change } from './form-view.ts';
import { changesFor, saveStep, submitStep, versionOf } from './save.ts';
import { furtherArms, noQuestionnaire, textsPage, type ShownChoice } from './texts-view.ts';

const base = '/campaigns/:campaign/setup';
const edit = { config: { who: 'campaign.edit' } } as const;

interface Offered extends Candidate {
  /** Null: only the campaign itself still has it. */
  readonly template: Extract<Template, { kind: 'questionnaire' }> | null;
}

/** As in the form, valid or not. */
interface FormChoice {
  readonly group: Group;
  readonly arms: readonly string[];
  readonly official: string;
  readonly shares: readonly string[];
}

export async function setupTextsPages(app: FastifyInstance, { deps }: PagesOptions): Promise<void> {
  /** The available choices, and the campaign's own. */
  async function offered(request: FastifyRequest, campaign: Campaign): Promise<readonly Offered[]> {
    const all = await listTemplates(deps, actorOfRequest(request), 'offered');
    const list = all.flatMap((template): readonly Offered[] =>
      template.kind === 'questionnaire'
        ? [{ hash: template.hash, questionnaire: template.questionnaire, template }]
        : [],
    );
    for (const { hash } of campaign.questionnaires)
      if (!list.some((one) => one.hash === hash))
        list.push({ hash, questionnaire: await getQuestionnaireDocument(deps, hash), template: null });
    return list;
  }

  async function show(
    request: FastifyRequest,
    reply: FastifyReply,
    values: readonly FormChoice[] | null,
    problem?: PageProblem,
    changes?: readonly Change[],
  ) {
    const campaign = await campaignOf(deps, request);
    const c = contextOf(request, reply);
    const profile = await getProfile(deps, campaign.profile);
    const candidates = await offered(request, campaign);
    const groups = groupsOf(profile, campaign);
    const asked = query(request, 'county');
    const county = campaign.counties.find((one) => one.code === asked) ?? campaign.counties[0];
    const stored = storedChoices(profile, campaign);
    return textsPage(c, {
      ...{ campaign, problem },
      form: {
        version: versionOf(campaign, 'texts'),
        was: encodeFieldValues(fieldValues(c, stored, candidates)),
        script: app.assets.href('draft.js'),
        changes,
      },
      isFixed: campaign.state !== 'draft' || campaign.counties.some((one) => one.frameState !== 'preparing'),
      isGate: profile.role.kind !== 'reference',
      notices:
        county === undefined
          ? null
          : {
              ...{ county, counties: campaign.counties, languages: availableLanguages },
              texts: await previewDefaultTexts(deps, actorOfRequest(request), campaign.id, county.code),
            },
      isSplittable: profile.sampling === 'drawn',
      excepted: profile.requiredGroupsWithoutQuestionnaire.filter((group) => !groups.includes(group)),
      choices: (values ?? stored).map((choice): ShownChoice => {
        const used = candidates.filter((one) => choice.arms.includes(one.hash));
        const fits = fitsFor(profile, choice.group, candidates);
        // A used one is shown even if it would not be offered.
        const shown = [
          ...fits,
          ...used
            .filter((one) => !fits.some((fit) => fit.candidate === one))
            .map((candidate) => ({ candidate, asOnly: true, asArm: true })),
        ];
        return {
          ...choice,
          isRequired: isRequired(profile, choice.group),
          versions: shown.map(({ candidate: { hash, questionnaire, template }, asOnly, asArm }) => ({
            ...{ hash, asOnly, asArm },
            title: localised(c, questionnaire.title),
            version: template === null ? null : versionText(c, template),
            isBalanced: template?.isBalanced ?? false,
            items: questionnaire.items.length,
            languages: questionnaire.languages,
          })),
        };
      }),
    });
  }
  app.get(`${base}/texts`, edit, async (request, reply) => reply.html(await show(request, reply, null)));

  app.post(`${base}/texts`, edit, async (request, reply) => {
    let values: readonly FormChoice[] | null = null;
    const fieldValuesOf = async (campaign: Campaign, chosen?: readonly FormChoice[]) => {
      const profile = await getProfile(deps, campaign.profile);
      return fieldValues(
        contextOf(request, reply),
        chosen ?? storedChoices(profile, campaign),
        await offered(request, campaign),
      );
    };
    return submitStep(deps, request, reply, {
      step: 'texts',
      fieldValuesOf,
      act: async () => {
        const form = formOf(request);
        const campaign = await campaignOf(deps, request);
        const profile = await getProfile(deps, campaign.profile);
        values = groupsOf(profile, campaign).map((group) => readChoice(form, group));
        const candidates = await offered(request, campaign);
        const faults = values.flatMap((value) =>
          faultsOf(value, candidates, isRequired(profile, value.group)),
        );
        if (faults.length > 0) throw new AppError('invalid', 'campaign.invalid', { issues: faults });
        const list = arrange(values.map((value) => toChoice(value, candidates)));
        const questionnaires = list.map(({ hash, ...rest }) => ({
          ...rest,
          document: candidates.find((one) => one.hash === hash)!.questionnaire,
        }));
        const next = form['next'] === undefined ? 'texts' : 'quotas';
        const step = 'texts';
        return await saveStep(deps, request, campaign, { step, parts: [{ questionnaires }], next }).catch(
          (error: unknown) => {
            if (!(error instanceof AppError) || error.kind !== 'invalid') throw error;
            throw new AppError('invalid', 'campaign.invalid', {
              issues: error.issues.map((issue) => atGroup(issue, list, profile.groups)),
            });
          },
        );
      },
      again: async (problem) => {
        const campaign = await campaignOf(deps, request);
        const entered = await fieldValuesOf(campaign, values ?? []);
        const compared = changesFor(request, problem, await fieldValuesOf(campaign), entered);
        if (compared === null) return show(request, reply, values, problem);
        const stored = storedChoices(await getProfile(deps, campaign.profile), campaign);
        const merged = stored.map((own) =>
          compared.isTheirs(own.group) ? own : (values?.find((v) => v.group === own.group) ?? own),
        );
        return show(request, reply, merged, problem, compared.changes);
      },
    });
  });

  async function preview(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const campaign = await campaignOf(deps, request);
    const asked = param(request, 'questionnaire');
    const own = campaign.questionnaires.find((q) => String(q.no) === asked || q.hash === asked);
    const questionnaire: Questionnaire | undefined =
      own === undefined
        ? (await offered(request, campaign)).find((one) => one.hash === asked)?.questionnaire
        : await getQuestionnaireDocument(deps, own.hash);
    if (!questionnaire) throw new AppError('not-found', 'http.not-found');
    const group = questionnaire.groups.find((one) => one === query(request, 'group'));
    return sendPreview(app, request, reply, questionnaire, {
      ...{ campaign, language: query(request, 'in') },
      group: group ?? own?.groups[0] ?? questionnaire.groups[0]!,
      county: campaign.counties[0]?.name ?? null,
    });
  }
  app.get(`${base}/preview/:questionnaire`, edit, preview);
  app.post(`${base}/preview/:questionnaire`, edit, preview);

  app.get(`${base}/sheet/:kind`, edit, async (request, reply) => {
    const campaign = await campaignOf(deps, request);
    const kind = previewedSheets.find((one) => one === param(request, 'kind'));
    const county = campaign.counties.find((one) => one.code === query(request, 'county'));
    if (kind === undefined || county === undefined) throw new AppError('not-found', 'http.not-found');
    const language = availableLanguages.find((one) => one === query(request, 'in'));
    const context = language === undefined ? request.page : app.pageContext(language);
    const stylesheet = app.assets.href('print.css');
    const sheet = { campaign, county, address: shownAddress(deps), isSample: true };
    if (kind === 'poster')
      return reply.html(posterPage(context, stylesheet, { ...sheet, link: `${deps.publicUrl}/`, log: null }));
    const groups = campaign.questionnaires.flatMap((q) => q.groups);
    const school = context.t('staff.setup.preview.school');
    const code = (group: Group, i: number): PrintedCode => ({
      ...{ code: sampleCode, link: `${deps.publicUrl}/s/${sampleCode}`, group, number: i + 1 },
      school: kind === 'slips' || countyLevelGroups.has(group) ? null : school,
    });
    const codes =
      kind === 'slips'
        ? Array.from({ length: slipsOfSheet }, (_, i) => code('public', i))
        : allGroups.filter((group) => groups.includes(group)).map(code);
    return reply.html(sheetPage(context, stylesheet, { ...sheet, kind, codes }));
  });
}

/** On A4. */
const slipsOfSheet = 8;

/** Groups that the rules ask, and those that the campaign asks in addition. */
function groupsOf(profile: RuleProfile, campaign: Campaign): readonly Group[] {
  const own = new Set([...askedGroups(profile), ...campaign.questionnaires.flatMap((q) => q.groups)]);
  return allGroups.filter((group) => own.has(group));
}

function storedChoices(profile: RuleProfile, campaign: Campaign): readonly FormChoice[] {
  return choicesOf(campaign.questionnaires, groupsOf(profile, campaign)).map((one): FormChoice => ({
    ...one,
    official: one.official === null ? '' : String(one.official),
    shares: one.shares?.map(String) ?? [],
  }));
}

/** By group: its questionnaires in their order, and which one counts. */
function fieldValues(
  c: StaffContext,
  list: readonly FormChoice[],
  candidates: readonly Offered[],
): FieldValues {
  return new Map(
    list.map(({ group, arms, official, shares }) => {
      const used = arms.filter((hash) => hash !== '' && hash !== noQuestionnaire);
      const titles = used.map((hash) => {
        const found = candidates.find((one) => one.hash === hash);
        return found ? localised(c, found.questionnaire.title) : hash.slice(0, 8);
      });
      const isSplit = used.length > 1;
      const given = shares.filter((share) => share !== '').join(' : ');
      const value = [...used, ...(isSplit ? [official, given] : [])].join(' ').trimEnd();
      const text = `${titles.join(' ⁄ ')}${isSplit && given !== '' ? ` ${given}` : ''}`;
      return [group, { label: c.page.t(`staff.group.${group}`), value, text }];
    }),
  );
}

function isRequired(profile: RuleProfile, group: Group): boolean {
  return (
    profile.groups.some((rule) => rule.group === group && rule.required) &&
    askedGroups(profile).includes(group)
  );
}

function readChoice(form: Form, group: Group): FormChoice {
  const main = textOf(form, `main-${group}`);
  const further = listOf(form, `arm-${group}`).slice(0, furtherArms);
  const shares = listOf(form, `share-${group}`)
    .slice(0, furtherArms + 1)
    .map((text) => text.normalize('NFKC').replace(/[\s%]/g, ''));
  return { group, arms: [main, ...further], official: textOf(form, `official-${group}`), shares };
}

function toChoice(
  { group, arms, official, shares }: FormChoice,
  candidates: readonly Offered[],
): GroupChoice {
  const chosen = arms.flatMap((hash) => candidates.find((one) => one.hash === hash)?.hash ?? []);
  const place = /^\d$/.test(official) && Number(official) < chosen.length ? Number(official) : null;
  const given = arms.flatMap((hash, i) => (hash === '' ? [] : [shares[i] ?? '']));
  const isShared = chosen.length > 1 && given.some((share) => share !== '');
  return {
    group,
    arms: chosen,
    official: chosen.length > 1 ? place : null,
    shares: isShared ? given.map(Number) : null,
  };
}

/** Checks that need only the form. */
function faultsOf(
  { group, arms, shares }: FormChoice,
  candidates: readonly Offered[],
  hasTo: boolean,
): readonly Issue[] {
  const [main = '', ...further] = arms;
  const issues: Issue[] = [];
  const isKnown = (hash: string) => candidates.some((one) => one.hash === hash);
  if (main === noQuestionnaire && !hasTo) {
    if (further.some((hash) => hash !== ''))
      issues.push({ path: `main-${group}`, message: 'staff.setup.split.without-first' });
  } else if (!isKnown(main)) issues.push({ path: `main-${group}`, message: 'staff.setup.texts.missing' });
  for (const [i, hash] of further.entries()) {
    const path = `arm-${group}-${i + 2}`;
    if (hash === '') continue;
    if (!isKnown(hash)) issues.push({ path, message: 'staff.setup.texts.missing' });
    else if (arms.indexOf(hash) < i + 1) issues.push({ path, message: 'staff.setup.split.twice' });
  }
  return [...issues, ...shareFaults(group, arms, shares)];
}

/** All arms have a share, or none; whole percents that add up to 100. */
function shareFaults(group: Group, arms: readonly string[], shares: readonly string[]): readonly Issue[] {
  if (shares.every((share) => share === '')) return [];
  const isUsed = (i: number) => i === 0 || (arms[i] ?? '') !== '';
  // Remaining values in the fields of a ballot that is no longer split are ignored.
  if (!arms.slice(1).some((hash) => hash !== '')) return [];
  const issues = shares.flatMap((share, i): readonly Issue[] => {
    const path = `share-${group}-${i + 1}`;
    if (!isUsed(i)) return share === '' ? [] : [{ path, message: 'staff.setup.split.share.unused' }];
    if (share === '') return [{ path, message: 'staff.setup.split.share.some' }];
    const isRight =
      /^\d{1,2}$/.test(share) && Number(share) >= smallestShare && Number(share) <= 100 - smallestShare;
    return isRight
      ? []
      : [
          {
            path,
            message: 'staff.setup.split.share.wrong',
            params: { least: smallestShare, most: 100 - smallestShare },
          },
        ];
  });
  if (issues.length > 0) return issues;
  const sum = shares.reduce((total, share) => total + Number(share), 0);
  return sum === 100
    ? []
    : [{ path: `share-${group}-1`, message: 'staff.setup.split.share.sum', params: { sum } }];
}

/** The field from which a fault of the stored form came. */
function atGroup(
  issue: Issue,
  list: ReturnType<typeof arrange>,
  rules: readonly { readonly group: Group }[],
): Issue {
  const entry = /^questionnaires\[(\d+)\]\.?(\w*)/.exec(issue.path);
  const rule = /^profile\.groups\[(\d+)\]/.exec(issue.path);
  const group = entry ? list[Number(entry[1])]?.groups[0] : rule ? rules[Number(rule[1])]?.group : undefined;
  if (group === undefined) return issue;
  if (issue.message === 'campaign.ballot-gate')
    return { ...issue, path: `official-${group}`, message: 'staff.setup.split.gate' };
  const arm = list[Number(entry?.[1])]?.arm;
  const no = arm === undefined ? 1 : arm.charCodeAt(0) - 64;
  return { ...issue, path: no > 1 ? `arm-${group}-${no}` : `main-${group}` };
}
