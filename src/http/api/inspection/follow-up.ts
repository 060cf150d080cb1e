/**
 * Follow-up of an inspection: the rectification list with its re-survey, and the programme of schools. Both are changed by
 * `changeInspection`.
 */
import { z } from 'zod';
import { AppError } from '../../../domain/errors.ts';
import { standingOf } from '../../../domain/inspection/programme.ts';
import { programmeSchema } from '../../../domain/inspection/programme-rules.ts';
import { taskStates } from '../../../domain/inspection/rectification.ts';
import type { Trend } from '../../../domain/scoring/summary/trend.ts';
import { listProgrammes } from '../../../operations/inspection/programmes.ts';
import { viewProgramme } from '../../../operations/inspection/programme.ts';
import { createResurvey, viewRectification } from '../../../operations/inspection/rectification.ts';
import { actorOfRequest } from '../../plugins/access.ts';
import { sendRectification } from '../../inspection-files.ts';
import { conflict, type Api, type ApiOptions } from '../api.ts';
import { campaignSchema } from '../campaign/schema.ts';
import { fileReply, xlsxType } from '../document.ts';
import { iso, presentCampaign } from '../present.ts';
import { count, countyParams, readonlyReply, time, timeInput } from '../shapes.ts';
import { figureSchema } from '../summary/schema.ts';
import { documentOf } from './schema.ts';

const base = '/campaigns/:campaign/counties/:county/inspection';
const tags = ['inspection'];
const dayText = z.iso.date();

const trendSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('difference'),
    value: z.number().describe('Now less before.'),
    interval: z.object({ low: z.number(), high: z.number(), level: z.number() }),
    change: z.enum(['up', 'down', 'unclear']).describe('`unclear`: the interval holds 0.'),
  }),
  z.object({ kind: z.literal('not-comparable'), why: z.string() }),
]);
const presentTrend = (trend: Trend): z.infer<typeof trendSchema> => trend;

const rectificationSchema = readonlyReply(
  z.object({
    version: count,
    list: documentOf('rectification').shape.body,
    counts: z.object(
      Object.fromEntries(taskStates.map((state) => [state, count])) as Record<
        (typeof taskStates)[number],
        typeof count
      >,
    ),
    overdue: z.array(count).describe('Numbers of tasks.'),
    reviewDue: dayText.nullable(),
    resurveys: z.array(
      z.object({
        campaign: z.string(),
        name: z.string(),
        state: z.string(),
        closesAt: time,
        official: trendSchema.nullable().describe('Null: one of the two results may not be seen.'),
        items: z.array(
          z.object({ no: count, before: figureSchema, now: figureSchema, difference: trendSchema }),
        ),
      }),
    ),
  }),
);

const programmeView = readonlyReply(
  z.object({
    version: count,
    rules: z.string().describe('Id of the programme.'),
    units: count.describe('Public schools, each with its teaching points.'),
    byLevel: z.array(z.object({ level: z.string(), count })),
    targets: z.array(
      z.object({
        kind: z.enum(['coverage', 'top']),
        year: z.int(),
        target: z.number(),
        count,
        share: z.number().nullable(),
        meets: z.boolean().nullable().describe('Null: the year is not over.'),
      }),
    ),
    schools: z.array(
      z.object({
        school: z.string(),
        level: z.string().nullable(),
        since: dayText,
        reviewDue: dayText.nullable(),
        isLate: z.boolean(),
      }),
    ),
    document: documentOf('programme').shape.body,
  }),
);

const newResurveySchema = z.object({ name: z.string().min(1).max(100), closesAt: timeInput });

export async function followUpApi(app: Api, { deps }: ApiOptions): Promise<void> {
  app.get(
    `${base}/rectification`,
    {
      config: { who: 'inspection.view' },
      schema: {
        tags,
        operationId: 'getRectification',
        summary: 'The list of rectification, what is late, and what re-surveys show of its items.',
        params: countyParams,
        response: { 200: rectificationSchema, ...conflict },
      },
    },
    async (request) => {
      const { campaign, county } = request.params;
      const found = await viewRectification(deps, actorOfRequest(request), campaign, county);
      return {
        version: found.view.documents.rectification.version,
        list: found.body,
        ...found.state,
        resurveys: found.resurveys.map(({ campaign: own, result }) => ({
          ...{ campaign: own.id, name: own.name, state: own.state, closesAt: iso(own.closesAt) },
          official: result && presentTrend(result.official),
          items: [...(result?.items ?? [])].map(([no, { before, now, trend }]) => ({
            ...{ no, before, now },
            difference: presentTrend(trend),
          })),
        })),
      };
    },
  );
  app.get(
    `${base}/rectification.xlsx`,
    {
      config: { who: 'inspection.view' },
      schema: {
        tags,
        operationId: 'getRectificationXlsx',
        summary: 'The list of rectification as a workbook.',
        params: countyParams,
        response: { 200: fileReply('The workbook.', xlsxType), ...conflict },
      },
    },
    async (request, reply) => {
      const { campaign, county } = request.params;
      const found = await viewRectification(deps, actorOfRequest(request), campaign, county);
      return sendRectification(reply, found, request.language) as never;
    },
  );
  app.post(
    `${base}/re-survey`,
    {
      config: { who: 'campaign.edit' },
      schema: {
        tags,
        operationId: 'createResurvey',
        summary:
          'A draft that asks the survey items of the list again: of this county alone, with the same questionnaires and rules of scoring.',
        params: countyParams,
        body: newResurveySchema,
        response: { 201: campaignSchema, ...conflict },
      },
    },
    async (request, reply) => {
      const { campaign, county } = request.params;
      const made = await createResurvey(deps, actorOfRequest(request), campaign, county, request.body);
      return reply.code(201).send(presentCampaign(made));
    },
  );
  app.get(
    '/programmes',
    {
      config: { who: 'campaign.list' },
      schema: {
        tags,
        operationId: 'listProgrammes',
        summary: 'Programmes of schools that ship with the service.',
        response: { 200: readonlyReply(z.array(programmeSchema)) },
      },
    },
    async () => [...(await listProgrammes())],
  );
  app.get(
    `${base}/programme`,
    {
      config: { who: 'inspection.view' },
      schema: {
        tags,
        operationId: 'getProgramme',
        summary: 'Levels of schools with their applications, and coverage against the yearly targets.',
        params: countyParams,
        response: { 200: programmeView, ...conflict },
      },
    },
    async (request) => {
      const { campaign, county } = request.params;
      const { view, coverage } = await viewProgramme(deps, actorOfRequest(request), campaign, county);
      const { version, body } = view.documents.programme;
      if (coverage === null || body.rules === null)
        throw new AppError('conflict', 'inspection.programme.none');
      const { units, byLevel, targets, reviews } = coverage;
      return {
        ...{ version, rules: body.rules.id, units, byLevel, targets },
        schools: Object.entries(body.levels).map(([school, history]) => {
          const { level, since } = standingOf(history)!;
          const review = reviews.find((r) => r.school === school);
          return { school, level, since, reviewDue: review?.due ?? null, isLate: review?.isLate ?? false };
        }),
        document: body,
      };
    },
  );
}
