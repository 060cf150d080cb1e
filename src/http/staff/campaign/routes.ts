import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { listCampaigns } from '../../../operations/campaign/campaigns.ts';
import { viewProgress } from '../../../operations/summary/monitoring.ts';
import { actorOfRequest } from '../../plugins/access.ts';
import { campaignPage, homePage } from './view.ts';
import { confirmTime, mayRunNow, viewTime } from '../../../operations/service/service-time.ts';
import type { PageProblem } from '../page-view.ts';
import { attempt, campaignOf, contextOf, formOf, textOf, type PagesOptions } from '../pages.ts';

export async function campaignPages(app: FastifyInstance, { deps }: PagesOptions): Promise<void> {
  async function home(request: FastifyRequest, reply: FastifyReply, date?: string, problem?: PageProblem) {
    const c = contextOf(request, reply);
    const { now, time } = await viewTime(deps);
    // Shown only to accounts that can act on it.
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

  async function show(request: FastifyRequest, reply: FastifyReply) {
    const campaign = await campaignOf(deps, request);
    return campaignPage(contextOf(request, reply), {
      campaign,
      progress: await viewProgress(deps, actorOfRequest(request), campaign.id),
      now: deps.now(),
      script: app.assets.href('live.js'),
    });
  }
  app.get('/campaigns/:campaign', { config: { who: 'campaign.list' } }, async (request, reply) =>
    reply.html(await show(request, reply)),
  );
}
