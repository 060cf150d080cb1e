import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '../../../domain/errors.ts';
import { countyCodeSchema } from '../../../domain/model/ids.ts';
import { groupSchema } from '../../../domain/model/vocabulary.ts';
import { decideProposal, listProposals, makeProposal } from '../../../operations/campaign/proposals.ts';
import { recountCampaign } from '../../../operations/evidence/recount.ts';
import type { ProposalContent } from '../../../domain/campaign/proposal.ts';
import { actorOfRequest } from '../../plugins/access.ts';
import { proposalsPage, recountPage } from './view.ts';
import type { PageProblem } from '../page-view.ts';
import {
  attempt,
  campaignOf,
  contextOf,
  formOf,
  fromLocal,
  param,
  textOf,
  toLocal,
  type Form,
  type PagesOptions,
} from '../pages.ts';

export async function controlPages(app: FastifyInstance, { deps }: PagesOptions): Promise<void> {
  async function show(request: FastifyRequest, reply: FastifyReply, form?: Form, problem?: PageProblem) {
    const campaign = await campaignOf(deps, request);
    const actor = actorOfRequest(request);
    return proposalsPage(contextOf(request, reply), {
      campaign,
      proposals: await listProposals(deps, actor, campaign.id),
      self: actor.userId,
      values: {
        closesAt: form ? textOf(form, 'closesAt') : toLocal(campaign.closesAt),
        county: form ? textOf(form, 'county') : '',
        group: form ? textOf(form, 'group') : '',
        reportingStratum: form ? textOf(form, 'reportingStratum') : '',
        reason: form ? textOf(form, 'reason') : '',
      },
      ...(problem && { problem }),
    });
  }
  app.get('/campaigns/:campaign/proposals', { config: { who: 'proposal.make' } }, async (request, reply) =>
    reply.html(await show(request, reply)),
  );
  app.post('/campaigns/:campaign/proposals', { config: { who: 'proposal.make' } }, async (request, reply) => {
    const form = formOf(request);
    return attempt(
      reply,
      async () => {
        const { id } = await campaignOf(deps, request);
        await makeProposal(deps, actorOfRequest(request), id, contentOf(form), textOf(form, 'reason'));
        return `/staff/campaigns/${id}/proposals`;
      },
      (problem) => show(request, reply, form, problem),
    );
  });
  app.post(
    '/campaigns/:campaign/proposals/:proposal',
    { config: { who: 'proposal.decide' } },
    async (request, reply) =>
      attempt(
        reply,
        async () => {
          const actor = actorOfRequest(request);
          const { id } = await campaignOf(deps, request);
          const proposal = (await listProposals(deps, actor, id)).find(
            (p) => p.id === param(request, 'proposal'),
          );
          if (!proposal) throw new AppError('not-found', 'proposal.not-found');
          const decision = textOf(formOf(request), 'decision');
          if (decision !== 'confirmed' && decision !== 'rejected')
            throw new AppError('invalid', 'proposal.invalid');
          await decideProposal(deps, actor, proposal.id, decision);
          return `/staff/campaigns/${id}/proposals`;
        },
        (problem) => show(request, reply, undefined, problem),
      ),
  );

  app.get('/campaigns/:campaign/recount', { config: { who: 'recount.run' } }, async (request, reply) => {
    const campaign = await campaignOf(deps, request);
    return reply.html(recountPage(contextOf(request, reply), { campaign, results: null }));
  });
  app.post('/campaigns/:campaign/recount', { config: { who: 'recount.run' } }, async (request, reply) => {
    const campaign = await campaignOf(deps, request);
    const results = await recountCampaign(deps, actorOfRequest(request), campaign.id);
    return reply.html(recountPage(contextOf(request, reply), { campaign, results }));
  });
}

function contentOf(form: Form): ProposalContent {
  if (textOf(form, 'kind') === 'dates') {
    const closesAt = fromLocal(textOf(form, 'closesAt'));
    if (Number.isNaN(closesAt))
      throw new AppError('invalid', 'proposal.invalid', {
        issues: [{ path: 'closesAt', message: 'proposal.closing-time' }],
      });
    return { kind: 'dates', closesAt };
  }
  const county = countyCodeSchema.safeParse(textOf(form, 'county'));
  if (textOf(form, 'kind') === 'ineligible') {
    const [samplingStratum, contacts, issued] = ['samplingStratum', 'contacts', 'issued'].map((name) => {
      const text = textOf(form, name).trim();
      return /^\d{1,7}$/.test(text) ? Number(text) : NaN;
    });
    if (!county.success || Number.isNaN(samplingStratum! + contacts! + issued!))
      throw new AppError('invalid', 'proposal.invalid');
    return {
      kind: 'ineligible',
      county: county.data,
      samplingStratum: samplingStratum!,
      contacts: contacts!,
      issued: issued!,
    };
  }
  const group = groupSchema.safeParse(textOf(form, 'group'));
  const stratum = textOf(form, 'reportingStratum').trim();
  if (stratum !== '' && !/^[1-9]\d{0,5}$/.test(stratum)) throw new AppError('invalid', 'proposal.stratum');
  return {
    kind: 'void',
    county: county.success ? county.data : null,
    group: group.success ? group.data : null,
    reportingStratum: stratum === '' ? null : Number(stratum),
  };
}
