import { z } from 'zod';
import { actorOfRequest } from '../../plugins/access.ts';
import {
  createCampaign,
  getCampaign,
  listCampaigns,
  openCampaign,
  updateCampaign,
} from '../../../operations/campaign/campaigns.ts';
import { closeCampaign } from '../../../operations/campaign/closing.ts';
import { releaseWhole } from '../../../operations/campaign/release.ts';
import { decideProposal, listProposals, makeProposal } from '../../../operations/campaign/proposals.ts';
import { notFound, conflict, sent, type Api, type ApiOptions } from '../api.ts';
import { presentCampaign, presentProposal } from '../present.ts';
import { campaignParams, proposalParams } from '../shapes.ts';
import {
  campaignPatchSchema,
  campaignSchema,
  decisionSchema,
  newCampaignSchema,
  newProposalSchema,
  proposalSchema,
} from './schema.ts';

export async function campaignsApi(app: Api, { deps }: ApiOptions): Promise<void> {
  const tags = ['campaigns'];
  app.get(
    '/campaigns',
    {
      config: { who: 'campaign.list' },
      schema: {
        tags,
        operationId: 'listCampaigns',
        summary: 'Campaigns, as far as they concern the account.',
        response: { 200: z.array(campaignSchema) },
      },
    },
    async (request) => (await listCampaigns(deps, actorOfRequest(request))).map(presentCampaign),
  );
  app.post(
    '/campaigns',
    {
      config: { who: 'campaign.edit' },
      bodyLimit: 8 * 1024 * 1024,
      schema: {
        tags,
        operationId: 'createCampaign',
        summary: 'Create a draft.',
        body: newCampaignSchema,
        response: { 201: campaignSchema, ...conflict },
      },
    },
    async (request, reply) => {
      const input = {
        ...request.body,
        counties: request.body.counties.map(({ name, ...c }) => (name === undefined ? c : { ...c, name })),
      };
      return reply
        .code(201)
        .send(presentCampaign(await createCampaign(deps, actorOfRequest(request), input)));
    },
  );
  app.get(
    '/campaigns/:campaign',
    {
      config: { who: 'campaign.list' },
      schema: {
        tags,
        operationId: 'getCampaign',
        summary: 'One campaign.',
        params: campaignParams,
        response: { 200: campaignSchema },
      },
    },
    async (request) =>
      presentCampaign(await getCampaign(deps, actorOfRequest(request), request.params.campaign)),
  );
  app.patch(
    '/campaigns/:campaign',
    {
      config: { who: 'campaign.edit' },
      bodyLimit: 8 * 1024 * 1024,
      schema: {
        tags,
        operationId: 'updateCampaign',
        summary: 'Change a draft.',
        params: campaignParams,
        body: campaignPatchSchema,
        response: { 200: campaignSchema, ...conflict },
      },
    },
    async (request) => {
      const { counties, ...rest } = request.body;
      const patch = {
        ...sent(rest),
        ...(counties && {
          counties: counties.map(({ name, ...c }) => (name === undefined ? c : { ...c, name })),
        }),
      };
      return presentCampaign(
        await updateCampaign(deps, actorOfRequest(request), request.params.campaign, patch),
      );
    },
  );
  app.post(
    '/campaigns/:campaign/open',
    {
      config: { who: 'campaign.open' },
      schema: {
        tags,
        operationId: 'openCampaign',
        summary: 'Open: from now on answers are taken.',
        params: campaignParams,
        response: { 200: campaignSchema, ...conflict },
      },
    },
    async (request) =>
      presentCampaign(await openCampaign(deps, actorOfRequest(request), request.params.campaign)),
  );
  app.post(
    '/campaigns/:campaign/close',
    {
      config: { who: 'campaign.close' },
      schema: {
        tags,
        operationId: 'closeCampaign',
        summary:
          'Close: counts, seals, destroys the keys. Cannot be undone. Before the closing time it needs a proposal `close`.',
        params: campaignParams,
        response: { 200: campaignSchema, ...conflict },
      },
    },
    async (request) => {
      const actor = actorOfRequest(request);
      await closeCampaign(deps, actor, request.params.campaign, true);
      return presentCampaign(await getCampaign(deps, actor, request.params.campaign));
    },
  );
  app.post(
    '/campaigns/:campaign/release',
    {
      config: { who: 'campaign.release' },
      schema: {
        tags,
        operationId: 'releaseCampaign',
        summary:
          'Release: officials see the summary of their counties. A result without data or below its floor needs a proposal `release`.',
        params: campaignParams,
        response: { 200: campaignSchema, ...conflict },
      },
    },
    async (request) =>
      presentCampaign(await releaseWhole(deps, actorOfRequest(request), request.params.campaign)),
  );

  app.get(
    '/campaigns/:campaign/proposals',
    {
      config: { who: 'proposal.make' },
      schema: {
        tags: ['proposals'],
        operationId: 'listProposals',
        summary: 'Proposals to void or to change dates.',
        params: campaignParams,
        response: { 200: z.array(proposalSchema) },
      },
    },
    async (request) =>
      (await listProposals(deps, actorOfRequest(request), request.params.campaign)).map(presentProposal),
  );
  app.post(
    '/campaigns/:campaign/proposals',
    {
      config: { who: 'proposal.make' },
      schema: {
        tags: ['proposals'],
        operationId: 'makeProposal',
        summary: 'Propose to void or to change the closing time; a second person decides.',
        params: campaignParams,
        body: newProposalSchema,
        response: { 201: z.object({ id: z.string() }), ...conflict },
      },
    },
    async (request, reply) => {
      const { content, reason } = request.body;
      const id = await makeProposal(deps, actorOfRequest(request), request.params.campaign, content, reason);
      return reply.code(201).send({ id });
    },
  );
  app.post(
    '/campaigns/:campaign/proposals/:proposal/decision',
    {
      config: { who: 'proposal.decide' },
      schema: {
        tags: ['proposals'],
        operationId: 'decideProposal',
        summary: 'Confirm or reject somebody else’s proposal; a confirmed one is carried out at once.',
        params: proposalParams,
        body: decisionSchema,
        response: { 200: proposalSchema, ...conflict },
      },
    },
    async (request) => {
      const actor = actorOfRequest(request);
      const { campaign, proposal } = request.params;
      const found = async () =>
        (await listProposals(deps, actor, campaign)).find((p) => p.id === proposal) ??
        notFound('proposal.not-found');
      await found();
      await decideProposal(deps, actor, proposal, request.body.decision);
      return presentProposal(await found());
    },
  );
}
