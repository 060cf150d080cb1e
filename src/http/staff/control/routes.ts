import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { AppError, type Issue } from '../../../domain/errors.ts';
import { countyCodeSchema } from '../../../domain/model/ids.ts';
import { groupSchema } from '../../../domain/model/vocabulary.ts';
import type { Campaign } from '../../../domain/model/campaign.ts';
import { decideProposal, listProposals, makeProposal } from '../../../operations/campaign/proposals.ts';
import { viewDraw } from '../../../operations/draw/draw.ts';
import { mayRecountNow, recountCampaign } from '../../../operations/evidence/recount.ts';
import type { ProposalContent } from '../../../domain/campaign/proposal.ts';
import { actorOfRequest } from '../../plugins/access.ts';
import { proposalsPage, recountPage, type CountyParts } from './view.ts';
import { sendView } from '../kept-pages.ts';
import type { PageProblem } from '../page-view.ts';
import {
  attempt,
  campaignOf,
  contextOf,
  formOf,
  fromLocal,
  param,
  query,
  readNumber,
  textOf,
  toLocal,
  type Form,
  type PagesOptions,
} from '../pages.ts';

/** The same map as long as storage returns the same strata, so that the page of a county with hundreds of units can be cached. */
function samePlaces(
  campaign: Campaign,
  places: ReadonlyMap<string, CountyParts>,
): ReadonlyMap<string, CountyParts> {
  const before = lastPlaces.get(campaign);
  const isSame = (code: string, { sampling, reporting }: CountyParts) =>
    before?.get(code)?.sampling === sampling && before.get(code)?.reporting === reporting;
  if (before?.size === places.size && [...places].every(([code, parts]) => isSame(code, parts)))
    return before;
  lastPlaces.set(campaign, places);
  return places;
}
const lastPlaces = new WeakMap<Campaign, ReadonlyMap<string, CountyParts>>();

export async function controlPages(app: FastifyInstance, { deps }: PagesOptions): Promise<void> {
  async function read(request: FastifyRequest, form?: Form) {
    const campaign = await campaignOf(deps, request);
    const actor = actorOfRequest(request);
    const proposals = await listProposals(deps, actor, campaign.id);
    const asked = (form && textOf(form, 'county')) || query(request, 'county');
    const county =
      (campaign.counties.find((one) => one.code === asked) ?? campaign.counties[0])?.code ?? null;
    const named = proposals.flatMap(({ content }) => ('county' in content ? (content.county ?? []) : []));
    const places = new Map<string, CountyParts>();
    for (const code of new Set([...named, ...(county === null ? [] : [county])]))
      if (campaign.counties.some((one) => one.code === code))
        places.set(code, await viewDraw(deps, actor, campaign.id, code));
    return {
      ...{ campaign, proposals, county },
      places: samePlaces(campaign, places),
      self: actor.userId,
      closesAt: toLocal(campaign.closesAt),
    };
  }
  async function show(request: FastifyRequest, reply: FastifyReply, form?: Form, problem?: PageProblem) {
    const data = await read(request, form);
    return proposalsPage(contextOf(request, reply), { ...data, ...(problem && { problem }) });
  }
  app.get('/campaigns/:campaign/proposals', { config: { who: 'proposal.make' } }, async (request, reply) =>
    sendView(request, reply, proposalsPage, await read(request)),
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
      (problem) => show(request, reply, form, atFields(form, problem)),
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
    const mayNow = mayRecountNow(actorOfRequest(request), campaign);
    return reply.html(recountPage(contextOf(request, reply), { campaign, mayNow, results: null }));
  });
  app.post('/campaigns/:campaign/recount', { config: { who: 'recount.run' } }, async (request, reply) => {
    const campaign = await campaignOf(deps, request);
    const results = await recountCampaign(deps, actorOfRequest(request), campaign.id);
    return reply.html(recountPage(contextOf(request, reply), { campaign, mayNow: true, results }));
  });
}

const kinds = ['dates', 'ineligible', 'void'] as const satisfies readonly ProposalContent['kind'][];

function kindOf(form: Form): ProposalContent['kind'] | undefined {
  return kinds.find((kind) => kind === textOf(form, 'kind'));
}

/** The field to which the operation's overall refusal belongs. */
function atFields(form: Form, problem: PageProblem): PageProblem {
  if ((problem.issues ?? []).length > 0) return problem;
  const unit = kindOf(form) === 'void' ? 'reportingStratum' : 'samplingStratum';
  const field: Readonly<Record<string, string>> = {
    'proposal.reason': 'reason',
    'proposal.closing-time': 'closesAt',
    'proposal.stratum': unit,
    'proposal.ineligible': 'contacts',
    'text.control': 'reason',
  };
  const path = field[problem.message];
  if (path === undefined) return problem;
  const { message, params } = problem;
  return { ...problem, issues: [{ path, message, ...(params && { params }) }] };
}

function wrong(...issues: readonly Issue[]): AppError {
  return new AppError('invalid', 'proposal.incomplete', { issues });
}

function contentOf(form: Form): ProposalContent {
  switch (kindOf(form)) {
    case 'dates':
      return datesOf(form);
    case 'ineligible':
      return ineligibleOf(form);
    case 'void':
      return voidOf(form);
    default:
      throw new AppError('invalid', 'proposal.invalid');
  }
}

function datesOf(form: Form): ProposalContent {
  const closesAt = fromLocal(textOf(form, 'closesAt'));
  if (Number.isNaN(closesAt)) throw wrong({ path: 'closesAt', message: 'proposal.closing-time' });
  return { kind: 'dates', closesAt };
}

function ineligibleOf(form: Form): ProposalContent {
  const county = countyCodeSchema.safeParse(textOf(form, 'county'));
  if (!county.success) throw new AppError('invalid', 'proposal.invalid');
  const numberOf = (name: string) => readNumber(textOf(form, name));
  const [samplingStratum, contacts, issued] = ['samplingStratum', 'contacts', 'issued'].map(numberOf) as [
    number,
    number,
    number,
  ];
  const isCount = (n: number) => Number.isInteger(n) && n >= 0 && n < 10_000_000;
  const issues = [
    ...(isCount(samplingStratum) ? [] : [{ path: 'samplingStratum', message: 'proposal.unchosen' }]),
    ...(isCount(contacts) ? [] : [{ path: 'contacts', message: 'proposal.count' }]),
    ...(isCount(issued) ? [] : [{ path: 'issued', message: 'proposal.count' }]),
  ];
  if (issues.length > 0) throw wrong(...issues);
  return { kind: 'ineligible', county: county.data, samplingStratum, contacts, issued };
}

/**
 * An invalid choice must not mean everything, or far more would be voided than intended: the whole campaign is an explicit
 * choice.
 */
function chosen<S extends z.ZodType>(schema: S, path: string, text: string): z.output<S> | null {
  if (text === everything) return null;
  const parsed = schema.safeParse(text);
  if (!parsed.success) throw wrong({ path, message: 'proposal.unchosen' });
  return parsed.data;
}

const everything = 'all';

function voidOf(form: Form): ProposalContent {
  const stratum = textOf(form, 'reportingStratum').trim();
  if (stratum !== '' && !/^[1-9]\d{0,5}$/.test(stratum))
    throw wrong({ path: 'reportingStratum', message: 'proposal.stratum' });
  return {
    kind: 'void',
    county: chosen(countyCodeSchema, 'county', textOf(form, 'county')),
    group: chosen(groupSchema, 'group', textOf(form, 'group') || everything),
    reportingStratum: stratum === '' ? null : Number(stratum),
  };
}
