/**
 * From schools and rolls to codes and links: two dozen operations, each a description for the OpenAPI document and one call.
 * Splitting the file would only shorten it.
 */
import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { actorOfRequest } from '../../plugins/access.ts';
import { downloadAs } from '../../download.ts';
import { answerWithin, readUpload, uploads } from '../../plugins/uploads.ts';
import type { Upload } from '../../plugins/uploads.ts';
import { parseInput } from '../../plugins/errors.ts';
import { AppError } from '../../../domain/errors.ts';
import { fateFields } from '../../../domain/messaging/fate.ts';
import { frameFields, schoolFields } from '../../../domain/frame/roll/header.ts';
import { parseMappingText } from '../../../domain/frame/roll/mapping.ts';
import { schoolIdSchema } from '../../../domain/model/ids.ts';
import { groupSchema } from '../../../domain/model/vocabulary.ts';
import { exportMessages, listExports, previewMessage } from '../../../operations/code/codes.ts';
import { drawSample, resumeDraw, viewDraw } from '../../../operations/draw/draw.ts';
import { importFates } from '../../../operations/message/fates.ts';
import { freezeFrame } from '../../../operations/frame/frame.ts';
import { getCampaign } from '../../../operations/campaign/campaigns.ts';
import { issueLateCodes } from '../../../operations/draw/late.ts';
import { createLinks, listLinks } from '../../../operations/code/links.ts';
import { getCoverage } from '../../../operations/frame/coverage.ts';
import {
  applyRoll,
  discardRoll,
  faultFile,
  getImport,
  listImports,
  startReading,
  withdrawRoll,
} from '../../../operations/frame/roll.ts';
import { previewTable, tableKinds } from '../../../operations/frame/preview.ts';
import { handInRoll, listHandIns, sendBackRoll, takeBackRoll } from '../../../operations/frame/hand-in.ts';
import {
  editSchool,
  importSchools,
  listSchools,
  removeSchool,
  type UploadedFile,
} from '../../../operations/frame/schools.ts';
import { planSurvey } from '../../../operations/campaign/planning.ts';
import type { RollImport } from '../../../domain/model/import.ts';
import { hiddenRowChoices } from '../../../domain/frame/roll/table.ts';
import { safeFileName } from '../../../domain/file-name.ts';
import { conflict, notFound, textsOf, type Api, type ApiOptions } from '../api.ts';
import { fileReply, xlsxType } from '../document.ts';
import {
  presentCounty,
  presentExport,
  presentFault,
  presentImport,
  presentIssue,
  presentLink,
} from '../present.ts';
import {
  applySchema,
  coverageSchema,
  diceSchema,
  exportSchema,
  fatesSchema,
  faultSchema,
  handInSchema,
  handInsSchema,
  importSchema,
  linkSchema,
  messagePreviewSchema,
  newExportSchema,
  newLinksSchema,
  newMessagePreviewSchema,
  planQuery,
  planSchema,
  previewSchema,
  schoolEditSchema,
  schoolSchema,
  sendBackSchema,
  strataSchema,
  withdrawSchema,
} from './schema.ts';
import { campaignCountySchema } from '../campaign/schema.ts';
import { countyParams, importParams, issueSchema } from '../shapes.ts';

type CountyParams = z.infer<typeof countyParams>;
const base = '/campaigns/:campaign/counties/:county';
const hiddenRows = z
  .enum(hiddenRowChoices)
  .optional()
  .describe('Whether hidden and filtered rows of a workbook are read; they are if not given.');
const importForm = z.object({
  mapping: z
    .string()
    .max(2000)
    .optional()
    .describe(
      'Columns chosen by hand, as JSON: {"headerRow":2,"columns":{"school":[0],"phone":[3,5],"grade":[]}}. Columns count from 0; an empty list says that there is no such column; headerRow 0, that data begin at once. sheet and fingerprint (of the preview) may be added.',
    ),
  hiddenRows,
});
const rollForm = importForm.extend({
  group: groupSchema
    .optional()
    .describe('The group of respondents on the roll. Required, in the query or in the form.'),
  lateReason: z
    .string()
    .max(1000)
    .optional()
    .describe('Why the roll comes late. Required once the frame is frozen, refused before.'),
});
const previewForm = z.object({
  kind: z.enum(tableKinds).optional().describe('`roll`, if not given.'),
  group: groupSchema.optional().describe('Only for a roll.'),
  sheet: z.string().max(200).optional().describe('The first sheet, if not given.'),
  hiddenRows,
});
const fileName = z.string().max(255).optional().describe('Only if the body is the file itself.');

/** Values in the address and in the form pass the same checks; the address has priority. */
function askedOf<S extends z.ZodObject>(form: S, query: object, fields: Upload['fields']): z.output<S> {
  const filled = Object.entries(fields).filter(([, value]) => value !== '');
  return parseInput(form, { ...Object.fromEntries(filled), ...query });
}
function fileOf({ fileName, source, hiddenRows }: Omit<Upload, 'fields'>): UploadedFile {
  return { fileName, source, hiddenRows };
}

function mappingOf<F extends string>(text: string | undefined, fields: readonly F[]) {
  return text === undefined || text === '' ? undefined : parseMappingText(text, fields);
}

export async function fieldworkApi(app: Api, { deps }: ApiOptions): Promise<void> {
  const tags = ['fieldwork'];
  async function countyNow(request: FastifyRequest, { campaign, county }: CountyParams) {
    const found = (await getCampaign(deps, actorOfRequest(request), campaign)).counties.find(
      (c) => c.code === county,
    );
    return presentCounty(found ?? notFound('campaign.no-such-county'));
  }
  /** An import is reachable only through its own county. */
  async function importOf(
    request: FastifyRequest,
    params: z.infer<typeof importParams>,
  ): Promise<RollImport> {
    const found = await getImport(deps, actorOfRequest(request), params.import);
    if (found.campaign !== params.campaign || found.county !== params.county) notFound('import.not-found');
    return found;
  }

  app.get(
    `${base}/schools`,
    {
      config: { who: 'roll.view' },
      schema: {
        tags,
        operationId: 'listSchools',
        summary: 'Schools of the county.',
        params: countyParams,
        response: { 200: z.array(schoolSchema) },
      },
    },
    async (request) => {
      const { campaign, county } = request.params;
      return [...(await listSchools(deps, actorOfRequest(request), campaign, county))];
    },
  );
  app.post(
    `${base}/schools/:school/remove`,
    {
      config: { who: 'roll.prepare' },
      schema: {
        tags,
        operationId: 'removeSchool',
        summary: 'Remove a school that no roll names, while the roll is being prepared.',
        params: countyParams.extend({ school: schoolIdSchema }),
        response: { 200: z.array(schoolSchema), ...conflict },
      },
    },
    async (request) => {
      const { campaign, county, school } = request.params;
      await removeSchool(deps, actorOfRequest(request), campaign, county, school);
      return [...(await listSchools(deps, actorOfRequest(request), campaign, county))];
    },
  );
  app.get(
    `${base}/imports`,
    {
      config: { who: 'roll.view' },
      schema: {
        tags,
        operationId: 'listImports',
        summary: 'Roll files sent so far.',
        params: countyParams,
        response: { 200: z.array(importSchema) },
      },
    },
    async (request) => {
      const { campaign, county } = request.params;
      const t = textsOf(request);
      const imports = await listImports(deps, actorOfRequest(request), campaign, county);
      return imports.map((i) => presentImport(t, i));
    },
  );
  app.get(
    `${base}/imports/:import`,
    {
      config: { who: 'roll.view' },
      schema: {
        tags,
        operationId: 'getImport',
        summary: 'One roll file.',
        params: importParams,
        response: { 200: importSchema },
      },
    },
    async (request) => presentImport(textsOf(request), await importOf(request, request.params)),
  );
  app.get(
    `${base}/imports/:import/faults`,
    {
      config: { who: 'roll.prepare' },
      schema: {
        tags,
        operationId: 'getImportFaults',
        summary: 'Every bad row with field and remedy, as CSV.',
        params: importParams,
        response: { 200: fileReply('The file itself.', 'text/csv') },
      },
    },
    async (request, reply) => {
      const found = await importOf(request, request.params);
      const rows = faultFile(deps, actorOfRequest(request), found.id, request.language);
      downloadAs(reply, safeFileName(`${found.fileName}-faults`, 'csv'));
      return reply.type('text/csv; charset=utf-8').send(Readable.from(rows) as unknown as string);
    },
  );
  app.post(
    `${base}/imports/:import/apply`,
    {
      config: { who: 'roll.prepare' },
      schema: {
        tags,
        operationId: 'applyImport',
        summary: 'Put the staged rows into the frame.',
        params: importParams,
        body: applySchema,
        response: { 200: importSchema, ...conflict },
      },
    },
    async (request) => {
      const found = await importOf(request, request.params);
      return presentImport(
        textsOf(request),
        await applyRoll(deps, actorOfRequest(request), found.id, request.body),
      );
    },
  );
  app.post(
    `${base}/imports/:import/discard`,
    {
      config: { who: 'roll.prepare' },
      schema: {
        tags,
        operationId: 'discardImport',
        summary: 'Discard the staged rows of an import.',
        params: importParams,
        response: { 200: importSchema, ...conflict },
      },
    },
    async (request) => {
      const found = await importOf(request, request.params);
      await discardRoll(deps, actorOfRequest(request), found.id);
      return presentImport(textsOf(request), await importOf(request, request.params));
    },
  );
  app.post(
    `${base}/imports/:import/withdraw`,
    {
      config: { who: 'roll.prepare' },
      schema: {
        tags,
        operationId: 'withdrawImport',
        summary: 'Take an applied roll out again, until the freeze; what other rolls said stays.',
        params: importParams,
        body: withdrawSchema,
        response: { 200: importSchema, ...conflict },
      },
    },
    async (request) => {
      const found = await importOf(request, request.params);
      return presentImport(
        textsOf(request),
        await withdrawRoll(deps, actorOfRequest(request), found.id, request.body.reason),
      );
    },
  );
  app.post(
    `${base}/schools/:school`,
    {
      config: { who: 'roll.prepare' },
      schema: {
        tags,
        operationId: 'editSchool',
        summary: 'Change what the list says of a school, while the roll is being prepared.',
        params: countyParams.extend({ school: schoolIdSchema }),
        body: schoolEditSchema,
        response: { 200: z.array(schoolSchema), ...conflict },
      },
    },
    async (request) => {
      const { campaign, county, school } = request.params;
      await editSchool(deps, actorOfRequest(request), campaign, county, school, request.body);
      return [...(await listSchools(deps, actorOfRequest(request), campaign, county))];
    },
  );
  const handInsOf = async (request: FastifyRequest, { campaign, county }: CountyParams) =>
    (await listHandIns(deps, actorOfRequest(request), campaign, county)).map((h) => ({
      ...h,
      at: new Date(h.at).toISOString(),
    }));
  app.get(
    `${base}/hand-ins`,
    {
      config: { who: 'roll.view' },
      schema: {
        tags,
        operationId: 'listHandIns',
        summary: 'Whether the roll is handed in, and what became of it.',
        params: countyParams,
        response: { 200: handInsSchema },
      },
    },
    async (request) => handInsOf(request, request.params),
  );
  app.post(
    `${base}/hand-ins`,
    {
      config: { who: 'roll.hand-in' },
      schema: {
        tags,
        operationId: 'handInRoll',
        summary: 'Say that the roll is complete; the county then changes it no more.',
        params: countyParams,
        body: handInSchema,
        response: { 200: handInsSchema, ...conflict },
      },
    },
    async (request) => {
      const { campaign, county } = request.params;
      await handInRoll(deps, actorOfRequest(request), campaign, county, request.body.note ?? '');
      return handInsOf(request, request.params);
    },
  );
  app.post(
    `${base}/hand-ins/take-back`,
    {
      config: { who: 'roll.hand-in' },
      schema: {
        tags,
        operationId: 'takeBackRoll',
        summary: 'Take the handed-in roll back to correct it.',
        params: countyParams,
        response: { 200: handInsSchema, ...conflict },
      },
    },
    async (request) => {
      const { campaign, county } = request.params;
      await takeBackRoll(deps, actorOfRequest(request), campaign, county);
      return handInsOf(request, request.params);
    },
  );
  app.post(
    `${base}/hand-ins/send-back`,
    {
      config: { who: 'roll.send-back' },
      schema: {
        tags,
        operationId: 'sendBackRoll',
        summary: 'Send the handed-in roll back to the county, with a reason.',
        params: countyParams,
        body: sendBackSchema,
        response: { 200: handInsSchema, ...conflict },
      },
    },
    async (request) => {
      const { campaign, county } = request.params;
      await sendBackRoll(deps, actorOfRequest(request), campaign, county, request.body.reason);
      return handInsOf(request, request.params);
    },
  );
  app.get(
    `${base}/coverage`,
    {
      config: { who: 'roll.view' },
      schema: {
        tags,
        operationId: 'getCoverage',
        summary: 'Coverage of the roll by school, and schools without a file.',
        params: countyParams,
        response: { 200: coverageSchema },
      },
    },
    async (request) => {
      const { campaign, county } = request.params;
      const found = await getCoverage(deps, actorOfRequest(request), campaign, county);
      const { gaps } = found;
      return {
        schools: [...found.schools],
        missing: [...found.missing],
        groups: [...found.groups],
        total: found.total,
        byLocation: [...found.byLocation],
        byTownship: [...found.byTownship],
        gaps: { ...gaps, groups: [...gaps.groups] },
      };
    },
  );
  app.post(
    `${base}/frame`,
    {
      config: { who: 'frame.freeze' },
      schema: {
        tags,
        operationId: 'freezeFrame',
        summary: 'Freeze the frame and fix its root.',
        params: countyParams,
        response: { 200: campaignCountySchema, ...conflict },
      },
    },
    async (request) => {
      const { campaign, county } = request.params;
      await freezeFrame(deps, actorOfRequest(request), campaign, county);
      return countyNow(request, request.params);
    },
  );
  app.post(
    `${base}/draw`,
    {
      config: { who: 'draw.seed' },
      schema: {
        tags,
        operationId: 'drawSample',
        summary: 'Draw the sample from the inspector’s dice; once.',
        params: countyParams,
        body: diceSchema,
        response: { 200: campaignCountySchema, ...conflict },
      },
    },
    async (request) => {
      const { campaign, county } = request.params;
      await drawSample(deps, actorOfRequest(request), campaign, county, request.body.dice);
      return countyNow(request, request.params);
    },
  );
  app.post(
    `${base}/draw/resume`,
    {
      config: { who: 'draw.resume' },
      schema: {
        tags,
        operationId: 'resumeDraw',
        summary: 'Finish an interrupted draw with the same seed.',
        params: countyParams,
        response: { 200: campaignCountySchema, ...conflict },
      },
    },
    async (request) => {
      const { campaign, county } = request.params;
      await resumeDraw(deps, actorOfRequest(request), campaign, county);
      return countyNow(request, request.params);
    },
  );
  app.get(
    `${base}/strata`,
    {
      config: { who: 'draw.view' },
      schema: {
        tags,
        operationId: 'getStrata',
        summary: 'Root, seed, quotas and strata of the draw.',
        params: countyParams,
        response: { 200: strataSchema },
      },
    },
    async (request) => {
      const { campaign, county } = request.params;
      const view = await viewDraw(deps, actorOfRequest(request), campaign, county);
      return {
        county: presentCounty(view.county),
        sampling: [...view.sampling],
        reporting: view.reporting.map((s) => ({ ...s, schools: [...s.schools] })),
      };
    },
  );
  app.post(
    `${base}/late`,
    {
      config: { who: 'frame.late' },
      schema: {
        tags,
        operationId: 'issueLateCodes',
        summary: 'Issue codes to late additions, outside every denominator.',
        params: countyParams,
        response: { 200: campaignCountySchema, ...conflict },
      },
    },
    async (request) => {
      const { campaign, county } = request.params;
      await issueLateCodes(deps, actorOfRequest(request), campaign, county);
      return countyNow(request, request.params);
    },
  );
  app.get(
    `${base}/exports`,
    {
      config: { who: 'draw.view' },
      schema: {
        tags,
        operationId: 'listExports',
        summary: 'Exports of codes made so far: who, when, how many; no code.',
        params: countyParams,
        response: { 200: z.array(exportSchema) },
      },
    },
    async (request) => {
      const { campaign, county } = request.params;
      return (await listExports(deps, actorOfRequest(request), campaign, county)).map(presentExport);
    },
  );
  app.post(
    `${base}/exports`,
    {
      config: { who: 'codes.export' },
      schema: {
        tags,
        operationId: 'exportCodes',
        summary: 'Messages with codes as a file for the SMS platform or the printer; recorded.',
        params: countyParams,
        body: newExportSchema,
        response: { 200: fileReply('The file itself.', 'text/csv', xlsxType), ...conflict },
      },
    },
    async (request, reply) => {
      const { kind, format, text } = request.body;
      const made = await exportMessages(deps, actorOfRequest(request), {
        campaign: request.params.campaign,
        county: request.params.county,
        kind,
        format,
        template: text,
      });
      return sendFile(reply, made);
    },
  );
  app.post(
    `${base}/exports/preview`,
    {
      config: { who: 'codes.export' },
      schema: {
        tags,
        operationId: 'previewMessage',
        summary: 'The text of a message, its length and its faults, before anything is exported.',
        params: countyParams,
        body: newMessagePreviewSchema,
        response: { 200: messagePreviewSchema },
      },
    },
    async (request) => {
      const sms = await previewMessage(deps, actorOfRequest(request), {
        campaign: request.params.campaign,
        county: request.params.county,
        kind: request.body.kind,
        template: request.body.text,
      });
      const { text, length, segments } = sms;
      const [issues, warnings] = [sms.issues, sms.warnings].map((list) =>
        list.map((issue) => presentIssue(textsOf(request), issue)),
      );
      return { text, units: length, segments, issues: issues!, warnings: warnings! };
    },
  );
  app.get(
    `${base}/links`,
    {
      config: { who: 'links.manage' },
      schema: {
        tags,
        operationId: 'listLinks',
        summary: 'Open links by school and group.',
        params: countyParams,
        response: { 200: z.array(linkSchema) },
      },
    },
    async (request) => {
      const { campaign, county } = request.params;
      const links = await listLinks(deps, actorOfRequest(request), campaign, county);
      return links.map((l) => presentLink(deps.publicUrl, l));
    },
  );
  app.post(
    `${base}/links`,
    {
      config: { who: 'links.manage' },
      schema: {
        tags,
        operationId: 'createLinks',
        summary: 'Make open links for these groups.',
        params: countyParams,
        body: newLinksSchema,
        response: { 201: z.array(linkSchema), ...conflict },
      },
    },
    async (request, reply) => {
      const { campaign, county } = request.params;
      const links = await createLinks(deps, actorOfRequest(request), campaign, county, request.body.groups);
      return reply.code(201).send(links.map((l) => presentLink(deps.publicUrl, l)));
    },
  );

  app.get(
    `${base}/plan`,
    {
      config: { who: 'draw.view' },
      schema: {
        tags,
        operationId: 'planSurvey',
        summary:
          'How many to ask, what return can be reached, and which places will be visible. Changes nothing.',
        params: countyParams,
        querystring: planQuery,
        response: { 200: planSchema },
      },
    },
    async (request) => {
      const { campaign, county } = request.params;
      const { groups, ...plan } = await planSurvey(
        deps,
        actorOfRequest(request),
        campaign,
        county,
        request.query,
      );
      return {
        ...plan,
        groups: groups.map((g) => ({
          ...g,
          halfWidth: Number.isFinite(g.halfWidth) ? g.halfWidth : null,
          cells: g.cells.map((cell) => ({ ...cell, schools: [...cell.schools] })),
        })),
      };
    },
  );

  await app.register(async (scope: Api) => {
    await scope.register(uploads);
    scope.post(
      `${base}/schools`,
      {
        config: { who: 'roll.prepare', upload: true, form: importForm },
        schema: {
          tags,
          operationId: 'importSchools',
          summary: 'Send the list of schools (.xlsx, .csv).',
          params: countyParams,
          querystring: importForm.extend({ fileName }),
          response: {
            200: z.object({
              saved: z.int(),
              faults: z.array(faultSchema),
              warnings: z.array(issueSchema).describe('What is hidden; of several sheets, each sheet.'),
            }),
            ...conflict,
          },
        },
      },
      async (request, reply) => {
        const { campaign, county } = request.params;
        const t = textsOf(request);
        const { fields, ...upload } = await readUpload(request, reply);
        const result = await importSchools(deps, actorOfRequest(request), campaign, county, {
          ...fileOf(upload),
          mapping: mappingOf(askedOf(importForm, request.query, fields).mapping, schoolFields),
        });
        return {
          saved: result.saved,
          faults: result.faults.map((f) => presentFault(t, f)),
          warnings: result.warnings.map((w) => presentIssue(t, w)),
        };
      },
    );
    scope.post(
      `${base}/fates`,
      {
        config: { who: 'codes.export', upload: true, form: importForm },
        schema: {
          tags,
          operationId: 'importFates',
          summary: 'Send delivery reports (.xlsx, .csv): a phone and a word in each row; counted at close.',
          params: countyParams,
          querystring: importForm.extend({ fileName }),
          response: { 200: fatesSchema, ...conflict },
        },
      },
      async (request, reply) => {
        const { campaign, county } = request.params;
        const t = textsOf(request);
        const { fields, ...upload } = await readUpload(request, reply);
        const imported = await importFates(deps, actorOfRequest(request), campaign, county, {
          ...fileOf(upload),
          mapping: mappingOf(askedOf(importForm, request.query, fields).mapping, fateFields),
        });
        const { faults, warnings, ...result } = imported;
        return {
          ...result,
          faults: faults.map((f) => presentFault(t, f)),
          warnings: warnings.map((w) => presentIssue(t, w)),
        };
      },
    );
    scope.post(
      `${base}/preview`,
      {
        config: { who: 'roll.prepare', upload: true, form: previewForm },
        schema: {
          tags,
          operationId: 'previewFile',
          summary: 'The first rows of a file, for choosing its columns. Nothing is kept.',
          params: countyParams,
          querystring: previewForm.extend({ fileName }),
          response: { 200: previewSchema },
        },
      },
      async (request, reply) => {
        const { campaign, county } = request.params;
        const { fields, ...upload } = await readUpload(request, reply);
        const { kind = 'roll', group, sheet } = askedOf(previewForm, request.query, fields);
        const preview = await previewTable(
          deps,
          actorOfRequest(request),
          campaign,
          county,
          { kind, group, sheet },
          fileOf(upload),
        );
        return {
          ...preview,
          rows: preview.rows.map(({ row, cells }) => ({ row, cells: [...cells] })),
          columns: Object.fromEntries(Object.entries(preview.columns).map(([f, list]) => [f, [...list]])),
        };
      },
    );
    scope.post(
      `${base}/imports`,
      {
        config: { who: 'roll.prepare', upload: true, form: rollForm },
        schema: {
          tags,
          operationId: 'importRoll',
          summary:
            'Send a roll (.xlsx, .csv); it is read and staged, not applied. A long one is still `reading` in the reply: ask for the import until it is `staged` or `discarded`.',
          params: countyParams,
          querystring: rollForm.extend({ fileName }),
          response: { 201: importSchema, ...conflict },
        },
      },
      async (request, reply) => {
        const { fields, ...upload } = await readUpload(request, reply);
        const { group, lateReason, mapping } = askedOf(rollForm, request.query, fields);
        if (group === undefined) throw new AppError('invalid', 'upload.group');
        const reading = await startReading(deps, actorOfRequest(request), {
          campaign: request.params.campaign,
          county: request.params.county,
          group,
          ...fileOf(upload),
          mapping: mappingOf(mapping, frameFields),
          lateReason,
        });
        await answerWithin(reading);
        const staged = await getImport(deps, actorOfRequest(request), reading.id);
        return reply.code(201).send(presentImport(textsOf(request), staged));
      },
    );
  });
}

/** A generated file; it passes no serializer. */
export function sendFile(
  reply: FastifyReply,
  made: { readonly fileName: string; readonly contentType: string; readonly body: readonly Uint8Array[] },
): never {
  downloadAs(reply, made.fileName);
  reply.type(made.contentType);
  return reply.send(Buffer.concat(made.body)) as never;
}
