/** Setting up a campaign: a draft from the first page on, in steps that each save what is right and can be gone back to until the freeze. Long because each step has a page and a form. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { draftVersion } from '../../../domain/campaign/decide-draft.ts';
import { readCount, readCountyLines } from '../../../domain/campaign/county-list.ts';
import { AppError, type Issue } from '../../../domain/errors.ts';
import { campaignIdSchema } from '../../../domain/model/ids.ts';
import type { Campaign, CampaignQuestionnaire } from '../../../domain/model/campaign.ts';
import { groupSchema, purposeSchema, type Purpose } from '../../../domain/model/vocabulary.ts';
import { exceptGroups } from '../../../domain/scoring/rules/exception.ts';
import {
  copyCampaign,
  createCampaign,
  deleteCampaign,
  listCampaigns,
  saveDraft,
} from '../../../operations/campaign/campaigns.ts';
import { findPlainFaults } from '../../../operations/campaign/draft-shape.ts';
import { readCountyTable } from '../../../operations/campaign/county-list.ts';
import { getProfile } from '../../../operations/campaign/lookup.ts';
import { listTemplates, type Template } from '../../../operations/template/templates.ts';
import { viewQuotas } from '../../../operations/campaign/quotas.ts';
import { assertConfirmed } from '../confirmed.ts';
import { actorOfRequest } from '../../plugins/access.ts';
import { readUpload, uploads } from '../../plugins/uploads.ts';
import { downloadAs } from '../../download.ts';
import { localised } from '../figure-view.ts';
import type { PageProblem } from '../page-view.ts';
import {
  attempt,
  campaignOf,
  contextOf,
  formOf,
  fromDay,
  fromLocal,
  listOf,
  sayDone,
  textOf,
  toDay,
  toLocal,
  type Form,
  type PagesOptions,
} from '../pages.ts';
import { countiesPage, type CountyLine } from './counties-view.ts';
import { addListed } from './listed.ts';
import { questionnairesFor, withFaults } from './rule-choice.ts';
import { saveStep } from './save.ts';
import { deletePage, freezePage } from './steps-view.ts';
import { newPage, rulesPage, type RuleValues, type ShownProfile } from './rules-view.ts';

const day = 24 * 3_600_000;
const base = '/campaigns/:campaign';
const edit = { config: { who: 'campaign.edit' } } as const;

export async function setupPages(app: FastifyInstance, { deps }: PagesOptions): Promise<void> {
  const here = (id: string) => `/staff/campaigns/${id}`;
  /** Whose time is over: the state is shown instead of a form that can only fail. */
  async function whileDraft(request: FastifyRequest, reply: FastifyReply) {
    const { id, state } = await campaignOf(deps, request);
    if (state !== 'draft') return reply.redirect(here(id), 303);
  }

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
      // As they are stored: the same form sent twice is no change.
      name: v.name.trim(),
      purpose: (purpose.success ? purpose.data : '') as Purpose,
      commissioner: v.commissioner.trim(),
      commissionerPhone: v.commissionerPhone.normalize('NFKC').trim(),
      selfAdministered: v.selfAdministered,
    };
  };

  /** The chosen profile with its exceptions, and a questionnaire for each group: what was chosen before where it still fits. */
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

  /** After the storage period that an administrator set. */
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
    id: string,
    problem?: PageProblem,
  ) {
    const earlier = await listCampaigns(deps, actorOfRequest(request));
    const [last] = earlier;
    const templates = await offered(request);
    return newPage(contextOf(request, reply), {
      id,
      // Whoever asks is the same from one survey to the next.
      values: values ?? {
        name: '',
        // Chosen anew each time: a copy of an earlier survey keeps it, a new one must not be taken for another.
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
      earlier: earlier.map((one) => ({ id: one.id, name: one.name })),
      problem,
    });
  }
  app.get('/campaigns/new', edit, async (request, reply) =>
    reply.html(await showNew(request, reply, null, deps.newId())),
  );
  app.post('/campaigns', edit, async (request, reply) => {
    const values = ruleValues(formOf(request));
    // The page was given the id: sent twice, it makes one campaign.
    const id = campaignIdSchema.safeParse(textOf(formOf(request), 'id'));
    return attempt(
      reply,
      async () => {
        if (id.success && (await deps.storage.findCampaign(id.data)))
          return `${here(id.data)}/setup/counties`;
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
          id.success ? id.data : undefined,
        );
        sayDone(request, 'staff.setup.done.created');
        return `${here(campaign.id)}/setup/counties`;
      },
      (problem) => showNew(request, reply, values, id.success ? id.data : deps.newId(), problem),
    );
  });
  app.post(`${base}/copy`, edit, async (request, reply) => {
    const { id, name } = await campaignOf(deps, request);
    const closesAt = fromLocal(`${toDay(deps.now() + 14 * day)}T18:00`);
    const copy = await copyCampaign(deps, actorOfRequest(request), id, {
      name: request.page.t('staff.setup.copy.name', { name }).slice(0, 100),
      closesAt,
      storageUntil: storageEnd(closesAt),
    });
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
  async function showRules(
    request: FastifyRequest,
    reply: FastifyReply,
    values: RuleValues | null,
    problem?: PageProblem,
  ) {
    const campaign = await campaignOf(deps, request);
    return rulesPage(contextOf(request, reply), {
      campaign,
      version: draftVersion(campaign),
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
    return attempt(
      reply,
      async () => {
        const campaign = await campaignOf(deps, request);
        const plain = plainOf(values);
        const issues: Issue[] = [];
        let rules: ReturnType<typeof chosenRules> | null = null;
        try {
          // No profile chosen: the one it has stays.
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
        return saveStep(deps, request, campaign, { parts, issues, next: 'counties' });
      },
      (problem) => showRules(request, reply, values, problem),
    );
  });

  // 2: counties and dates
  interface CountyValues {
    readonly closesAt: string;
    readonly storageUntil: string;
    readonly lines: readonly CountyLine[];
    readonly add: string;
  }
  const lineOf = ({
    code,
    name,
    residents,
    slips,
    frameState,
  }: Campaign['counties'][number]): CountyLine => ({
    code,
    name,
    residents: residents === null ? '' : String(residents.count),
    asOf: residents?.asOf ?? '',
    slips: String(slips.find((s) => s.group === 'public')?.count ?? ''),
    isFixed: frameState !== 'preparing',
  });
  async function showCounties(
    request: FastifyRequest,
    reply: FastifyReply,
    values: CountyValues | null,
    problem?: PageProblem,
  ) {
    const campaign = await campaignOf(deps, request);
    const profile = await getProfile(deps, campaign.profile);
    return countiesPage(contextOf(request, reply), {
      campaign,
      version: draftVersion(campaign),
      asksPublic: campaign.questionnaires.some((q) => q.groups.includes('public')),
      needsResidents: profile.quota.kind === 'per-mille' || profile.quota.kind === 'tiers',
      values: values ?? {
        closesAt: toLocal(campaign.closesAt),
        storageUntil: toDay(campaign.storageUntil),
        lines: campaign.counties.map(lineOf),
        add: '',
      },
      asOf: lastYearEnd(deps.now()),
      problem,
    });
  }
  app.get(`${base}/setup/counties`, { ...edit, preHandler: whileDraft }, async (request, reply) =>
    reply.html(await showCounties(request, reply, null)),
  );

  function countyInput(campaign: Campaign, line: CountyLine) {
    const old = campaign.counties.find((one) => one.code === line.code);
    const others = old?.slips.filter((s) => s.group !== 'public') ?? [];
    return {
      code: line.code,
      name: line.name,
      residents:
        line.residents.trim() === ''
          ? null
          : { count: readCount(line.residents), asOf: line.asOf || lastYearEnd(deps.now()) },
      slips:
        line.slips.trim() === ''
          ? others
          : [...others, { group: 'public' as const, count: readCount(line.slips) }],
    };
  }

  app.post(`${base}/setup/counties`, edit, async (request, reply) => {
    const form = formOf(request);
    const at = (name: string, i: number) => listOf(form, name)[i] ?? '';
    const removed = textOf(form, 'remove');
    const sent = listOf(form, 'code')
      .map((code, i) => ({
        code,
        name: at('county', i),
        residents: at('residents', i),
        asOf: at('asOf', i),
        slips: at('slips', i),
        isFixed: false,
      }))
      .filter((line) => line.code !== removed);
    let values: CountyValues = {
      closesAt: textOf(form, 'closesAt'),
      storageUntil: textOf(form, 'storageUntil'),
      lines: sent,
      add: textOf(form, 'add'),
    };
    /** Counties that somebody else added meanwhile stand beside those typed: sent again, the form must not remove them. */
    async function besideNewer(): Promise<CountyValues> {
      const { counties } = await campaignOf(deps, request);
      const newer = counties.filter(
        ({ code }) => code !== removed && !values.lines.some((line) => line.code === code),
      );
      return { ...values, lines: [...values.lines, ...newer.map(lineOf)] };
    }
    return attempt(
      reply,
      async () => {
        const campaign = await campaignOf(deps, request);
        const asOf = textOf(form, 'addAsOf') || lastYearEnd(deps.now());
        const added = await addListed(deps, sent, readCountyLines(values.add), asOf);
        values = { ...values, lines: added.lines, add: added.left };
        const parts = [
          { closesAt: fromLocal(values.closesAt), storageUntil: fromDay(values.storageUntil) },
          { counties: added.lines.map((line) => countyInput(campaign, line)) },
        ];
        const isDone = form['next'] !== undefined;
        return saveStep(deps, request, campaign, {
          ...{ parts, issues: added.issues },
          next: isDone ? 'texts' : 'counties',
        });
      },
      async (problem) =>
        showCounties(
          request,
          reply,
          problem.message === 'campaign.changed' ? await besideNewer() : values,
          problem,
        ),
    );
  });
  await app.register(async (scope) => {
    await scope.register(uploads);
    scope.post(
      `${base}/setup/counties/table`,
      { config: { ...edit.config, upload: true } },
      async (request, reply) => {
        const upload = await readUpload(request, reply);
        let values: CountyValues | null = null;
        return attempt(
          reply,
          async () => {
            const campaign = await campaignOf(deps, request);
            const listed = await readCountyTable(deps, actorOfRequest(request), upload);
            const asOf = upload.fields['asOf'] ?? '';
            const added = await addListed(
              deps,
              campaign.counties.map(lineOf),
              listed,
              asOf === '' ? lastYearEnd(deps.now()) : asOf,
            );
            values = {
              closesAt: toLocal(campaign.closesAt),
              storageUntil: toDay(campaign.storageUntil),
              lines: added.lines,
              add: added.left,
            };
            const version = upload.fields['version'] ?? '';
            const counties = added.lines.map((line) => countyInput(campaign, line));
            const issues = [
              ...added.issues,
              ...(await saveDraft(deps, actorOfRequest(request), campaign.id, [{ counties }], version)),
            ];
            if (issues.length > 0)
              throw new AppError('invalid', 'staff.setup.saved-partly', {
                params: { count: issues.length },
                issues,
              });
            sayDone(request, 'staff.setup.done.table', { count: listed.length });
            return `${here(campaign.id)}/setup/counties`;
          },
          (problem) => showCounties(request, reply, values, problem),
        );
      },
    );
  });
  app.get(`${base}/setup/counties/empty.csv`, edit, async (request, reply) => {
    const { t } = request.page;
    downloadAs(reply, `${t('staff.setup.table.file')}.csv`);
    // Excel takes a file without this mark for another encoding.
    return reply
      .type('text/csv; charset=utf-8')
      .send(`\ufeff${t('staff.field.county')},${t('staff.field.residents')}\r\n`);
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

/** Residents are counted at the end of a year. */
function lastYearEnd(now: number): string {
  return `${Number(toDay(now).slice(0, 4)) - 1}-12-31`;
}
