import { z } from 'zod';
import { AppError } from '../../../domain/errors.ts';
import type { InspectionEntry } from '../../../domain/model/inspection.ts';
import { viewBalance } from '../../../operations/inspection/balance.ts';
import {
  changeInspection,
  getInspectionVersion,
  listInspectionVersions,
} from '../../../operations/inspection/inspection.ts';
import { viewInspection } from '../../../operations/inspection/documents.ts';
import { listRegimes } from '../../../operations/inspection/regimes.ts';
import type { Gate } from '../../../domain/inspection/sheet.ts';
import { viewSheet } from '../../../operations/inspection/sheet.ts';
import { importSchoolTable } from '../../../operations/inspection/school-table.ts';
import { actorOfRequest } from '../../plugins/access.ts';
import { readUpload, uploads } from '../../plugins/uploads.ts';
import { sendSheet } from '../../inspection-files.ts';
import { fileReply, xlsxType } from '../document.ts';
import { parseInput } from '../../plugins/errors.ts';
import { conflict, textsOf, type Api, type ApiOptions } from '../api.ts';
import { iso, presentFault, presentIssue } from '../present.ts';
import { countyParams } from '../shapes.ts';
import { onsiteApi } from './onsite-routes.ts';
import {
  balanceSchema,
  changeSchema,
  documentsSchema,
  entrySchema,
  regimesSchema,
  sheetSchema,
  tableForm,
  tableImportSchema,
  versionSchema,
} from './schema.ts';

const base = '/campaigns/:campaign/counties/:county/inspection';
const tags = ['inspection'];
const docxType = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document';
const presentEntry = ({ no, record, version, change, reason, at, by }: InspectionEntry) => ({
  ...{ no, record, version, change, reason },
  at: iso(at),
  by: by.name,
});

export async function inspectionApi(app: Api, options: ApiOptions): Promise<void> {
  const { deps } = options;
  await onsiteApi(app, options);
  app.get(
    '/regimes',
    {
      config: { who: 'campaign.list' },
      schema: {
        tags,
        operationId: 'listRegimes',
        summary: 'Rules of determination that ship with the service.',
        response: { 200: regimesSchema },
      },
    },
    async () => [...(await listRegimes())],
  );
  app.get(
    base,
    {
      config: { who: 'inspection.view' },
      schema: {
        tags,
        operationId: 'getInspection',
        summary: 'The documents of a county’s inspection as they stand.',
        params: countyParams,
        response: { 200: documentsSchema },
      },
    },
    async (request) => {
      const { campaign, county } = request.params;
      const { documents } = await viewInspection(deps, actorOfRequest(request), campaign, county);
      return Object.fromEntries(
        Object.entries(documents).map(([record, d]) => [
          record,
          { ...d, at: d.at === null ? null : iso(d.at) },
        ]),
      ) as never;
    },
  );
  app.post(
    `${base}/changes`,
    {
      config: { who: 'inspection.view' },
      schema: {
        tags,
        operationId: 'changeInspection',
        summary: 'The next version of one document. Each is a leaf of the evidence log; none is overwritten.',
        params: countyParams,
        body: changeSchema,
        response: { 201: entrySchema, ...conflict },
      },
    },
    async (request, reply) => {
      const { campaign, county } = request.params;
      const { record, change, version, reason } = request.body;
      const made = await changeInspection(deps, actorOfRequest(request), campaign, county, record, change, {
        version,
        reason,
      });
      return reply.code(201).send(presentEntry(made));
    },
  );
  app.get(
    `${base}/versions`,
    {
      config: { who: 'inspection.view' },
      schema: {
        tags,
        operationId: 'listInspectionVersions',
        summary: 'Who stated what when, newest first.',
        params: countyParams,
        response: { 200: z.array(entrySchema) },
      },
    },
    async (request) => {
      const { campaign, county } = request.params;
      return (await listInspectionVersions(deps, actorOfRequest(request), campaign, county)).map(
        presentEntry,
      );
    },
  );
  app.get(
    `${base}/versions/:no`,
    {
      config: { who: 'inspection.view' },
      schema: {
        tags,
        operationId: 'getInspectionVersion',
        summary: 'One version, as its leaf commits to it.',
        params: countyParams.extend({ no: z.string().min(1).max(64) }),
        response: { 200: versionSchema },
      },
    },
    async (request) => {
      const { campaign, county, no } = request.params;
      const found = await getInspectionVersion(deps, actorOfRequest(request), campaign, county, no);
      return { ...presentEntry(found), body: found.body };
    },
  );
  app.get(
    `${base}/balance`,
    {
      config: { who: 'inspection.view' },
      schema: {
        tags,
        operationId: 'getBalance',
        summary:
          'Balance coefficients from the school table, and the smallest additions that reach the limit.',
        params: countyParams,
        response: { 200: balanceSchema, ...conflict },
      },
    },
    async (request) => {
      const { campaign, county } = request.params;
      const { balance, stages } = await viewBalance(deps, actorOfRequest(request), campaign, county);
      if (balance === null) throw new AppError('conflict', 'inspection.table.none');
      return {
        excluded: balance.excluded,
        stages: stages.map(({ balance: s, plan }) => ({
          ...s,
          indicators: s.indicators.map(({ indicator, schools, ...i }) => ({
            id: indicator.id,
            ...i,
            schools: schools.map(({ shared: _, ...school }) => school),
          })),
          additions: plan,
        })),
      };
    },
  );
  app.get(
    `${base}/sheet`,
    {
      config: { who: 'inspection.view' },
      schema: {
        tags,
        operationId: 'getSheet',
        summary: 'The determination sheet: each gate met, not met, undecided or missing, with its reasons.',
        params: countyParams,
        response: { 200: sheetSchema, ...conflict },
      },
    },
    async (request) => {
      const { campaign, county } = request.params;
      const t = textsOf(request);
      const view = await viewSheet(deps, actorOfRequest(request), campaign, county);
      const { sheet, regime, reference } = view;
      if (sheet === null || regime === null) throw new AppError('conflict', 'inspection.no-regime');
      const present = (gate: Gate) => ({
        ...{ id: gate.id, kind: gate.kind, state: gate.state },
        reasons: gate.reasons.map((r) => ({ message: t(r.message, r.params), code: r.message })),
      });
      return {
        regime: regime.id,
        state: sheet.state,
        gates: sheet.gates.map(present),
        reference: reference && present(reference),
        work: sheet.work && { self: sheet.work.self, inspectors: sheet.work.inspectors },
        points: sheet.points && { ...sheet.points, parts: [...sheet.points.parts] },
        growth: sheet.growth && [...sheet.growth.checks],
      };
    },
  );
  for (const format of ['docx', 'xlsx'] as const)
    app.get(
      `${base}/sheet.${format}`,
      {
        config: { who: 'inspection.view' },
        schema: {
          tags,
          operationId: format === 'docx' ? 'getSheetDocx' : 'getSheetXlsx',
          summary: `The determination sheet as .${format}.`,
          params: countyParams,
          response: { 200: fileReply('The file.', format === 'docx' ? docxType : xlsxType), ...conflict },
        },
      },
      async (request, reply) => {
        const { campaign, county } = request.params;
        const view = await viewSheet(deps, actorOfRequest(request), campaign, county);
        return sendSheet(reply, view, format, request.language) as never;
      },
    );
  await app.register(async (scope: Api) => {
    await scope.register(uploads);
    scope.post(
      `${base}/school-table`,
      {
        config: { who: 'inspection.enter', upload: true, form: tableForm },
        schema: {
          tags,
          operationId: 'importSchoolTable',
          summary:
            'Send the school table of the yearly report (.xlsx, .csv). With one fault nothing is saved.',
          params: countyParams,
          querystring: tableForm.extend({
            fileName: z.string().max(255).optional().describe('Of a body that is the file itself.'),
          }),
          response: { 200: tableImportSchema, ...conflict },
        },
      },
      async (request, reply) => {
        const { campaign, county } = request.params;
        const t = textsOf(request);
        const { fields, ...file } = await readUpload(request, reply);
        const { reason } = parseInput(tableForm, {
          ...(fields['reason'] !== undefined && { reason: fields['reason'] }),
          ...(request.query.reason !== undefined && { reason: request.query.reason }),
        });
        const result = await importSchoolTable(deps, actorOfRequest(request), campaign, county, file, reason);
        return {
          saved: result.saved,
          faults: result.faults.map((f) => presentFault(t, f)),
          warnings: result.warnings.map((w) => presentIssue(t, w)),
        };
      },
    );
  });
}
