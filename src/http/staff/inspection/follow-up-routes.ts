/** Follow-up of an inspection: the rectification list with its re-survey, and the programme of schools. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '../../../domain/errors.ts';
import { changeInspection } from '../../../operations/inspection/inspection.ts';
import { getProgramme, listProgrammes } from '../../../operations/inspection/programmes.ts';
import { viewProgramme } from '../../../operations/inspection/programme.ts';
import { createResurvey, viewRectification } from '../../../operations/inspection/rectification.ts';
import { downloadAs } from '../../download.ts';
import { sendRectification } from '../../inspection-files.ts';
import { actorOfRequest } from '../../plugins/access.ts';
import type { PageProblem } from '../page-view.ts';
import {
  attempt,
  contextOf,
  formOf,
  fromLocal,
  param,
  placeOf,
  promisedId,
  sayDone,
  textOf,
  toLocal,
  type PagesOptions,
} from '../pages.ts';
import { chosenRules, inFormTerms, optionsOf, saySaved } from './forms.ts';
import { programmeChange, rectificationChange } from './follow-up-forms.ts';
import { programmePage } from './programme-view.ts';
import { rectificationPage } from './rectification-view.ts';

const base = '/campaigns/:campaign/counties/:county/inspection';
const fortnight = 14 * 24 * 3_600_000;

const here = (request: FastifyRequest) =>
  `/staff/campaigns/${param(request, 'campaign')}/counties/${param(request, 'county')}/inspection`;

export async function followUpPages(app: FastifyInstance, { deps }: PagesOptions): Promise<void> {
  async function listOf(request: FastifyRequest) {
    const { id, code } = await placeOf(deps, request);
    return viewRectification(deps, actorOfRequest(request), id, code);
  }
  async function showList(request: FastifyRequest, reply: FastifyReply, problem?: PageProblem) {
    const closesAt = `${toLocal(deps.now() + fortnight).slice(0, 10)}T18:00`;
    const promised = deps.newId();
    return rectificationPage(contextOf(request, reply), {
      ...(await listOf(request)),
      ...{ closesAt, promised, problem },
    });
  }
  app.get(`${base}/rectification`, { config: { who: 'inspection.view' } }, async (request, reply) =>
    reply.html(await showList(request, reply)),
  );
  app.get(`${base}/rectification.xlsx`, { config: { who: 'inspection.view' } }, async (request, reply) =>
    sendRectification(reply, await listOf(request), request.language),
  );
  app.post(`${base}/rectification`, { config: { who: 'inspection.enter' } }, async (request, reply) =>
    attempt(
      reply,
      async () => {
        const form = formOf(request);
        const { id, code } = await placeOf(deps, request);
        const change = rectificationChange(form);
        const options = optionsOf(form);
        const actor = actorOfRequest(request);
        saySaved(request, await changeInspection(deps, actor, id, code, 'rectification', change, options));
        return `${here(request)}/rectification`;
      },
      (problem) => showList(request, reply, problem),
    ),
  );
  app.post(`${base}/re-survey`, { config: { who: 'campaign.edit' } }, async (request, reply) =>
    attempt(
      reply,
      async () => {
        const form = formOf(request);
        const { id, code } = await placeOf(deps, request);
        const made = await createResurvey(deps, actorOfRequest(request), id, code, {
          name: textOf(form, 'name'),
          closesAt: fromLocal(textOf(form, 'closesAt')),
          id: promisedId(form),
        });
        sayDone(request, 'inspection.resurvey.done');
        return `/staff/campaigns/${made.id}`;
      },
      (problem) => showList(request, reply, problem),
    ),
  );

  async function showProgramme(request: FastifyRequest, reply: FastifyReply, problem?: PageProblem) {
    const { id, code } = await placeOf(deps, request);
    const asked = new URL(request.url, 'http://x').searchParams.get('level');
    const sent = request.method === 'POST' ? textOf(formOf(request), 'level') : '';
    return programmePage(contextOf(request, reply), {
      ...(await viewProgramme(deps, actorOfRequest(request), id, code)),
      shipped: await listProgrammes(),
      level: sent === '' ? asked : sent,
      problem,
    });
  }
  app.get(`${base}/programme`, { config: { who: 'inspection.view' } }, async (request, reply) =>
    reply.html(await showProgramme(request, reply)),
  );
  app.get(`${base}/programme.json`, { config: { who: 'inspection.view' } }, async (request, reply) => {
    const { id, code } = await placeOf(deps, request);
    const { view } = await viewProgramme(deps, actorOfRequest(request), id, code);
    const { rules } = view.documents.programme.body;
    if (rules === null) throw new AppError('not-found', 'inspection.programme.unknown');
    downloadAs(reply, `${rules.id}.json`);
    return reply.type('application/json; charset=utf-8').send(`${JSON.stringify(rules, null, 2)}\n`);
  });
  app.post(`${base}/programme`, { config: { who: 'inspection.enter' } }, async (request, reply) =>
    attempt(
      reply,
      async () => {
        const form = formOf(request);
        const { id, code } = await placeOf(deps, request);
        const change =
          textOf(form, 'do') === 'choose'
            ? { do: 'choose', ...(await chosenRules(form, 'rules', getProgramme)) }
            : programmeChange(form);
        const actor = actorOfRequest(request);
        const made = await changeInspection(
          deps,
          actor,
          id,
          code,
          'programme',
          change,
          optionsOf(form),
        ).catch((error: unknown) => {
          throw inFormTerms('programme', form, error);
        });
        saySaved(request, made);
        return `${here(request)}/programme`;
      },
      (problem) => showProgramme(request, reply, problem),
    ),
  );
}
