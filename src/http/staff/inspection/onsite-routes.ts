/** Pages of the work on site: symposiums, interviews, and the desk where people are called. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '../../../domain/errors.ts';
import {
  callLists,
  listCalls,
  noteCall,
  showNumber,
  viewCalls,
  type CallDesk,
  type ShownNumber,
} from '../../../operations/inspection/calls.ts';
import { changeInspection } from '../../../operations/inspection/inspection.ts';
import { viewInspection } from '../../../operations/inspection/documents.ts';
import { actorOfRequest } from '../../plugins/access.ts';
import type { PageProblem } from '../page-view.ts';
import { groups } from '../../../domain/model/vocabulary.ts';
import { listSpotSurveys, makeSpotSurvey } from '../../../operations/inspection/spot.ts';
import {
  attempt,
  contextOf,
  formOf,
  fromLocal,
  param,
  placeOf,
  readNumber,
  sayDone,
  textOf,
  toDay,
  toLocal,
  type PagesOptions,
} from '../pages.ts';
import { callListsPage, callsPage, callsPath } from './call-view.ts';
import { changeOfForm, optionsOf, saySaved } from './forms.ts';
import { inspectionPath } from './frame-view.ts';
import { onsitePage } from './onsite-view.ts';
import { symposiumPage } from './symposium-view.ts';

const base = '/campaigns/:campaign/counties/:county/inspection';

/** Eight in the evening, of today if that is hours away, else of tomorrow. */
function eveningOf(now: number): number {
  const evening = Date.parse(`${toDay(now)}T20:00:00+08:00`);
  return evening - now > 2 * 3_600_000 ? evening : evening + 24 * 3_600_000;
}

/** How many of a list have no outcome yet. */
function countOpen({ symposiums, sheets }: CallDesk, { list, no }: Pick<ShownNumber, 'list' | 'no'>): number {
  const people =
    list === 'symposiums'
      ? symposiums.find((m) => m.no === no)?.draw?.invited
      : sheets.find((s) => s.no === no)?.people;
  return (people ?? []).filter((p) => p.outcome === null).length;
}

export async function onsitePages(app: FastifyInstance, { deps }: PagesOptions): Promise<void> {
  async function partsOf(request: FastifyRequest) {
    const { id, code } = await placeOf(deps, request);
    const view = await viewInspection(deps, actorOfRequest(request), id, code);
    return { view, schools: await deps.storage.listSchools(id, code) };
  }
  /** One symposium if a number is given, else all work on site. */
  async function showOnsite(
    request: FastifyRequest,
    reply: FastifyReply,
    no: number | null,
    problem?: PageProblem,
  ) {
    const parts = { ...(await partsOf(request)), problem };
    const c = contextOf(request, reply);
    const meeting = parts.view.documents.symposiums.body.meetings.find((m) => m.no === no);
    if (meeting) return symposiumPage(c, { ...parts, meeting });
    const { campaign, county } = parts.view;
    const spots = await listSpotSurveys(deps, actorOfRequest(request), campaign.id, county.code);
    return onsitePage(c, { ...parts, spots, closesAt: toLocal(eveningOf(deps.now())) });
  }
  app.get(`${base}/onsite`, { config: { who: 'inspection.view' } }, async (request, reply) =>
    reply.html(await showOnsite(request, reply, null)),
  );
  app.get(`${base}/onsite/symposiums/:no`, { config: { who: 'inspection.view' } }, async (request, reply) => {
    const no = Number(param(request, 'no'));
    const { view } = await partsOf(request);
    if (!view.documents.symposiums.body.meetings.some((m) => m.no === no))
      throw new AppError('not-found', 'http.not-found');
    return reply.html(await showOnsite(request, reply, no));
  });
  for (const record of ['symposiums', 'interviews', 'students'] as const)
    app.post(`${base}/${record}`, { config: { who: 'inspection.enter' } }, async (request, reply) => {
      const form = formOf(request);
      const no = record === 'symposiums' ? readNumber(textOf(form, 'no')) : null;
      return attempt(
        reply,
        async () => {
          const { id, code } = await placeOf(deps, request);
          const actor = actorOfRequest(request);
          const change = changeOfForm(record, form);
          saySaved(request, await changeInspection(deps, actor, id, code, record, change, optionsOf(form)));
          const onsite = inspectionPath((await partsOf(request)).view, 'onsite');
          const isGone = textOf(form, 'do') === 'drop';
          return no !== null && no > 0 && !isGone ? `${onsite}/symposiums/${no}` : onsite;
        },
        (problem) => showOnsite(request, reply, no, problem),
      );
    });

  app.post(`${base}/spot`, { config: { who: 'inspection.configure' } }, async (request, reply) =>
    attempt(
      reply,
      async () => {
        const form = formOf(request);
        const { id, code } = await placeOf(deps, request);
        const slips = groups.flatMap((group) => {
          const text = textOf(form, `slips-${group}`).trim();
          return text === '' || text === '0' ? [] : [{ group, count: readNumber(text) }];
        });
        if (slips.length === 0 || slips.some((s) => !Number.isInteger(s.count) || s.count < 10))
          throw new AppError('invalid', 'inspection.invalid', {
            issues: [{ path: 'slips', message: 'inspection.spot.slips.least' }],
          });
        const closesAt = fromLocal(textOf(form, 'closesAt'));
        if (Number.isNaN(closesAt))
          throw new AppError('invalid', 'inspection.invalid', {
            issues: [{ path: 'closesAt', message: 'campaign.field' }],
          });
        await makeSpotSurvey(deps, actorOfRequest(request), id, code, { slips, closesAt });
        sayDone(request, 'inspection.done.spot');
        return `${inspectionPath((await partsOf(request)).view, 'onsite')}#spot`;
      },
      (problem) => showOnsite(request, reply, null, problem),
    ),
  );

  app.get('/calls', { config: { who: 'inspection.call' } }, async (request, reply) =>
    reply.html(callListsPage(contextOf(request, reply), await listCalls(deps, actorOfRequest(request)))),
  );
  async function showCalls(
    request: FastifyRequest,
    reply: FastifyReply,
    o: { readonly shown?: ShownNumber; readonly problem?: PageProblem } = {},
  ) {
    const { id, code } = await placeOf(deps, request);
    const desk = await viewCalls(deps, actorOfRequest(request), id, code);
    const { shown = null, problem } = o;
    return callsPage(contextOf(request, reply), { ...desk, shown, problem });
  }
  app.get(`${base}/calls`, { config: { who: 'inspection.call' } }, async (request, reply) =>
    reply.html(await showCalls(request, reply)),
  );
  app.post(`${base}/calls`, { config: { who: 'inspection.call' } }, async (request, reply) =>
    attempt(
      reply,
      async () => {
        const form = formOf(request);
        const { campaign, county, id, code } = await placeOf(deps, request);
        const list = callLists.find((name) => name === textOf(form, 'list'));
        if (!list) throw new AppError('invalid', 'inspection.invalid');
        const place = { list, no: readNumber(textOf(form, 'no')), at: readNumber(textOf(form, 'at')) };
        const actor = actorOfRequest(request);
        // Only this response has the number: no page that can be opened again shows it.
        if (textOf(form, 'do') === 'show')
          return showCalls(request, reply, { shown: await showNumber(deps, actor, id, code, place) });
        const outcome = textOf(form, 'outcome');
        await noteCall(deps, actor, id, code, { ...place, outcome });
        const desk = await viewCalls(deps, actor, id, code);
        sayDone(request, 'inspection.done.call', { no: place.at, open: countOpen(desk, place) });
        return `${callsPath({ campaign, county })}#${list}-${place.no}`;
      },
      (problem) => showCalls(request, reply, { problem }),
    ),
  );
}
