/**
 * Freeze, open, close, release: each first shows a confirmation with the numbers and what cannot be undone; some need two people.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '../../../domain/errors.ts';
import { may } from '../../../domain/campaign/permissions.ts';
import type { Campaign } from '../../../domain/model/campaign.ts';
import { openCampaign } from '../../../operations/campaign/campaigns.ts';
import { closeCampaign } from '../../../operations/campaign/closing.ts';
import {
  decideProposal,
  listProposals,
  findReasonFault,
  makeProposal,
} from '../../../operations/campaign/proposals.ts';
import { viewQuotas } from '../../../operations/campaign/quotas.ts';
import { releaseWhole, viewResults } from '../../../operations/campaign/release.ts';
import { viewDraw } from '../../../operations/draw/draw.ts';
import { freezeFrame } from '../../../operations/frame/frame.ts';
import { actorOfRequest } from '../../plugins/access.ts';
import { answerWithin } from '../../plugins/uploads.ts';
import { assertConfirmed } from '../confirmed.ts';
import { sendLive } from '../live.ts';
import type { PageProblem } from '../page-view.ts';
import {
  attempt,
  campaignOf,
  contextOf,
  formOf,
  placeOf,
  sayDone,
  textOf,
  type PagesOptions,
} from '../pages.ts';
import { closePage, freezePage, openPage, releasePage, type Asked } from './action-view.ts';
import { closingPercent } from './view.ts';

const base = '/campaigns/:campaign';
const here = (id: string) => `/staff/campaigns/${id}`;

export async function actionPages(app: FastifyInstance, { deps }: PagesOptions): Promise<void> {
  /** Usable codes, over all counties. */
  async function countCodes(request: FastifyRequest, campaign: Campaign): Promise<number> {
    let codes = 0;
    for (const { code } of campaign.counties) {
      const { sampling } = await viewDraw(deps, actorOfRequest(request), campaign.id, code);
      codes += sampling.reduce((sum, s) => sum + s.drawn + s.replacements, 0);
    }
    return codes;
  }

  /** The first person's request, as it concerns the reader. */
  async function askedFor(
    request: FastifyRequest,
    campaign: Campaign,
    kind: 'close' | 'release',
  ): Promise<Asked | null> {
    const actor = actorOfRequest(request);
    if (!may(actor, 'proposal.make')) return null;
    const all = await listProposals(deps, actor, campaign.id);
    const pending = all.find((p) => p.content.kind === kind && p.decision === 'pending');
    return pending === undefined
      ? null
      : {
          id: pending.id,
          by: pending.proposedBy.name,
          at: pending.proposedAt,
          reason: pending.reason,
          isOwn: pending.proposedBy.id === actor.userId,
        };
  }

  /** The first person requests, the second agrees or returns it; the first may withdraw it. */
  async function twoPeople(
    request: FastifyRequest,
    campaign: Campaign,
    kind: 'close' | 'release',
  ): Promise<string> {
    const form = formOf(request);
    const actor = actorOfRequest(request);
    const asked = await askedFor(request, campaign, kind);
    const decision = textOf(form, 'decision');
    if (asked === null) {
      const reason = textOf(form, 'reason');
      const fault = findReasonFault(reason);
      assertConfirmed(form, fault === undefined ? [] : [{ path: 'reason', message: fault }]);
      await makeProposal(deps, actor, campaign.id, { kind }, reason).catch(atReason);
      sayDone(request, 'staff.confirm.asked');
      return `${here(campaign.id)}/${kind}`;
    }
    if (decision !== 'rejected') assertConfirmed(form);
    const verdict = decision === 'rejected' ? 'rejected' : 'confirmed';
    const done = decideProposal(deps, actor, asked.id, verdict);
    // Counting takes time; the following page shows the progress.
    if (kind === 'close') await answerWithin({ received: Promise.resolve(), done });
    else await done;
    sayDone(request, decision === 'rejected' ? 'staff.confirm.rejected' : `staff.done.${kind}`);
    return here(campaign.id);
  }

  /** No longer possible: the state is shown instead of a form that can only fail. */
  const over = (reply: FastifyReply, id: string) => reply.redirect(here(id), 303);

  // Open
  async function showOpen(request: FastifyRequest, reply: FastifyReply, problem?: PageProblem) {
    const campaign = await campaignOf(deps, request);
    return openPage(contextOf(request, reply), {
      campaign,
      codes: await countCodes(request, campaign),
      now: deps.now(),
      problem,
    });
  }
  const open = { config: { who: 'campaign.open' } } as const;
  app.get(`${base}/open`, open, async (request, reply) => {
    const { id, state, counties } = await campaignOf(deps, request);
    if (state !== 'draft' || counties.some((c) => c.frameState !== 'drawn')) return over(reply, id);
    return reply.html(await showOpen(request, reply));
  });
  app.post(`${base}/open`, open, async (request, reply) =>
    attempt(
      reply,
      async () => {
        const { id } = await campaignOf(deps, request);
        assertConfirmed(formOf(request));
        await openCampaign(deps, actorOfRequest(request), id);
        sayDone(request, 'staff.done.open');
        return here(id);
      },
      (problem) => showOpen(request, reply, problem),
    ),
  );

  // Close
  async function showClose(request: FastifyRequest, reply: FastifyReply, problem?: PageProblem) {
    const campaign = await campaignOf(deps, request);
    return closePage(contextOf(request, reply), {
      campaign,
      codes: await countCodes(request, campaign),
      now: deps.now(),
      asked: await askedFor(request, campaign, 'close'),
      reason: textOf(formOf(request), 'reason'),
      problem,
    });
  }
  const close = { config: { who: 'campaign.close' } } as const;
  app.get(`${base}/close`, close, async (request, reply) => {
    const { id, state } = await campaignOf(deps, request);
    return state === 'open' ? reply.html(await showClose(request, reply)) : over(reply, id);
  });
  app.post(`${base}/close`, close, async (request, reply) =>
    attempt(
      reply,
      async () => {
        const campaign = await campaignOf(deps, request);
        if (campaign.state === 'open' && deps.now() < campaign.closesAt)
          return twoPeople(request, campaign, 'close');
        assertConfirmed(formOf(request));
        // Counting takes its time; the page that follows shows how far it is.
        const done = closeCampaign(deps, actorOfRequest(request), campaign.id, true);
        done.catch((err: unknown) => deps.log.error({ err, campaign: campaign.id }, 'closing.interrupted'));
        await answerWithin({ received: Promise.resolve(), done });
        const { state } = await campaignOf(deps, request);
        if (state === 'closed') sayDone(request, 'staff.done.close');
        return here(campaign.id);
      },
      (problem) => showClose(request, reply, problem),
    ),
  );
  app.get(`${base}/closing/live`, { config: { who: 'campaign.list' } }, async (request, reply) =>
    sendLive(reply, async () => {
      const { closingStep } = await campaignOf(deps, request);
      return {
        percent: closingStep === null ? 100 : closingPercent(closingStep),
        text: closingStep === null ? '' : request.page.t(`staff.closing.${closingStep}`),
        done: closingStep === null,
      };
    }),
  );

  // Release
  async function showRelease(request: FastifyRequest, reply: FastifyReply, problem?: PageProblem) {
    const campaign = await campaignOf(deps, request);
    return releasePage(contextOf(request, reply), {
      campaign,
      results: await viewResults(deps, actorOfRequest(request), campaign.id),
      asked: await askedFor(request, campaign, 'release'),
      reason: textOf(formOf(request), 'reason'),
      problem,
    });
  }
  const release = { config: { who: 'campaign.release' } } as const;
  app.get(`${base}/release`, release, async (request, reply) => {
    const { id, state } = await campaignOf(deps, request);
    return state === 'closed' ? reply.html(await showRelease(request, reply)) : over(reply, id);
  });
  app.post(`${base}/release`, release, async (request, reply) =>
    attempt(
      reply,
      async () => {
        const campaign = await campaignOf(deps, request);
        if (campaign.state !== 'closed') return here(campaign.id);
        const results = await viewResults(deps, actorOfRequest(request), campaign.id);
        if (results.some((r) => r.verdict === 'insufficient')) return twoPeople(request, campaign, 'release');
        assertConfirmed(formOf(request));
        await releaseWhole(deps, actorOfRequest(request), campaign.id);
        sayDone(request, 'staff.done.release');
        return here(campaign.id);
      },
      (problem) => showRelease(request, reply, problem),
    ),
  );

  // Freeze
  async function showFreeze(request: FastifyRequest, reply: FastifyReply, problem?: PageProblem) {
    const { campaign, county, id, code } = await placeOf(deps, request);
    const quotas = await viewQuotas(deps, actorOfRequest(request), id);
    return freezePage(contextOf(request, reply), {
      campaign,
      county,
      quotas: quotas.find((q) => q.code === code)!,
      problem,
    });
  }
  const county = `${base}/counties/:county`;
  const freeze = { config: { who: 'frame.freeze' } } as const;
  app.get(`${county}/freeze`, freeze, async (request, reply) => {
    const place = await placeOf(deps, request);
    if (place.county.frameState !== 'preparing' || place.campaign.state !== 'draft')
      return reply.redirect(`${here(place.id)}/counties/${place.code}/draw`, 303);
    return reply.html(await showFreeze(request, reply));
  });
  app.post(`${county}/freeze`, freeze, async (request, reply) =>
    attempt(
      reply,
      async () => {
        const { id, code } = await placeOf(deps, request);
        assertConfirmed(formOf(request));
        await freezeFrame(deps, actorOfRequest(request), id, code);
        sayDone(request, 'staff.done.freeze');
        return `${here(id)}/counties/${code}/draw`;
      },
      (problem) => showFreeze(request, reply, problem),
    ),
  );
}

/** A reason that is missing or too short is said at its field. */
function atReason(error: unknown): never {
  if (error instanceof AppError && error.kind === 'invalid' && error.issues.length === 0)
    throw new AppError('invalid', 'http.invalid', {
      issues: [{ path: 'reason', message: error.message, params: error.params }],
    });
  throw error;
}
