import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '../../../domain/errors.ts';
import { assertMay } from '../../../domain/campaign/permissions.ts';
import { countyCodeSchema, type CountyCode } from '../../../domain/model/ids.ts';
import {
  changeComment,
  listComments,
  markedComments,
  type CommentChange,
} from '../../../operations/answer/comments.ts';
import { viewPressure } from '../../../operations/answer/pressure.ts';
import { viewRates } from '../../../operations/summary/rates.ts';
import { viewDraw } from '../../../operations/draw/draw.ts';
import { planSurvey } from '../../../operations/campaign/planning.ts';
import { viewNeed } from '../../../operations/campaign/quotas.ts';
import { draftVersion } from '../../../domain/campaign/decide-draft.ts';
import type { Need } from '../../../domain/scoring/planner/need.ts';
import { compareCampaign } from '../../../operations/summary/compare.ts';
import { getBallot, isSplit } from '../../../operations/summary/ballot.ts';
import { compareCounties, getReport, type SummaryReport } from '../../../operations/summary/summary.ts';
import { reportDraft, type ReportDraft } from '../../../export/report/draft.ts';
import { memoizeByIdentity } from '../../../operations/memoize.ts';
import type { SamplingStratum } from '../../../domain/frame/strata.ts';
import { makeDossier } from '../../../operations/summary/dossier.ts';
import { actorOfRequest } from '../../plugins/access.ts';
import { statusOf } from '../../plugins/errors.ts';
import { formatTime } from '../page-view.ts';
import { planPage } from '../planning/view.ts';
import { pressurePage } from './pressure-view.ts';
import { hoursLeft } from './monitoring-view.ts';
import { ratesPage } from './rates-view.ts';
import { sendView } from '../kept-pages.ts';
import { commentsPage } from './comments-view.ts';
import { ballotPage } from './ballot-view.ts';
import { comparePage } from './compare-view.ts';
import { noSummaryPage, summaryPage } from './view.ts';
import { resultTabs, type ResultTab } from './result-frame-view.ts';
import {
  sendBallotCsv,
  sendDossier,
  sendReport,
  sendSummaryCsv,
  sendSummaryXlsx,
} from '../../summary-files.ts';
import type { PageProblem } from '../page-view.ts';
import { answerReminder, requestReminder, viewMonitoring } from '../../../operations/summary/monitoring.ts';
import { errorWords } from '../../../texts/error-words.ts';
import {
  attempt,
  campaignOf,
  contextOf,
  formOf,
  param,
  placeOf,
  query,
  sayDone,
  textOf,
  type Form,
  type PagesOptions,
} from '../pages.ts';

const base = '/campaigns/:campaign/counties/:county';
const draftOf = memoizeByIdentity(reportDraft);
const noStrata: readonly SamplingStratum[] = [];
/** A province has some 120 counties. */
const maximumCounties = 200;
/** Of a report that people may change. */
const longestSentence = 400;

export async function figurePages(app: FastifyInstance, { deps }: PagesOptions): Promise<void> {
  async function readRates(request: FastifyRequest) {
    const { campaign, county, id, code } = await placeOf(deps, request);
    const actor = actorOfRequest(request);
    const rates = await viewRates(deps, actor, id, code);
    return {
      ...{ campaign, county, rates },
      hoursLeft: hoursLeft(rates.closesAt, deps.now()),
      monitoring: await viewMonitoring(deps, actor, id, code),
    };
  }
  const showRates = async (request: FastifyRequest, reply: FastifyReply, problem: PageProblem) =>
    ratesPage(contextOf(request, reply), { ...(await readRates(request)), problem });
  app.get(`${base}/rates`, { config: { who: 'rates.view' } }, async (request, reply) =>
    sendView(request, reply, ratesPage, await readRates(request)),
  );
  const ratesOf = (request: FastifyRequest) =>
    `/staff/campaigns/${param(request, 'campaign')}/counties/${param(request, 'county')}/rates`;
  app.post(`${base}/reminders`, { config: { who: 'reminder.request' } }, async (request, reply) =>
    attempt(
      reply,
      async () => {
        const { id, code } = await placeOf(deps, request);
        await requestReminder(deps, actorOfRequest(request), id, code, textOf(formOf(request), 'note'));
        sayDone(request, 'staff.done.reminder-asked');
        return ratesOf(request);
      },
      (problem) => showRates(request, reply, problem),
    ),
  );
  app.post(`${base}/reminders/answer`, { config: { who: 'reminder.answer' } }, async (request, reply) =>
    attempt(
      reply,
      async () => {
        const { id, code } = await placeOf(deps, request);
        const form = formOf(request);
        const answer = textOf(form, 'answer') === 'declined' ? 'declined' : 'sent';
        await answerReminder(deps, actorOfRequest(request), id, code, answer, textOf(form, 'note'));
        sayDone(request, 'staff.done.reminder-answered');
        return ratesOf(request);
      },
      (problem) =>
        showRates(request, reply, {
          ...problem,
          issues: [
            { path: 'note', message: problem.message, ...(problem.params && { params: problem.params }) },
          ],
        }),
    ),
  );

  app.get(`${base}/plan`, { config: { who: 'draw.view' } }, async (request, reply) => {
    const { campaign, county, id, code } = await placeOf(deps, request);
    const c = contextOf(request, reply);
    const actor = actorOfRequest(request);
    const {
      of100,
      valid,
      channels,
      county: _county,
      ...detailed
    } = request.query as Readonly<Record<string, unknown>>;
    const asked = Object.fromEntries(Object.entries(detailed).filter(([, value]) => value !== ''));
    const isFixed =
      campaign.state !== 'draft' || campaign.counties.some((one) => one.frameState !== 'preparing');
    const show = async (need: Need, more: Readonly<Record<string, unknown>>, problem?: PageProblem) => {
      const { question } = need;
      const response = question.of100 / 100;
      return planPage(c, {
        ...{ campaign, county, problem: problem ?? null },
        plan: await planSurvey(deps, actor, id, code, {
          ...{ response, valid: question.valid, low: response, high: response },
          ...more,
        }),
        isDetailed: Object.keys(asked).length > 0,
        shown: {
          ...{ need, county, counties: [], areSeveral: campaign.counties.length > 1 },
          typed: problem && {
            valid: textOf({ valid } as Form, 'valid'),
            of100: textOf({ of100 } as Form, 'of100'),
          },
          version: !isFixed && c.may('campaign.edit') ? draftVersion(campaign) : null,
        },
      });
    };
    return attempt(
      reply,
      async () =>
        show(await viewNeed(deps, actor, id, code, { valid, of100 }), {
          ...asked,
          ...(typeof channels === 'string' &&
            channels !== '' && { channels: channels.split(/[\s,，、;]+/).filter(Boolean) }),
        }),
      async (problem) => show(await viewNeed(deps, actor, id, code, {}), {}, problem),
    );
  });

  app.get(`${base}/pressure`, { config: { who: 'pressure.view' } }, async (request, reply) =>
    whenReady(request, reply, async () => {
      const { campaign, county, id, code } = await placeOf(deps, request);
      const view = await viewPressure(deps, actorOfRequest(request), id, code);
      return reply.html(pressurePage(contextOf(request, reply), { campaign, county, view }));
    }),
  );

  /** Not yet, or not any more: a page that says when, without figures. */
  async function whenReady(
    request: FastifyRequest,
    reply: FastifyReply,
    make: () => Promise<FastifyReply>,
  ): Promise<FastifyReply> {
    try {
      return await make();
    } catch (error) {
      if (!(error instanceof AppError) || error.kind !== 'conflict') throw error;
      const c = contextOf(request, reply);
      const campaign = await campaignOf(deps, request);
      return reply.code(statusOf.conflict).html(
        noSummaryPage(c, {
          title: c.page.t('staff.page.summary'),
          sentence:
            error.message === 'summary.not-closed'
              ? c.page.t('staff.summary.not-closed', { time: formatTime(campaign.closesAt) })
              : errorWords(c.page.t, error.message, error.params),
          campaign,
        }),
      );
    }
  }
  const showTab = (tab: ResultTab) => async (request: FastifyRequest, reply: FastifyReply) =>
    whenReady(request, reply, async () => {
      const { campaign, county, id, code } = await placeOf(deps, request);
      const summary = await getReport(deps, actorOfRequest(request), id, code);
      return sendView(request, reply, summaryPage, {
        ...{ summary, campaign, county, tab },
        draft: draftOf(summary, request.language),
        strata:
          tab === 'process' ? (await viewDraw(deps, actorOfRequest(request), id, code)).sampling : noStrata,
        ...(isSplit(campaign) && { ballot: `/staff/campaigns/${id}/counties/${code}/ballot` }),
      });
    });
  app.get(`${base}/summary`, { config: { who: 'summary.view' } }, showTab('overview'));
  for (const tab of resultTabs)
    app.get(`${base}/summary/${tab}`, { config: { who: 'summary.view' } }, showTab(tab));
  app.get(`${base}/summary.csv`, { config: { who: 'summary.view' } }, async (request, reply) =>
    whenReady(request, reply, async () => {
      const { id, code } = await placeOf(deps, request);
      return sendSummaryCsv(request, reply, [await getReport(deps, actorOfRequest(request), id, code)]);
    }),
  );
  app.get(`${base}/summary.xlsx`, { config: { who: 'summary.view' } }, async (request, reply) =>
    whenReady(request, reply, async () => {
      const { id, code } = await placeOf(deps, request);
      return sendSummaryXlsx(request, reply, [await getReport(deps, actorOfRequest(request), id, code)]);
    }),
  );
  /** As proposed; or with the sentences of the form. Nothing is stored. */
  function writtenDraft(request: FastifyRequest, summary: SummaryReport): ReportDraft {
    const proposed = reportDraft(summary, request.language);
    const form = formOf(request);
    const written = (name: string, own: string) =>
      form[name] === undefined
        ? own
        : textOf(form, name).slice(0, longestSentence).replace(/\s+/g, ' ').trim();
    return {
      ...proposed,
      highlights: proposed.highlights.map((own, i) => written(`highlight-${i + 1}`, own)),
      problem: written('problem', proposed.problem),
    };
  }
  // POST, because the trail records each one.
  app.post(`${base}/dossier`, { config: { who: 'dossier.make' } }, async (request, reply) =>
    whenReady(request, reply, async () => {
      const { id, code } = await placeOf(deps, request);
      const actor = actorOfRequest(request);
      const summary = await getReport(deps, actor, id, code);
      const draft = writtenDraft(request, summary);
      return sendDossier(
        reply,
        await makeDossier(deps, actor, id, code, request.language, draft),
        deps.now(),
      );
    }),
  );

  app.route({
    method: ['GET', 'POST'],
    url: `${base}/summary.docx`,
    config: { who: 'summary.view' },
    handler: async (request, reply) =>
      whenReady(request, reply, async () => {
        const { campaign, id, code } = await placeOf(deps, request);
        const summary = await getReport(deps, actorOfRequest(request), id, code);
        return sendReport(request, reply, summary, {
          demo: campaign.demo,
          draft: writtenDraft(request, summary),
          comments: await markedComments(deps, actorOfRequest(request), id, code),
        });
      }),
  });

  for (const csv of [false, true])
    app.get(
      `${base}/ballot${csv ? '.csv' : ''}`,
      { config: { who: 'summary.view' } },
      async (request, reply) =>
        whenReady(request, reply, async () => {
          const { campaign, county, id, code } = await placeOf(deps, request);
          const comparison = await getBallot(deps, actorOfRequest(request), id, code);
          if (csv) return sendBallotCsv(request, reply, comparison);
          return reply.html(
            ballotPage(contextOf(request, reply), {
              ...{ campaign, county, comparison },
              csv: `/staff/campaigns/${id}/counties/${code}/ballot.csv`,
            }),
          );
        }),
    );

  async function showComments(request: FastifyRequest, reply: FastifyReply, problem?: PageProblem) {
    const { campaign, county, id, code } = await placeOf(deps, request);
    const view = await listComments(deps, actorOfRequest(request), id, code);
    return commentsPage(contextOf(request, reply), { campaign, county, view, ...(problem && { problem }) });
  }
  app.get(`${base}/comments`, { config: { who: 'comments.view' } }, async (request, reply) =>
    whenReady(request, reply, async () => reply.html(await showComments(request, reply))),
  );
  app.post(`${base}/comments/:comment`, { config: { who: 'comments.edit' } }, async (request, reply) =>
    attempt(
      reply,
      async () => {
        const { id, code } = await placeOf(deps, request);
        const form = formOf(request);
        const ref = param(request, 'comment');
        const act = textOf(form, 'act');
        const change = commentChange(act, textOf(form, 'phrase'));
        await changeComment(deps, actorOfRequest(request), id, code, ref, change);
        sayDone(
          request,
          `comments.done.${change.kind === 'mark' && !change.marked ? 'unmark' : change.kind}`,
        );
        const back = textOf(form, 'back');
        const query = back.startsWith('?') ? back : '';
        return `/staff/campaigns/${id}/counties/${code}/comments${query}#c-${ref}`;
      },
      (problem) =>
        showComments(request, reply, {
          ...problem,
          issues: [{ path: 'phrase', message: problem.message }],
        }),
    ),
  );

  /** The requested counties that exist for the reader; all if none is named. */
  function chosenCounties(request: FastifyRequest, known: readonly CountyCode[]): readonly CountyCode[] {
    const { county } = request.query as { readonly county?: string | readonly string[] };
    if (county === undefined) return known.slice(0, maximumCounties);
    const actor = actorOfRequest(request);
    const codes = [...new Set([county].flat())].slice(0, maximumCounties);
    return codes.map((code) => {
      const parsed = countyCodeSchema.safeParse(code);
      if (!parsed.success) throw new AppError('not-found', 'http.not-found');
      assertMay(actor, 'summary.view', parsed.data);
      if (!known.includes(parsed.data)) throw new AppError('not-found', 'http.not-found');
      return parsed.data;
    });
  }
  const compare =
    (
      send: (
        request: FastifyRequest,
        reply: FastifyReply,
        codes: readonly CountyCode[],
      ) => Promise<FastifyReply>,
    ) =>
    async (request: FastifyRequest, reply: FastifyReply) =>
      whenReady(request, reply, async () => {
        const campaign = await campaignOf(deps, request);
        return send(
          request,
          reply,
          chosenCounties(
            request,
            campaign.counties.map((c) => c.code),
          ),
        );
      });
  app.get(
    '/campaigns/:campaign/compare',
    { config: { who: 'summary.view' } },
    compare(async (request, reply, codes) => {
      const campaign = await campaignOf(deps, request);
      const before = query(request, 'before');
      const comparison = await compareCampaign(deps, actorOfRequest(request), campaign.id, codes, before);
      return reply.html(
        comparePage(contextOf(request, reply), {
          campaign,
          ...comparison,
          left: campaign.counties.length - codes.length,
          files: `/staff/campaigns/${campaign.id}/compare`,
        }),
      );
    }),
  );
  for (const [ending, send] of [
    ['csv', sendSummaryCsv],
    ['xlsx', sendSummaryXlsx],
  ] as const)
    app.get(
      `/campaigns/:campaign/compare.${ending}`,
      { config: { who: 'summary.view' } },
      compare(async (request, reply, codes) => {
        const campaign = await campaignOf(deps, request);
        return send(request, reply, await compareCounties(deps, actorOfRequest(request), campaign.id, codes));
      }),
    );
}

/** @throws AppError invalid `http.invalid`: not one of the form's buttons */
function commentChange(act: string, phrase: string): CommentChange {
  switch (act) {
    case 'hide':
      return { kind: 'hide', phrase };
    case 'show':
      return { kind: 'show' };
    case 'mark':
    case 'unmark':
      return { kind: 'mark', marked: act === 'mark' };
    default:
      throw new AppError('invalid', 'http.invalid');
  }
}
