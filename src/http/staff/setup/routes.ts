/**
 * Setting up a campaign: a draft from the first page on, in steps that each save their valid parts and can be reopened until the
 * freeze. Long because each step has a page and a form.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AppError, type Issue } from '../../../domain/errors.ts';
import type { Campaign, CampaignQuestionnaire } from '../../../domain/model/campaign.ts';
import { groupSchema, purposeSchema, type Purpose } from '../../../domain/model/vocabulary.ts';
import { exceptGroups } from '../../../domain/scoring/rules/exception.ts';
import {
  copyCampaign,
  createCampaign,
  deleteCampaign,
  listCampaigns,
} from '../../../operations/campaign/campaigns.ts';
import { findPlainFaults } from '../../../operations/campaign/draft-shape.ts';
import { getProfile } from '../../../operations/campaign/lookup.ts';
import { listTemplates, type Template } from '../../../operations/template/templates.ts';
import { viewQuotas } from '../../../operations/campaign/quotas.ts';
import { assertConfirmed } from '../confirmed.ts';
import { actorOfRequest } from '../../plugins/access.ts';
import { localised } from '../figure-view.ts';
import { campaignPath } from '../frame-view.ts';
import type { PageProblem } from '../page-view.ts';
import {
  attempt,
  campaignOf,
  contextOf,
  formOf,
  fromLocal,
  listOf,
  promisedId,
  sayDone,
  textOf,
  toDay,
  type Form,
  type PagesOptions,
} from '../pages.ts';
import { storedBefore, encodeFieldValues, type FieldValues } from './changes.ts';
import type { Change } from './form-view.ts';
import { questionnairesFor, withFaults } from './rule-choice.ts';
import { changesFor, saveStep, submitStep, versionOf, whileDraftOf } from './save.ts';
import { deletePage, freezePage } from './steps-view.ts';
import { newPage, rulesPage, type RuleValues, type ShownProfile } from './rules-view.ts';

const day = 24 * 3_600_000;
const noRules = { demo: false, profile: '', exceptions: [], reason: '' };
const base = '/campaigns/:campaign';
const edit = { config: { who: 'campaign.edit' } } as const;

export async function setupPages(app: FastifyInstance, { deps }: PagesOptions): Promise<void> {
  const here = campaignPath;
  const whileDraft = whileDraftOf(deps);
  function profilesOf(request: FastifyRequest, reply: FastifyReply, templates: readonly Template[]) {
    const c = contextOf(request, reply);
    return templates.flatMap((one): readonly ShownProfile[] =>
      one.kind === 'profile'
        ? [
            {
              ...{ key: one.key, profile: one.profile, about: localised(c, one.profile.source) },
              version: one.stored?.version ?? null,
            },
          ]
        : [],
    );
  }
  const offered = (request: FastifyRequest) => listTemplates(deps, actorOfRequest(request), 'offered');

  function ruleValues(form: Form): RuleValues {
    return {
      name: textOf(form, 'name'),
      purpose: textOf(form, 'purpose'),
      commissioner: textOf(form, 'commissioner'),
      commissionerPhone: textOf(form, 'commissionerPhone'),
      selfAdministered: textOf(form, 'selfAdministered') === 'yes',
      demo: textOf(form, 'demo') === 'yes',
      profile: textOf(form, 'profile'),
      exceptions: listOf(form, 'exceptions'),
      reason: textOf(form, 'reason'),
    };
  }
  const plainOf = (v: RuleValues) => {
    const purpose = purposeSchema.safeParse(v.purpose);
    return {
      // As stored: the same form sent twice is no change.
      name: v.name.trim(),
      purpose: (purpose.success ? purpose.data : '') as Purpose,
      commissioner: v.commissioner.trim(),
      commissionerPhone: v.commissionerPhone.normalize('NFKC').trim(),
      selfAdministered: v.selfAdministered,
    };
  };

  /** The chosen profile with its exceptions, and a questionnaire for each group: earlier choices if they still fit. */
  function chosenRules(
    templates: readonly Template[],
    values: RuleValues,
    before: readonly CampaignQuestionnaire[],
  ) {
    const template = templates.find((one) => one.kind === 'profile' && one.key === values.profile);
    if (template?.kind !== 'profile')
      throw new AppError('invalid', 'campaign.invalid', {
        issues: [
          {
            path: 'profile',
            message:
              values.exceptions.length > 0
                ? 'staff.setup.profile.choose-for-exception'
                : 'staff.setup.profile.choose',
          },
        ],
      });
    const left = values.exceptions.flatMap((name) => groupSchema.safeParse(name).data ?? []);
    const reason = values.reason.trim();
    if (left.length > 0 && reason === '')
      throw new AppError('invalid', 'campaign.invalid', {
        issues: [{ path: 'reason', message: 'staff.setup.exception.reason-missing' }],
      });
    const names = (language: 'zh-CN' | 'en') =>
      left.map((g) => app.pageContext(language).t(`staff.group.${g}`)).join(language === 'en' ? ', ' : '、');
    const profile = exceptGroups(template.profile, left, {
      'zh-CN': `例外：本次不调查${names('zh-CN')}。理由：${reason}`,
      en: `Exception: ${names('en')} are not asked. Reason: ${reason}`,
    });
    return { profile, questionnaires: questionnairesFor(templates, profile, before) };
  }

  /** According to the storage period set by an administrator. */
  function storageEnd(closesAt: number): number {
    const { storageMonths } = app.settings.current;
    const end = new Date(closesAt);
    end.setUTCMonth(end.getUTCMonth() + storageMonths);
    return end.getTime();
  }

  async function showNew(
    request: FastifyRequest,
    reply: FastifyReply,
    values: RuleValues | null,
    problem?: PageProblem,
  ) {
    const earlier = await listCampaigns(deps, actorOfRequest(request));
    const [last] = earlier;
    const templates = await offered(request);
    return newPage(contextOf(request, reply), {
      promised: deps.newId(),
      // The commissioner is the same from one survey to the next.
      values: values ?? {
        name: '',
        // Chosen each time: a copy of an earlier survey keeps it, a new one must not be mistaken for another.
        purpose: '',
        commissioner: last?.commissioner ?? app.settings.current.organisation,
        commissionerPhone: last?.commissionerPhone ?? app.settings.current.phone,
        selfAdministered: last?.selfAdministered ?? false,
        demo: last?.demo ?? false,
        profile: '',
        exceptions: [],
        reason: '',
      },
      profiles: profilesOf(request, reply, templates),
      earlier: earlier.map((one) => ({ id: one.id, name: one.name, promised: deps.newId() })),
      problem,
    });
  }
  app.get('/campaigns/new', edit, async (request, reply) => reply.html(await showNew(request, reply, null)));
  app.post('/campaigns', edit, async (request, reply) => {
    const values = ruleValues(formOf(request));
    return attempt(
      reply,
      async () => {
        const templates = await offered(request);
        const closesAt = fromLocal(`${toDay(deps.now() + 14 * day)}T18:00`);
        const campaign = await createCampaign(
          deps,
          actorOfRequest(request),
          {
            ...plainOf(values),
            ...withFaults(findPlainFaults(plainOf(values)), () => chosenRules(templates, values, [])),
            demo: values.demo,
            closesAt,
            storageUntil: storageEnd(closesAt),
            counties: [],
          },
          promisedId(formOf(request)),
        );
        sayDone(request, 'staff.setup.done.created');
        return `${here(campaign.id)}/setup/counties`;
      },
      (problem) => showNew(request, reply, values, problem),
    );
  });
  app.post(`${base}/copy`, edit, async (request, reply) => {
    const { id, name } = await campaignOf(deps, request);
    const closesAt = fromLocal(`${toDay(deps.now() + 14 * day)}T18:00`);
    const changes = {
      name: request.page.t('staff.setup.copy.name', { name }).slice(0, 100),
      closesAt,
      storageUntil: storageEnd(closesAt),
    };
    const promised = promisedId(formOf(request));
    const copy = await copyCampaign(deps, actorOfRequest(request), id, changes, { id: promised });
    sayDone(request, 'staff.setup.done.copied');
    return reply.redirect(`${here(copy.id)}/setup/rules`, 303);
  });

  app.get(`${base}/setup`, edit, async (request, reply) => {
    const { id } = await campaignOf(deps, request);
    return reply.redirect(`${here(id)}/setup/counties`, 303);
  });

  async function showDelete(request: FastifyRequest, reply: FastifyReply, problem?: PageProblem) {
    const campaign = await campaignOf(deps, request);
    return deletePage(contextOf(request, reply), { campaign, problem });
  }
  app.get(`${base}/delete`, { ...edit, preHandler: whileDraft }, async (request, reply) =>
    reply.html(await showDelete(request, reply)),
  );
  app.post(`${base}/delete`, edit, async (request, reply) =>
    attempt(
      reply,
      async () => {
        const { id } = await campaignOf(deps, request);
        assertConfirmed(formOf(request));
        await deleteCampaign(deps, actorOfRequest(request), id);
        sayDone(request, 'staff.setup.done.deleted');
        return '/staff';
      },
      (problem) => showDelete(request, reply, problem),
    ),
  );

  // 1: rules
  function rulesSaying(
    request: FastifyRequest,
    values: Pick<RuleValues, 'name' | 'purpose' | 'commissioner' | 'commissionerPhone' | 'selfAdministered'>,
    profile: { readonly hash: string; readonly title: string },
  ): FieldValues {
    const { t } = request.page;
    const plain = plainOf({ ...noRules, ...values });
    const said = (label: string, value: string, text = value) => ({ label: t(label), value, text });
    return new Map([
      ['name', said('staff.field.campaign-name', plain.name)],
      [
        'purpose',
        said('staff.field.purpose', plain.purpose, plain.purpose && t(`staff.purpose.${plain.purpose}`)),
      ],
      ['commissioner', said('staff.field.commissioner', plain.commissioner)],
      ['commissionerPhone', said('staff.field.commissioner-phone', plain.commissionerPhone)],
      [
        'selfAdministered',
        said(
          'staff.field.self-administered',
          plain.selfAdministered ? 'yes' : 'no',
          t(plain.selfAdministered ? 'staff.plan.yes' : 'staff.plan.no'),
        ),
      ],
      ['profile', said('staff.setup.rules', profile.hash, profile.title)],
    ]);
  }
  async function storedRules(request: FastifyRequest, reply: FastifyReply, campaign: Campaign) {
    const profile = await getProfile(deps, campaign.profile);
    // Exceptions are part of the profile, and of its title's note.
    const left = profile.requiredGroupsWithoutQuestionnaire.map((g) => request.page.t(`staff.group.${g}`));
    const title = [localised(contextOf(request, reply), profile.title), ...left].join(' − ');
    return rulesSaying(request, campaign, { hash: campaign.profile, title });
  }
  /** A profile that was not chosen again is the one stored when the page was made. */
  async function enteredRules(request: FastifyRequest, reply: FastifyReply, values: RuleValues) {
    const chosen = (await offered(request)).find((one) => one.key === values.profile);
    const [hash = '', title = ''] = chosen
      ? [
          'chosen',
          localised(contextOf(request, reply), chosen.kind === 'profile' ? chosen.profile.title : {}),
        ]
      : storedBefore(textOf(formOf(request), 'was'), 'profile');
    return rulesSaying(request, values, { hash, title });
  }
  async function showRules(
    request: FastifyRequest,
    reply: FastifyReply,
    values: RuleValues | null,
    problem?: PageProblem,
    changes?: readonly Change[],
  ) {
    const campaign = await campaignOf(deps, request);
    return rulesPage(contextOf(request, reply), {
      campaign,
      form: {
        version: versionOf(campaign, 'rules'),
        was: encodeFieldValues(await storedRules(request, reply, campaign)),
        script: app.assets.href('draft.js'),
        changes,
      },
      current: await getProfile(deps, campaign.profile),
      values: values ?? { ...campaign, profile: '', exceptions: [], reason: '' },
      profiles: profilesOf(request, reply, await offered(request)),
      problem,
    });
  }
  app.get(`${base}/setup/rules`, { ...edit, preHandler: whileDraft }, async (request, reply) =>
    reply.html(await showRules(request, reply, null)),
  );
  app.post(`${base}/setup/rules`, edit, async (request, reply) => {
    const values = ruleValues(formOf(request));
    return submitStep(deps, request, reply, {
      step: 'rules',
      fieldValuesOf: (campaign) => storedRules(request, reply, campaign),
      act: async () => {
        const campaign = await campaignOf(deps, request);
        const plain = plainOf(values);
        const issues: Issue[] = [];
        let rules: ReturnType<typeof chosenRules> | null = null;
        try {
          // No profile chosen: the stored one stays.
          rules =
            values.profile === '' && values.exceptions.length === 0
              ? null
              : chosenRules(await offered(request), values, campaign.questionnaires);
        } catch (error) {
          if (!(error instanceof AppError) || error.kind !== 'invalid') throw error;
          issues.push(...error.issues);
        }
        const parts = [
          ...Object.entries(plain).map(([name, value]) => ({ [name]: value })),
          ...(rules ? [rules] : []),
        ];
        const next = formOf(request)['save'] === undefined ? 'counties' : 'rules';
        return saveStep(deps, request, campaign, { step: 'rules', parts, issues, next });
      },
      again: async (problem) => {
        const campaign = await campaignOf(deps, request);
        const compared = changesFor(
          request,
          problem,
          await storedRules(request, reply, campaign),
          await enteredRules(request, reply, values),
        );
        if (compared === null) return showRules(request, reply, values, problem);
        const taken = (['name', 'purpose', 'commissioner', 'commissionerPhone', 'selfAdministered'] as const)
          .filter((name) => compared.isTheirs(name))
          .map((name) => [name, campaign[name]] as const);
        const merged = { ...values, ...(Object.fromEntries(taken) as Partial<RuleValues>) };
        return showRules(request, reply, merged, problem, compared.changes);
      },
    });
  });

  // 5: freeze
  app.get(`${base}/setup/freeze`, edit, async (request, reply) => {
    const campaign = await campaignOf(deps, request);
    const counties = await viewQuotas(deps, actorOfRequest(request), campaign.id);
    return reply.html(freezePage(contextOf(request, reply), { campaign, counties }));
  });

  // Addresses of earlier versions.
  app.get(`${base}/edit`, edit, async (request, reply) => {
    const { id } = await campaignOf(deps, request);
    return reply.redirect(`${here(id)}/setup/rules`, 303);
  });
}
