import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AppError, type Issue } from '../../../domain/errors.ts';
import { readUpload, uploads } from '../../plugins/uploads.ts';
import { downloadAs, xlsxType } from '../../download.ts';
import { actorOfRequest } from '../../plugins/access.ts';
import type { RowFault } from '../../../domain/model/import.ts';
import { schoolTableTemplate } from '../../../export/school-table.ts';
import { viewBalance } from '../../../operations/inspection/balance.ts';
import {
  changeInspection,
  getInspectionVersion,
  listInspectionVersions,
} from '../../../operations/inspection/inspection.ts';
import { viewInspection } from '../../../operations/inspection/documents.ts';
import { getRegime, listRegimes } from '../../../operations/inspection/regimes.ts';
import { importSchoolTable } from '../../../operations/inspection/school-table.ts';
import type { PageProblem } from '../page-view.ts';
import { attempt, contextOf, formOf, param, placeOf, sayDone, textOf, type PagesOptions } from '../pages.ts';
import { balancePage, indicatorPage } from './balance-view.ts';
import { archivePage } from './archive-view.ts';
import { changeOfForm, chosenRules, inFormTerms, optionsOf, saySaved } from './forms.ts';
import { followUpPages } from './follow-up-routes.ts';
import { onsitePages } from './onsite-routes.ts';
import { samplePage } from './sample-view.ts';
import { sheetPage } from './sheet-view.ts';
import { createSchoolIndex } from '../../../domain/frame/roll/school-index.ts';
import type { School } from '../../../domain/model/school.ts';
import { workPage } from './work-view.ts';
import type { Action } from '../../../domain/campaign/permissions.ts';
import type { InspectionRecord } from '../../../domain/inspection/record-names.ts';
import type { Html } from '../../../html/html.ts';
import { viewSheet } from '../../../operations/inspection/sheet.ts';
import { sendSheet } from '../../inspection-files.ts';
import type { InspectionPage } from './frame-view.ts';

const base = '/campaigns/:campaign/counties/:county/inspection';
const shownFaults = 100;

const here = (request: FastifyRequest) =>
  `/staff/campaigns/${param(request, 'campaign')}/counties/${param(request, 'county')}/inspection`;

export async function inspectionPages(app: FastifyInstance, options: PagesOptions): Promise<void> {
  const { deps } = options;
  await app.register(onsitePages, options);
  await app.register(followUpPages, options);
  async function viewOf(request: FastifyRequest) {
    const { id, code } = await placeOf(deps, request);
    return viewInspection(deps, actorOfRequest(request), id, code);
  }

  async function showSheet(request: FastifyRequest, reply: FastifyReply, problem?: PageProblem) {
    const { id, code } = await placeOf(deps, request);
    const sheet = await viewSheet(deps, actorOfRequest(request), id, code);
    return sheetPage(contextOf(request, reply), {
      ...sheet,
      problem,
      regimes: await listRegimes(),
      entries: await listInspectionVersions(deps, actorOfRequest(request), id, code),
    });
  }
  app.get(base, { config: { who: 'inspection.view' } }, async (request, reply) =>
    reply.html(await showSheet(request, reply)),
  );
  app.post(`${base}/rules`, { config: { who: 'inspection.configure' } }, async (request, reply) =>
    attempt(
      reply,
      async () => {
        const form = formOf(request);
        const { id, code } = await placeOf(deps, request);
        const { rules: regime, adapted } = await chosenRules(form, 'regime', getRegime);
        const change = { do: 'choose', regime, adapted };
        await changeInspection(deps, actorOfRequest(request), id, code, 'rules', change, optionsOf(form));
        sayDone(request, 'inspection.done.rules');
        return here(request);
      },
      (problem) => showSheet(request, reply, problem),
    ),
  );
  app.get(`${base}/regime.json`, { config: { who: 'inspection.view' } }, async (request, reply) => {
    const { documents } = await viewOf(request);
    const { regime } = documents.rules.body;
    if (regime === null) throw new AppError('not-found', 'inspection.regime.unknown');
    downloadAs(reply, `${regime.id}.json`);
    return reply.type('application/json; charset=utf-8').send(`${JSON.stringify(regime, null, 2)}\n`);
  });
  app.get(`${base}/versions/:no`, { config: { who: 'inspection.view' } }, async (request, reply) => {
    const { id, code } = await placeOf(deps, request);
    const version = await getInspectionVersion(deps, actorOfRequest(request), id, code, param(request, 'no'));
    downloadAs(reply, `${version.record}-${version.version}.json`);
    // As the log commits to it: its SHA-256 is the leaf's `content`.
    return reply.type('application/json; charset=utf-8').send(version.body);
  });

  async function showWork(request: FastifyRequest, reply: FastifyReply, problem?: PageProblem) {
    const { id, code } = await placeOf(deps, request);
    const sheet = await viewSheet(deps, actorOfRequest(request), id, code);
    return workPage(contextOf(request, reply), { ...sheet, problem });
  }
  async function showArchive(request: FastifyRequest, reply: FastifyReply, problem?: PageProblem) {
    return archivePage(contextOf(request, reply), { view: await viewOf(request), problem });
  }
  app.get(`${base}/work`, { config: { who: 'inspection.view' } }, async (request, reply) =>
    reply.html(await showWork(request, reply)),
  );
  app.get(`${base}/archive`, { config: { who: 'inspection.view' } }, async (request, reply) =>
    reply.html(await showArchive(request, reply)),
  );
  for (const format of ['docx', 'xlsx'] as const)
    app.get(`${base}/sheet.${format}`, { config: { who: 'inspection.view' } }, async (request, reply) => {
      const { id, code } = await placeOf(deps, request);
      return sendSheet(
        reply,
        await viewSheet(deps, actorOfRequest(request), id, code),
        format,
        request.language,
      );
    });
  async function showSample(request: FastifyRequest, reply: FastifyReply, problem?: PageProblem) {
    const view = await viewOf(request);
    const schools = await deps.storage.listSchools(view.campaign.id, view.county.code);
    return samplePage(contextOf(request, reply), { view, schools, problem });
  }
  app.get(`${base}/sample`, { config: { who: 'inspection.view' } }, async (request, reply) =>
    reply.html(await showSample(request, reply)),
  );
  type Show = (request: FastifyRequest, reply: FastifyReply, problem?: PageProblem) => Promise<Html>;
  /**
   * One form per document: who may send it at all, and its page. The document's rules decide in detail what an account may do.
   */
  const forms: readonly (readonly [InspectionRecord, Action, InspectionPage, Show])[] = [
    ['work', 'inspection.enter', 'work', showWork],
    ['vetoes', 'inspection.decide', 'work', showWork],
    ['growth', 'inspection.enter', 'work', showWork],
    ['parts', 'inspection.enter', 'work', showWork],
    ['other-figures', 'inspection.enter', 'sheet', showSheet],
    ['stages', 'inspection.enter', 'sheet', showSheet],
    ['archive', 'inspection.enter', 'archive', showArchive],
    ['sample', 'inspection.enter', 'sample', showSample],
  ];
  for (const [record, who, page, show] of forms)
    app.post(`${base}/${record}`, { config: { who } }, async (request, reply) =>
      attempt(
        reply,
        async () => {
          const form = formOf(request);
          const { id, code } = await placeOf(deps, request);
          const change =
            record === 'sample' && textOf(form, 'do') === 'locate'
              ? placesOfText(textOf(form, 'places'), await deps.storage.listSchools(id, code))
              : changeOfForm(record, form);
          const made = await changeInspection(
            deps,
            actorOfRequest(request),
            id,
            code,
            record,
            change,
            optionsOf(form),
          ).catch((error: unknown) => {
            throw inFormTerms(record, form, error);
          });
          saySaved(request, made);
          return page === 'sheet' ? here(request) : `${here(request)}/${page}`;
        },
        (problem) => show(request, reply, problem),
      ),
    );

  async function showBalance(
    request: FastifyRequest,
    reply: FastifyReply,
    o: {
      readonly problem?: PageProblem;
      readonly faults?: readonly RowFault[];
      readonly warnings?: readonly Issue[];
    } = {},
  ) {
    const { id, code } = await placeOf(deps, request);
    return balancePage(contextOf(request, reply), {
      ...(await viewBalance(deps, actorOfRequest(request), id, code)),
      problem: o.problem,
      faults: (o.faults ?? []).slice(0, shownFaults),
      warnings: o.warnings ?? [],
    });
  }
  app.get(`${base}/balance`, { config: { who: 'inspection.view' } }, async (request, reply) =>
    reply.html(await showBalance(request, reply)),
  );
  app.get(
    `${base}/balance/:stage/:indicator`,
    { config: { who: 'inspection.view' } },
    async (request, reply) => {
      const { id, code } = await placeOf(deps, request);
      const view = await viewBalance(deps, actorOfRequest(request), id, code);
      const stage = view.stages.find((s) => s.balance.stage === param(request, 'stage'));
      const indicator = stage?.balance.indicators.find((i) => i.indicator.id === param(request, 'indicator'));
      if (!stage || !indicator || indicator.schools.length === 0)
        throw new AppError('not-found', 'http.not-found');
      return reply.html(indicatorPage(contextOf(request, reply), { view: view.view, stage, indicator }));
    },
  );
  app.get(`${base}/balance/template.xlsx`, { config: { who: 'inspection.view' } }, async (request, reply) => {
    const { documents } = await viewOf(request);
    const { regime } = documents.rules.body;
    if (regime === null) throw new AppError('not-found', 'inspection.regime.unknown');
    downloadAs(reply, 'school-table.xlsx');
    return reply.type(xlsxType).send(await schoolTableTemplate(regime, request.language));
  });
  await app.register(async (scope) => {
    await scope.register(uploads);
    scope.post(
      `${base}/school-table`,
      { config: { who: 'inspection.enter', upload: true } },
      async (request, reply) => {
        let warnings: readonly Issue[] = [];
        let faults: readonly RowFault[] = [];
        return attempt(
          reply,
          async () => {
            const { id, code } = await placeOf(deps, request);
            const { fields, ...file } = await readUpload(request, reply);
            const result = await importSchoolTable(
              deps,
              actorOfRequest(request),
              id,
              code,
              file,
              fields['reason'],
            );
            ({ warnings, faults } = result);
            if (faults.length > 0)
              throw new AppError('invalid', 'inspection.table.faults', { params: { count: faults.length } });
            if (warnings.length > 0) return showBalance(request, reply, { warnings });
            sayDone(request, 'inspection.done.table', { schools: result.saved });
            return `${here(request)}/balance`;
          },
          (problem) => showBalance(request, reply, { problem, faults, warnings }),
        );
      },
    );
  });
}

/** A line a school: name, latitude, longitude. */
function placesOfText(text: string, schools: readonly School[]) {
  const index = createSchoolIndex(schools);
  const issues: Issue[] = [];
  const places = text
    .split('\n')
    .map((line) => line.trim())
    .flatMap((line, i) => {
      if (line === '') return [];
      const [name = '', lat = '', lon = ''] = line.split(/[,，\t]/).map((part) => part.trim());
      const found = index.byName(name);
      const isRead = lat !== '' && lon !== '' && Number.isFinite(Number(lat)) && Number.isFinite(Number(lon));
      if (found.kind === 'one' && isRead)
        return [{ school: found.school.id, lat: Number(lat), lon: Number(lon) }];
      issues.push({ path: 'places', message: 'inspection.map.line', params: { no: i + 1 } });
      return [];
    });
  if (issues.length > 0) throw new AppError('invalid', 'inspection.invalid', { issues });
  return { do: 'locate', places };
}
