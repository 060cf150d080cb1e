/** Call lists: lists without numbers, one number at a time, and outcomes. Planning and draws go through `changeInspection`. */
import { z } from 'zod';
import { interviewOutcomeNames, outcomeRates } from '../../../domain/inspection/interviews.ts';
import { invitationOutcomes, symposiumKinds } from '../../../domain/inspection/symposiums.ts';
import { campaignIdSchema } from '../../../domain/model/ids.ts';
import { groupSchema } from '../../../domain/model/vocabulary.ts';
import type { Figure } from '../../../domain/scoring/figure.ts';
import { callLists, noteCall, showNumber, viewCalls } from '../../../operations/inspection/calls.ts';
import { listSpotSurveys, makeSpotSurvey } from '../../../operations/inspection/spot.ts';
import { actorOfRequest } from '../../plugins/access.ts';
import { conflict, type Api, type ApiOptions } from '../api.ts';
import { iso } from '../present.ts';
import { count, countyParams, time, timeInput } from '../shapes.ts';

const base = '/campaigns/:campaign/counties/:county/inspection';
const tags = ['inspection'];
const callSchema = z.strictObject({
  list: z.enum(callLists),
  no: z.int().min(1).max(1000).describe('Of the symposium or the call sheet.'),
  at: z.int().min(1).max(1000).describe('Place in the list, from 1.'),
});
const share = z.number().min(0).max(1).nullable();
const personOf = <Outcome extends z.ZodType>(outcome: Outcome) =>
  z.object({ shown: count.describe('How often the number was shown.'), outcome: outcome.nullable() });
const listsSchema = z.object({
  symposiums: z.array(
    z.object({
      no: count,
      kind: z.enum(symposiumKinds),
      people: z.array(personOf(z.enum(invitationOutcomes))),
    }),
  ),
  sheets: z.array(
    z.object({
      no: count,
      group: groupSchema,
      people: z.array(personOf(z.enum(interviewOutcomeNames))),
      responseRate: share.describe('AAPOR RR1.'),
      cooperationRate: share.describe('AAPOR COOP1.'),
      contactRate: share.describe('AAPOR CON1.'),
      refusalRate: share.describe('AAPOR REF1.'),
    }),
  ),
});

const valueSchema = z
  .object({ value: z.number(), n: count, low: z.number().nullable(), high: z.number().nullable() })
  .nullable()
  .describe('null: suppressed, or nobody answered.');
const spotsSchema = z.array(
  z.object({
    campaign: campaignIdSchema,
    state: z.string(),
    closesAt: time,
    handOut: z.array(z.object({ school: z.string(), group: groupSchema, from: count, to: count })),
    waits: z
      .enum(['spot-open', 'county-open', 'spot-unreleased', 'county-unreleased'])
      .nullable()
      .describe('Why there are no rows.'),
    rows: z
      .array(
        z.object({
          group: groupSchema,
          county: valueSchema,
          spot: valueSchema,
          interviews: valueSchema.describe('Entered by interviewers: in neither figure.'),
          difference: z
            .object({
              value: z.number(),
              low: z.number(),
              high: z.number(),
              change: z.enum(['up', 'down', 'unclear']),
            })
            .nullable(),
        }),
      )
      .nullable(),
  }),
);

export async function onsiteApi(app: Api, { deps }: ApiOptions): Promise<void> {
  app.get(
    `${base}/calls`,
    {
      config: { who: 'inspection.call' },
      schema: {
        tags,
        operationId: 'getCalls',
        summary: 'Who is to be called: the invited of symposiums and call sheets, without numbers.',
        params: countyParams,
        response: { 200: listsSchema },
      },
    },
    async (request) => {
      const { campaign, county } = request.params;
      const { symposiums, sheets } = await viewCalls(deps, actorOfRequest(request), campaign, county);
      const peopleOf = <T>(people: readonly { readonly shown: number; readonly outcome: T }[]) =>
        people.map(({ shown, outcome }) => ({ shown, outcome }));
      return {
        symposiums: symposiums.map((m) => ({
          ...{ no: m.no, kind: m.kind },
          people: peopleOf(m.draw?.invited ?? []),
        })),
        sheets: sheets.map(({ no, group, people }) => {
          const { responseRate, cooperationRate, contactRate, refusalRate } = outcomeRates(people);
          return {
            ...{ no, group, people: peopleOf(people) },
            ...{ responseRate, cooperationRate, contactRate, refusalRate },
          };
        }),
      };
    },
  );
  app.post(
    `${base}/calls/numbers`,
    {
      config: { who: 'inspection.call' },
      schema: {
        tags,
        operationId: 'showNumber',
        summary: 'One number. That it is shown, to whom and when, is a leaf of the evidence log first.',
        params: countyParams,
        body: callSchema,
        response: {
          200: z.object({
            phone: z.string().describe('Empty: the roll has none.'),
            school: z.string().nullable(),
          }),
          ...conflict,
        },
      },
    },
    async (request) => {
      const { campaign, county } = request.params;
      const { phone, school } = await showNumber(
        deps,
        actorOfRequest(request),
        campaign,
        county,
        request.body,
      );
      return { phone, school };
    },
  );
  app.post(
    `${base}/calls/outcomes`,
    {
      config: { who: 'inspection.call' },
      schema: {
        tags,
        operationId: 'noteCall',
        summary: 'Record the outcome of a call. Required before the same account is shown the next number.',
        params: countyParams,
        body: callSchema.extend({
          outcome: z
            .enum([...new Set([...invitationOutcomes, ...interviewOutcomeNames])])
            .describe('Of an invitation or of an interview, as its list has them.'),
        }),
        response: { 204: z.null(), ...conflict },
      },
    },
    async (request, reply) => {
      const { campaign, county } = request.params;
      await noteCall(deps, actorOfRequest(request), campaign, county, request.body);
      return reply.code(204).send(null);
    },
  );
  app.post(
    `${base}/spot-surveys`,
    {
      config: { who: 'inspection.configure' },
      schema: {
        tags,
        operationId: 'makeSpotSurvey',
        summary: 'A campaign of its own at the sample schools, by slips, without a roll; open at once.',
        params: countyParams,
        body: z.strictObject({
          slips: z
            .array(z.strictObject({ group: groupSchema, count: z.int().min(10).max(5000) }))
            .min(1)
            .max(6),
          closesAt: timeInput,
        }),
        response: { 201: z.object({ campaign: campaignIdSchema }), ...conflict },
      },
    },
    async (request, reply) => {
      const { campaign, county } = request.params;
      const { slips, closesAt } = request.body;
      const made = await makeSpotSurvey(deps, actorOfRequest(request), campaign, county, { slips, closesAt });
      return reply.code(201).send({ campaign: made.id });
    },
  );
  app.get(
    `${base}/spot-surveys`,
    {
      config: { who: 'inspection.view' },
      schema: {
        tags,
        operationId: 'listSpotSurveys',
        summary: 'Spot surveys beside the county’s own, group by group, once both have closed.',
        params: countyParams,
        response: { 200: spotsSchema },
      },
    },
    async (request) => {
      const { campaign, county } = request.params;
      const spots = await listSpotSurveys(deps, actorOfRequest(request), campaign, county);
      return spots.map(({ survey, campaign: own, rows, waits }) => ({
        campaign: own.id,
        state: own.state,
        closesAt: iso(own.closesAt),
        handOut: survey.handOut.map((h) => ({ ...h })),
        waits,
        rows:
          rows &&
          rows.map((r) => ({
            ...{ group: r.group, county: valueOf(r.county), spot: valueOf(r.spot) },
            interviews: valueOf(r.interviews),
            difference:
              r.difference.kind === 'difference'
                ? {
                    value: r.difference.value,
                    low: r.difference.interval.low,
                    high: r.difference.interval.high,
                    change: r.difference.change,
                  }
                : null,
          })),
      }));
    },
  );
}

function valueOf(figure: Figure) {
  if (figure.kind !== 'estimate') return null;
  const { value, n, interval } = figure;
  return { value, n, low: interval?.low ?? null, high: interval?.high ?? null };
}
