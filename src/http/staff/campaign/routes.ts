import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Issue } from '../../../domain/errors.ts';
import { purposeSchema, type Purpose } from '../../../domain/model/vocabulary.ts';
import {
  createCampaign,
  listCampaigns,
  openCampaign,
  releaseCampaign,
  updateCampaign,
  type NewCampaign,
} from '../../../operations/campaign/campaigns.ts';
import { closeCampaign } from '../../../operations/campaign/closing.ts';
import { regimes } from '../../../domain/questionnaire/named-content.ts';
import { listTemplates } from '../../../operations/campaign/templates.ts';
import { actorOfRequest } from '../../plugins/access.ts';
import { editCampaignPage, newCampaignPage, type CampaignValues } from './form-view.ts';
import { campaignPage, homePage } from './view.ts';
import { localised } from '../figure-view.ts';
import { confirmTime, mayRunNow, viewTime } from '../../../operations/service/service-time.ts';
import type { PageProblem } from '../page-view.ts';
import {
  attempt,
  campaignOf,
  contextOf,
  formOf,
  fromDay,
  fromLocal,
  listOf,
  query,
  sayDone,
  textOf,
  toDay,
  toLocal,
  type Form,
  type PagesOptions,
} from '../pages.ts';

const day = 24 * 3_600_000;
const rowCounts = z.coerce.number().int().min(1).max(300);

function plainValues(form: Form) {
  return {
    name: textOf(form, 'name'),
    purpose: textOf(form, 'purpose'),
    commissioner: textOf(form, 'commissioner'),
    commissionerPhone: textOf(form, 'commissionerPhone'),
    closesAt: textOf(form, 'closesAt'),
    storageUntil: textOf(form, 'storageUntil'),
    selfAdministered: textOf(form, 'selfAdministered') === 'yes',
    demo: textOf(form, 'demo') === 'yes',
    profile: textOf(form, 'profile'),
    questionnaires: listOf(form, 'questionnaires'),
  };
}

function plainInput(v: ReturnType<typeof plainValues>) {
  const purpose = purposeSchema.safeParse(v.purpose);
  return {
    name: v.name,
    purpose: (purpose.success ? purpose.data : '') as Purpose,
    commissioner: v.commissioner,
    commissionerPhone: v.commissionerPhone,
    closesAt: fromLocal(v.closesAt),
    storageUntil: fromDay(v.storageUntil),
    selfAdministered: v.selfAdministered,
  };
}

export async function campaignPages(app: FastifyInstance, { deps }: PagesOptions): Promise<void> {
  async function home(request: FastifyRequest, reply: FastifyReply, date?: string, problem?: PageProblem) {
    const c = contextOf(request, reply);
    const { now, time } = await viewTime(deps);
    // Only who can do something about it is told.
    const isJump = c.may('clock.confirm') && !(await mayRunNow(deps, 'close'));
    return homePage(c, {
      campaigns: await listCampaigns(deps, actorOfRequest(request)),
      now,
      jumpedFrom: isJump ? (time.jump?.from ?? time.seenAt ?? now) : null,
      ...(date !== undefined && { date }),
      ...(problem && { problem }),
    });
  }
  app.get('/', { config: { who: 'campaign.list' } }, async (request, reply) =>
    reply.html(await home(request, reply)),
  );
  app.post('/clock', { config: { who: 'clock.confirm' } }, async (request, reply) => {
    const date = textOf(formOf(request), 'date').trim();
    return attempt(
      reply,
      async () => {
        await confirmTime(deps, actorOfRequest(request), date);
        return '/staff';
      },
      (problem) => home(request, reply, date, { ...problem, issues: [{ path: 'date', ...problem }] }),
    );
  });

  async function newPage(
    request: FastifyRequest,
    reply: FastifyReply,
    values: CampaignValues,
    problem?: PageProblem,
  ) {
    const c = contextOf(request, reply);
    const templates = await listTemplates();
    return newCampaignPage(c, {
      values,
      templates: {
        profiles: templates.profiles.map((p) => ({
          file: p.file,
          title: localised(c, p.title),
          about: localised(c, p.source),
        })),
        questionnaires: templates.questionnaires.map((q) => ({
          file: q.file,
          title: localised(c, q.title),
          version: (regimes as readonly (string | null)[]).includes(q.regime)
            ? c.page.t(`staff.regime.${q.regime!}`)
            : q.regime,
          groups: q.groups,
        })),
      },
      ...(problem && { problem }),
    });
  }
  const emptyRow = { code: '', name: '', residents: '', asOf: '', slips: '' };

  app.get('/campaigns/new', { config: { who: 'campaign.edit' } }, async (request, reply) => {
    const rows = rowCounts.safeParse(query(request, 'rows'));
    const { questionnaires, profiles } = await listTemplates();
    const closes = deps.now() + 14 * day;
    return reply.html(
      await newPage(request, reply, {
        name: '',
        purpose: 'self-check',
        commissioner: '',
        commissionerPhone: '',
        closesAt: `${toDay(closes)}T18:00`,
        storageUntil: toDay(closes + 365 * day),
        selfAdministered: false,
        demo: false,
        profile: profiles[0]?.file ?? '',
        // One for each group, of the version that the first profile requires.
        questionnaires: questionnaires
          .filter((q) => q.regime === (profiles[0]?.questionnaireRegime ?? q.regime))
          .map((q) => q.file),
        counties: Array.from({ length: rows.success ? rows.data : 3 }, () => emptyRow),
      }),
    );
  });
  app.post('/campaigns', { config: { who: 'campaign.edit' } }, async (request, reply) => {
    const form = formOf(request);
    const codes = listOf(form, 'countyCode');
    const at = (name: string, i: number) => listOf(form, name)[i] ?? '';
    const values: CampaignValues = {
      ...plainValues(form),
      counties: codes.map((code, i) => ({
        code,
        name: at('countyName', i),
        residents: at('residents', i),
        asOf: at('residentsAsOf', i),
        slips: at('slips', i),
      })),
    };
    // Empty rows are left out; an issue's number is then that of the row it came from.
    const filled = values.counties.flatMap((county, row) =>
      Object.values(county).every((x) => x.trim() === '') ? [] : [{ county, row }],
    );
    return attempt(
      reply,
      async () => {
        const templates = await listTemplates();
        const chosen = templates.questionnaires.filter((q) => values.questionnaires.includes(q.file));
        const input: NewCampaign = {
          ...plainInput(values),
          demo: values.demo,
          profile: templates.profiles.find((p) => p.file === values.profile)?.document ?? null,
          questionnaires: chosen.map(({ document, groups }) => ({ document, groups })),
          counties: filled.map(({ county }) => ({
            code: county.code.normalize('NFKC').trim(),
            ...(county.name.trim() !== '' && { name: county.name }),
            residents:
              county.residents.trim() === '' && county.asOf === ''
                ? null
                : { count: numberIn(county.residents), asOf: county.asOf },
            slips: county.slips.trim() === '' ? [] : [{ group: 'public', count: numberIn(county.slips) }],
          })),
        };
        const campaign = await createCampaign(deps, actorOfRequest(request), input);
        return `/staff/campaigns/${campaign.id}`;
      },
      (problem) =>
        newPage(
          request,
          reply,
          { ...values, counties: values.counties.length === 0 ? [emptyRow] : values.counties },
          { ...problem, issues: (problem.issues ?? []).map((issue) => atField(issue, filled)) },
        ),
    );
  });

  async function show(request: FastifyRequest, reply: FastifyReply, problem?: PageProblem) {
    return campaignPage(contextOf(request, reply), {
      campaign: await campaignOf(deps, request),
      now: deps.now(),
      ...(problem && { problem }),
    });
  }
  app.get('/campaigns/:campaign', { config: { who: 'campaign.list' } }, async (request, reply) =>
    reply.html(await show(request, reply)),
  );
  for (const [name, who, act] of [
    ['open', 'campaign.open', openCampaign],
    ['close', 'campaign.close', closeCampaign],
    ['release', 'campaign.release', releaseCampaign],
  ] as const) {
    app.post(`/campaigns/:campaign/${name}`, { config: { who } }, async (request, reply) =>
      attempt(
        reply,
        async () => {
          const { id } = await campaignOf(deps, request);
          await act(deps, actorOfRequest(request), id);
          sayDone(request, `staff.done.${name}`);
          return `/staff/campaigns/${id}`;
        },
        (problem) => show(request, reply, problem),
      ),
    );
  }

  app.get('/campaigns/:campaign/edit', { config: { who: 'campaign.edit' } }, async (request, reply) => {
    const campaign = await campaignOf(deps, request);
    const values = {
      ...campaign,
      closesAt: toLocal(campaign.closesAt),
      storageUntil: toDay(campaign.storageUntil),
      questionnaires: [],
    };
    return reply.html(editCampaignPage(contextOf(request, reply), { campaign, values }));
  });
  app.post('/campaigns/:campaign/edit', { config: { who: 'campaign.edit' } }, async (request, reply) => {
    const campaign = await campaignOf(deps, request);
    const values = plainValues(formOf(request));
    return attempt(
      reply,
      async () => {
        await updateCampaign(deps, actorOfRequest(request), campaign.id, plainInput(values));
        sayDone(request, 'staff.saved');
        return `/staff/campaigns/${campaign.id}`;
      },
      (problem) => editCampaignPage(contextOf(request, reply), { campaign, values, problem }),
    );
  });
}

/** `1,234`, `１２３４`, `1 234` → 1234; NaN for anything else. */
function numberIn(text: string): number {
  const plain = text.normalize('NFKC').replace(/[\s,]/g, '');
  return /^\d{1,12}$/.test(plain) ? Number(plain) : Number.NaN;
}

function atField(issue: Issue, filled: readonly { readonly row: number }[]): Issue {
  const path = issue.path
    .replace(/^counties\[(\d+)\]/, (_, i: string) => `counties[${filled[Number(i)]?.row ?? i}]`)
    .replace(/^(questionnaires|profile)\b.*/, '$1');
  return { ...issue, path };
}
