import { z } from 'zod';
import { actorOfRequest } from '../../plugins/access.ts';
import { assertMay } from '../../../domain/campaign/permissions.ts';
import { countyCodeSchema } from '../../../domain/model/ids.ts';
import { changeComment, listComments } from '../../../operations/answer/comments.ts';
import { viewPressure } from '../../../operations/answer/pressure.ts';
import { viewRates } from '../../../operations/summary/rates.ts';
import { auditCampaign, auditTrail } from '../../../operations/evidence/audit.ts';
import { recountCampaign } from '../../../operations/evidence/recount.ts';
import { getBallot } from '../../../operations/summary/ballot.ts';
import { compareClaimed } from '../../../operations/summary/claimed.ts';
import { readUpload, uploads } from '../../plugins/uploads.ts';
import { compareCounties, getReport, type SummaryReport } from '../../../operations/summary/summary.ts';
import { sendBallotCsv, sendSummaryCsv } from '../../summary-files.ts';
import { conflict, type Api, type ApiOptions } from '../api.ts';
import { fileReply } from '../document.ts';
import { presentAudit, presentLog, presentRates } from '../present.ts';
import { campaignParams, countyParams, readonlyReply } from '../shapes.ts';
import {
  ballotSchema,
  claimedSchema,
  commentChangeSchema,
  commentsSchema,
  pressureSchema,
  ratesSchema,
  summarySchema,
} from './schema.ts';
import { auditSchema, recountSchema } from '../evidence/schema.ts';

const reportSchema = readonlyReply(summarySchema);
const comparisonSchema = readonlyReply(ballotSchema);

function presentReport(report: SummaryReport): z.output<typeof reportSchema> {
  const { log, audit } = report;
  return { ...report, log: presentLog(log), audit: audit && presentAudit(audit) };
}

/** According to `format`: figures for programs, or a table for people. */
function summaryReply<T extends z.ZodType>(schema: T) {
  const table = fileReply('The figures.', 'text/csv');
  return { ...table, content: { 'application/json': { schema }, ...table.content } };
}

const claimedForm = z.object({
  aliases: z
    .string()
    .max(1000)
    .optional()
    .describe('Options that the file writes otherwise, one a line: 比较满意=满意.'),
});

const formatQuery = z.object({ format: z.enum(['json', 'csv']).default('json') });

export async function figuresApi(app: Api, { deps }: ApiOptions): Promise<void> {
  const tags = ['figures'];
  app.get(
    '/campaigns/:campaign/counties/:county/rates',
    {
      config: { who: 'rates.view' },
      schema: {
        tags,
        operationId: 'getRates',
        summary: 'Response rates: coarse and daily while open; after close groups are exact.',
        params: countyParams,
        response: { 200: ratesSchema },
      },
    },
    async (request) => {
      const { campaign, county } = request.params;
      return presentRates(await viewRates(deps, actorOfRequest(request), campaign, county));
    },
  );
  app.get(
    '/campaigns/:campaign/counties/:county/pressure',
    {
      config: { who: 'pressure.view' },
      schema: {
        tags,
        operationId: 'getPressure',
        summary:
          'Who was told what to answer: counted after close, small places one level up. Not for officials.',
        params: countyParams,
        response: { 200: pressureSchema, ...conflict },
      },
    },
    async (request) => {
      const { campaign, county } = request.params;
      const { places, texts, ...rest } = await viewPressure(deps, actorOfRequest(request), campaign, county);
      return { ...rest, places: [...places], texts: [...texts] };
    },
  );
  app.get(
    '/campaigns/:campaign/counties/:county/summary',
    {
      config: { who: 'summary.view' },
      schema: {
        tags,
        operationId: 'getSummary',
        summary: 'The county’s figures; 409 with the closing time before close.',
        params: countyParams,
        querystring: formatQuery,
        response: { 200: summaryReply(reportSchema), ...conflict },
      },
    },
    async (request, reply) => {
      const { campaign, county } = request.params;
      const report = await getReport(deps, actorOfRequest(request), campaign, county);
      if (request.query.format === 'csv') return sendSummaryCsv(request, reply, [report]);
      return presentReport(report);
    },
  );
  app.get(
    '/campaigns/:campaign/counties/:county/ballot',
    {
      config: { who: 'summary.view' },
      schema: {
        tags,
        operationId: 'compareArms',
        summary: 'The arms of a split ballot side by side, with intervals of the differences; after close.',
        params: countyParams,
        querystring: formatQuery,
        response: { 200: summaryReply(comparisonSchema), ...conflict },
      },
    },
    async (request, reply) => {
      const { campaign, county } = request.params;
      const comparison = await getBallot(deps, actorOfRequest(request), campaign, county);
      if (request.query.format === 'csv') return sendBallotCsv(request, reply, comparison);
      return comparison;
    },
  );
  await app.register(async (scope: Api) => {
    await scope.register(uploads);
    scope.post(
      '/campaigns/:campaign/counties/:county/claimed',
      {
        config: { who: 'summary.view', upload: true, form: claimedForm },
        schema: {
          tags,
          operationId: 'compareClaimed',
          summary:
            'A figure that the county claims (an export of a survey platform, .xlsx or .csv) by every formula; after close. The file is not kept.',
          params: countyParams,
          querystring: claimedForm.extend({
            fileName: z.string().max(255).optional().describe('Of a body that is the file itself.'),
          }),
          response: { 200: readonlyReply(claimedSchema), ...conflict },
        },
      },
      async (request, reply) => {
        const { campaign, county } = request.params;
        const { fields, ...upload } = await readUpload(request, reply);
        const aliases = fields['aliases'] ?? request.query.aliases ?? '';
        const { claimed } = await compareClaimed(
          ...([deps, actorOfRequest(request), campaign, county, upload, aliases] as const),
        );
        return {
          ...claimed,
          figures: claimed.figures.map(({ formula, ...figure }) => ({ formula: formula.id, ...figure })),
        };
      },
    );
  });
  app.get(
    '/campaigns/:campaign/summary',
    {
      config: { who: 'summary.view' },
      schema: {
        tags,
        operationId: 'compareSummaries',
        summary: 'Several counties side by side.',
        params: campaignParams,
        querystring: formatQuery.extend({
          county: z
            .union([countyCodeSchema, z.array(countyCodeSchema).min(1).max(100)])
            .describe('Repeat the parameter for each county.'),
        }),
        response: { 200: summaryReply(z.array(reportSchema)), ...conflict },
      },
    },
    async (request, reply) => {
      const actor = actorOfRequest(request);
      const counties = [...new Set([request.query.county].flat())];
      for (const county of counties) assertMay(actor, 'summary.view', county);
      const all = await compareCounties(deps, actor, request.params.campaign, counties);
      if (request.query.format === 'csv') return sendSummaryCsv(request, reply, all);
      return all.map(presentReport);
    },
  );
  app.get(
    '/campaigns/:campaign/counties/:county/comments',
    {
      config: { who: 'comments.view' },
      schema: {
        tags,
        operationId: 'listComments',
        summary: 'Comments, after close; not for officials.',
        params: countyParams,
        response: { 200: commentsSchema, ...conflict },
      },
    },
    async (request) => {
      const { campaign, county } = request.params;
      const found = await listComments(deps, actorOfRequest(request), campaign, county);
      return {
        ...found,
        comments: found.comments.map((comment) => ({ ...comment, topics: [...comment.topics] })),
      };
    },
  );
  app.post(
    '/campaigns/:campaign/counties/:county/comments/:comment',
    {
      config: { who: 'comments.edit' },
      schema: {
        tags,
        operationId: 'changeComment',
        summary:
          'Hide a phrase of a comment, show again what was hidden, or mark it for the report. Each step stands in the trail.',
        params: countyParams.extend({ comment: z.string().max(40) }),
        body: commentChangeSchema,
        response: { 204: z.null(), ...conflict },
      },
    },
    async (request, reply) => {
      const { campaign, county, comment } = request.params;
      await changeComment(deps, actorOfRequest(request), campaign, county, comment, request.body);
      return reply.code(204).send(null);
    },
  );
  app.post(
    '/campaigns/:campaign/audit',
    {
      config: { who: 'recount.run' },
      schema: {
        tags,
        operationId: 'audit',
        summary: 'Compare every table that can change a figure with the evidence log, row by row.',
        params: campaignParams,
        response: { 200: auditSchema },
      },
    },
    async (request) => {
      const actor = actorOfRequest(request);
      const counties = await auditCampaign(deps, actor, request.params.campaign);
      const { entries, breaks } = await auditTrail(deps, actor);
      return {
        trail: { entries, breaks: [...breaks] },
        counties: counties.map(({ size, ...c }) => ({
          ...c,
          logSize: size,
          differences: [...c.differences],
          uncommitted: [...c.uncommitted],
        })),
      };
    },
  );
  app.post(
    '/campaigns/:campaign/recount',
    {
      config: { who: 'recount.run' },
      schema: {
        tags,
        operationId: 'recount',
        summary: 'Decode every response and count again, by other code than the count at close.',
        params: campaignParams,
        response: { 200: recountSchema },
      },
    },
    async (request) => {
      const found = await recountCampaign(deps, actorOfRequest(request), request.params.campaign);
      return found.map((one) => ({ ...one, differences: [...one.differences] }));
    },
  );
}
