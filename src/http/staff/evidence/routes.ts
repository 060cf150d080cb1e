import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Readable } from 'node:stream';
import { isScoreVisible } from '../../../domain/campaign/life-cycle.ts';
import { may } from '../../../domain/campaign/permissions.ts';
import { groups, groupSchema } from '../../../domain/model/vocabulary.ts';
import { publicationHtml } from '../../../export/publication-page.ts';
import { publicationJson } from '../../../export/publication.ts';
import { publicationZip } from '../../../export/publication-zip.ts';
import { exportBundle } from '../../../operations/evidence/bundle.ts';
import {
  openCanaries,
  sealCanaries,
  viewCanaries,
  type CanaryInput,
} from '../../../operations/evidence/canaries.ts';
import { exportAnalysis } from '../../../operations/summary/analysis.ts';
import { makePublication } from '../../../operations/summary/publication.ts';
import { viewEvidence } from '../../../operations/evidence/witnesses.ts';
import { downloadAs } from '../../download.ts';
import { actorOfRequest } from '../../plugins/access.ts';
import type { Html } from '../../../html/html.ts';
import { canariesPage, canaryRows, keptCanariesPage, openedCanariesPage } from './canaries-view.ts';
import type { PageProblem } from '../page-view.ts';
import { evidencePage } from './view.ts';
import { attempt, contextOf, formOf, placeOf, textOf, type Form, type PagesOptions } from '../pages.ts';

/** Empty rows are left out; the others keep their position, where faults are shown. */
function readCanaries(form: Form): readonly CanaryInput[] {
  const rows = Array.from({ length: canaryRows }, (_, i) => {
    const plan = textOf(form, `plan-${i}`);
    return {
      label: textOf(form, `label-${i}`),
      phone: textOf(form, `phone-${i}`),
      group: groupSchema.catch('parent').parse(textOf(form, `group-${i}`)),
      school: textOf(form, `school-${i}`),
      answers: /^[1-9]$/.test(plan) ? Number(plan) : null,
    };
  });
  const last = rows.findLastIndex((r) => `${r.label}${r.phone}${r.school}`.trim() !== '');
  return rows.slice(0, last + 1);
}

/** Faults that the form can correct are shown with the form. */
function again(
  reply: FastifyReply,
  error: unknown,
  show: (problem: PageProblem) => Promise<Html>,
): Promise<FastifyReply> {
  return attempt(
    reply,
    async () => {
      throw error;
    },
    show,
  );
}

const base = '/campaigns/:campaign/counties/:county';

export async function evidencePages(app: FastifyInstance, { deps }: PagesOptions): Promise<void> {
  app.get(`${base}/evidence`, { config: { who: 'evidence.view' } }, async (request, reply) => {
    const { id, code } = await placeOf(deps, request);
    const actor = actorOfRequest(request);
    const view = await viewEvidence(deps, actor, id, code);
    const mayPublish = view.campaign.state === 'released' && may(actor, 'campaign.publish', code);
    const maySeal = may(actor, 'canaries.seal', code);
    const mayExport = isScoreVisible(view.campaign.state) && may(actor, 'evidence.export', code);
    return reply.html(evidencePage(contextOf(request, reply), { ...view, mayExport, maySeal, mayPublish }));
  });
  async function canaries(
    request: FastifyRequest,
    reply: FastifyReply,
    problem?: PageProblem,
    values?: Form,
  ) {
    const { campaign, county, id, code } = await placeOf(deps, request);
    const state = await viewCanaries(deps, actorOfRequest(request), id, code);
    const asked = new Set(campaign.questionnaires.flatMap((q) => q.groups));
    const texts = Object.fromEntries(
      Object.keys(values ?? {}).map((name) => [name, textOf(values ?? {}, name)]),
    );
    return canariesPage(contextOf(request, reply), {
      campaign,
      county,
      state,
      groups: groups.filter((g) => asked.has(g)),
      values: texts,
      ...(problem && { problem }),
    });
  }
  app.get(`${base}/canaries`, { config: { who: 'canaries.seal' } }, async (request, reply) =>
    reply.html(await canaries(request, reply)),
  );
  app.post(`${base}/canaries`, { config: { who: 'canaries.seal' } }, async (request, reply) => {
    const form = formOf(request);
    try {
      const { campaign, county, id, code } = await placeOf(deps, request);
      const file = await sealCanaries(deps, actorOfRequest(request), id, code, readCanaries(form));
      const text = JSON.stringify(file, null, 2);
      return await reply.html(keptCanariesPage(contextOf(request, reply), { campaign, county, file: text }));
    } catch (error) {
      return again(reply, error, (problem) => canaries(request, reply, problem, form));
    }
  });
  app.post(`${base}/canaries/opened`, { config: { who: 'canaries.seal' } }, async (request, reply) => {
    try {
      const { campaign, county, id, code } = await placeOf(deps, request);
      const text = textOf(formOf(request), 'file');
      const results = await openCanaries(deps, actorOfRequest(request), id, code, text);
      return await reply.html(openedCanariesPage(contextOf(request, reply), { campaign, county, results }));
    } catch (error) {
      return again(reply, error, (problem) => canaries(request, reply, problem));
    }
  });

  app.post(`${base}/publication`, { config: { who: 'campaign.publish' } }, async (request, reply) => {
    const { id, code } = await placeOf(deps, request);
    const format = textOf(formOf(request), 'format');
    const publication = await makePublication(deps, actorOfRequest(request), id, code);
    const { language } = request;
    const [type, content] =
      format === 'json'
        ? (['application/json; charset=utf-8', publicationJson(publication)] as const)
        : format === 'zip'
          ? (['application/zip', Readable.from(publicationZip(publication, language))] as const)
          : (['text/html; charset=utf-8', publicationHtml(publication, language)] as const);
    downloadAs(reply, `${id}-${code}.${format === 'json' || format === 'zip' ? format : 'html'}`);
    return reply.type(type).header('cache-control', 'no-store').send(content);
  });

  app.post(`${base}/analysis`, { config: { who: 'analysis.export' } }, async (request, reply) => {
    const { id, code } = await placeOf(deps, request);
    const zip = await exportAnalysis(deps, actorOfRequest(request), id, code, request.language);
    downloadAs(reply, `${id}-${code}-analysis.zip`);
    return reply.type('application/zip').header('cache-control', 'no-store').send(Readable.from(zip));
  });

  // POST, because the log itself records each hand-over.
  app.post(`${base}/evidence/bundle`, { config: { who: 'evidence.export' } }, async (request, reply) => {
    const { id, code } = await placeOf(deps, request);
    const lines = await exportBundle(deps, actorOfRequest(request), id, code);
    downloadAs(reply, `manyi-${id}-${code}.bundle`);
    return reply
      .type('application/x-ndjson; charset=utf-8')
      .header('cache-control', 'no-store')
      .send(Readable.from(lines));
  });
}
