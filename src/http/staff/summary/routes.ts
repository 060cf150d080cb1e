import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '../../../domain/errors.ts';
import { assertMay } from '../../../domain/campaign/permissions.ts';
import { countyCodeSchema, type CountyCode } from '../../../domain/model/ids.ts';
import { listComments } from '../../../operations/answer/comments.ts';
import { viewPressure } from '../../../operations/answer/pressure.ts';
import { viewRates } from '../../../operations/summary/rates.ts';
import { planSurvey } from '../../../operations/campaign/planning.ts';
import { compareCounties, getReport } from '../../../operations/summary/summary.ts';
import { actorOfRequest } from '../../plugins/access.ts';
import { statusOf } from '../../plugins/errors.ts';
import { formatTime } from '../page-view.ts';
import { planPage } from '../planning/view.ts';
import { pressurePage } from './pressure-view.ts';
import { ratesPage } from './rates-view.ts';
import { commentsPage } from './comments-view.ts';
import { comparePage } from './compare-view.ts';
import { noSummaryPage, summaryPage } from './view.ts';
import { sendSummaryCsv } from '../../summary-csv.ts';
import { campaignOf, contextOf, placeOf, type PagesOptions } from '../pages.ts';

const base = '/campaigns/:campaign/counties/:county';
const maximumCounties = 30;

export async function figurePages(app: FastifyInstance, { deps }: PagesOptions): Promise<void> {
  app.get(`${base}/rates`, { config: { who: 'rates.view' } }, async (request, reply) => {
    const { campaign, county, id, code } = await placeOf(deps, request);
    const rates = await viewRates(deps, actorOfRequest(request), id, code);
    return reply.html(ratesPage(contextOf(request, reply), { rates, campaign, county }));
  });

  app.get(`${base}/plan`, { config: { who: 'draw.view' } }, async (request, reply) => {
    const { campaign, county, id, code } = await placeOf(deps, request);
    const c = contextOf(request, reply);
    const { channels, invited, ...asked } = request.query as Readonly<Record<string, unknown>>;
    const question = {
      ...asked,
      ...(invited === '' || invited === undefined ? {} : { invited }),
      ...(typeof channels === 'string' && { channels: channels.split(/[\s,，、;]+/).filter(Boolean) }),
    };
    const plan = (raw: unknown) => planSurvey(deps, actorOfRequest(request), id, code, raw);
    try {
      return await reply.html(planPage(c, { campaign, county, plan: await plan(question) }));
    } catch (error) {
      if (!(error instanceof AppError) || error.kind !== 'invalid') throw error;
      const problem = { message: error.message, issues: error.issues };
      return reply
        .code(statusOf.invalid)
        .html(planPage(c, { campaign, county, plan: await plan({}), problem }));
    }
  });

  app.get(`${base}/pressure`, { config: { who: 'pressure.view' } }, async (request, reply) =>
    whenReady(request, reply, async () => {
      const { campaign, county, id, code } = await placeOf(deps, request);
      const view = await viewPressure(deps, actorOfRequest(request), id, code);
      return reply.html(pressurePage(contextOf(request, reply), { campaign, county, view }));
    }),
  );

  /** Not yet, or not any more: a page that says when, and no figure. */
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
              : c.page.t(error.message, error.params),
          campaign,
        }),
      );
    }
  }
  app.get(`${base}/summary`, { config: { who: 'summary.view' } }, async (request, reply) =>
    whenReady(request, reply, async () => {
      const { campaign, county, id, code } = await placeOf(deps, request);
      const summary = await getReport(deps, actorOfRequest(request), id, code);
      return reply.html(
        summaryPage(contextOf(request, reply), {
          summary,
          campaign,
          county,
          csv: `/staff/campaigns/${id}/counties/${code}/summary.csv`,
        }),
      );
    }),
  );
  app.get(`${base}/summary.csv`, { config: { who: 'summary.view' } }, async (request, reply) =>
    whenReady(request, reply, async () => {
      const { id, code } = await placeOf(deps, request);
      return sendSummaryCsv(request, reply, [await getReport(deps, actorOfRequest(request), id, code)]);
    }),
  );

  app.get(`${base}/comments`, { config: { who: 'comments.view' } }, async (request, reply) =>
    whenReady(request, reply, async () => {
      const { campaign, county, id, code } = await placeOf(deps, request);
      const view = await listComments(deps, actorOfRequest(request), id, code);
      return reply.html(commentsPage(contextOf(request, reply), { campaign, county, view }));
    }),
  );

  /** The counties asked for, those that exist for the reader; all (up to thirty) where none is named. */
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
  for (const csv of [false, true])
    app.get(
      `/campaigns/:campaign/compare${csv ? '.csv' : ''}`,
      { config: { who: 'summary.view' } },
      async (request, reply) =>
        whenReady(request, reply, async () => {
          const campaign = await campaignOf(deps, request);
          const codes = chosenCounties(
            request,
            campaign.counties.map((c) => c.code),
          );
          const summaries = await compareCounties(deps, actorOfRequest(request), campaign.id, codes);
          if (csv) return sendSummaryCsv(request, reply, summaries);
          const names = new URLSearchParams(
            codes.map((code): [string, string] => ['county', code]),
          ).toString();
          return reply.html(
            comparePage(contextOf(request, reply), {
              campaign,
              summaries,
              csv: `/staff/campaigns/${campaign.id}/compare.csv?${names}`,
            }),
          );
        }),
    );
}
