import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { countDoNotContact, setDoNotContact } from '../../../operations/message/numbers.ts';
import {
  commandSending,
  listChannels,
  planSendings,
  scheduleSendings,
  sendTest,
  viewSendings,
  type SendingRequest,
  type WatchedSending,
} from '../../../operations/message/schedule.ts';
import type { Sending } from '../../../domain/model/sending.ts';
import type { CampaignId, CountyCode } from '../../../domain/model/ids.ts';
import { actorOfRequest } from '../../plugins/access.ts';
import { conflict, textsOf, type Api, type ApiOptions } from '../api.ts';
import { iso, presentIssue } from '../present.ts';
import { countyParams } from '../shapes.ts';
import {
  channelSchema,
  doNotContactCountSchema,
  doNotContactSchema,
  newSendingsSchema,
  plannedSchema,
  sendingParams,
  sendingSchema,
  testedSchema,
  testMessageSchema,
} from './schema.ts';

const base = '/campaigns/:campaign/counties/:county/sendings';
const tags = ['fieldwork'];

function present(s: Sending & Partial<Pick<WatchedSending, 'contacts' | 'counts'>>) {
  const { campaign: _, audience, result: __, dueAt, at, startedAt, endedAt, ...rest } = s;
  return {
    ...rest,
    ...{ dueAt: iso(dueAt), at: iso(at) },
    startedAt: startedAt === null ? null : iso(startedAt),
    endedAt: endedAt === null ? null : iso(endedAt),
    contacts: s.contacts ?? audience?.reduce((n, a) => n + a.contacts, 0) ?? null,
    counts: s.counts?.map(({ sending: ___, ...count }) => count) ?? null,
  };
}

function requestOf(
  params: { readonly campaign: CampaignId; readonly county: CountyCode },
  { everyCounty, ...rest }: z.output<typeof newSendingsSchema>,
): SendingRequest {
  return { ...rest, campaign: params.campaign, county: everyCounty ? null : params.county };
}

export async function messagesApi(app: Api, { deps }: ApiOptions): Promise<void> {
  const list = async (request: FastifyRequest, { campaign, county }: z.output<typeof countyParams>) =>
    (await viewSendings(deps, actorOfRequest(request), campaign, county)).sendings.map(present);

  app.get(
    '/channels',
    {
      config: { who: 'messages.send' },
      schema: {
        tags,
        operationId: 'listChannels',
        summary: 'Gateways that messages can be sent by, and what each can do.',
        response: { 200: z.array(channelSchema) },
      },
    },
    async () =>
      listChannels(deps).map(({ name, capabilities }) => ({
        name,
        capabilities: { ...capabilities, window: capabilities.window ?? null },
      })),
  );
  app.get(
    base,
    {
      config: { who: 'messages.view' },
      schema: {
        tags,
        operationId: 'listSendings',
        summary: 'What is scheduled and sent, and what became of it.',
        params: countyParams,
        response: { 200: z.array(sendingSchema) },
      },
    },
    async (request) => list(request, request.params),
  );
  app.post(
    `${base}/plan`,
    {
      config: { who: 'messages.send' },
      schema: {
        tags,
        operationId: 'planSendings',
        summary: 'A dry run: who, how many, how many segments, how much, until when. Sends nothing.',
        params: countyParams,
        body: newSendingsSchema,
        response: { 200: plannedSchema, ...conflict },
      },
    },
    async (request) => {
      const planned = await planSendings(
        deps,
        actorOfRequest(request),
        requestOf(request.params, request.body),
      );
      return planned.map(({ county, sendings }) => ({
        county,
        sendings: sendings.map(({ text, dueAt, endsAt, groups, shortfall, ...rest }) => ({
          ...rest,
          ...{ dueAt: iso(dueAt), endsAt: iso(endsAt), groups: [...groups] },
          shortfall: shortfall && { ...shortfall, until: iso(shortfall.until) },
          text: {
            ...{ kind: text.kind, template: text.template, text: text.text },
            ...{ units: text.length, segments: text.segments },
            warnings: text.warnings.map((w) => presentIssue(textsOf(request), w)),
          },
        })),
      }));
    },
  );
  app.post(
    base,
    {
      config: { who: 'messages.send' },
      schema: {
        tags,
        operationId: 'scheduleSendings',
        summary: 'Schedule messages to everybody drawn, in all strata alike; recorded in the log.',
        params: countyParams,
        body: newSendingsSchema,
        response: { 201: z.array(sendingSchema), ...conflict },
      },
    },
    async (request, reply) => {
      const made = await scheduleSendings(
        deps,
        actorOfRequest(request),
        requestOf(request.params, request.body),
      );
      return reply.code(201).send(made.map(present));
    },
  );
  for (const [command, summary] of [
    ['pause', 'Pause a sending.'],
    ['resume', 'Go on with a sending.'],
    ['cancel', 'Cancel what has not gone out of a sending, for good.'],
  ] as const)
    app.post(
      `${base}/:sending/${command}`,
      {
        config: { who: 'messages.send' },
        schema: {
          tags,
          operationId: `${command}Sending`,
          summary,
          params: sendingParams,
          response: { 200: z.array(sendingSchema), ...conflict },
        },
      },
      async (request) => {
        const { campaign, county, sending } = request.params;
        await commandSending(deps, actorOfRequest(request), campaign, county, sending, command);
        return list(request, request.params);
      },
    );
  app.post(
    `${base}/test`,
    {
      config: { who: 'messages.send' },
      schema: {
        tags,
        operationId: 'sendTestMessage',
        summary: 'One message to oneself, with a code that opens nothing.',
        params: countyParams,
        body: testMessageSchema,
        response: { 200: testedSchema, ...conflict },
      },
    },
    async (request) => sendTest(deps, actorOfRequest(request), { ...request.body, ...request.params }),
  );
  app.put(
    '/do-not-contact',
    {
      config: { who: 'messages.send' },
      schema: {
        tags,
        operationId: 'setDoNotContact',
        summary:
          'Put a number on the do-not-contact list of all campaigns, or take it off. Only a keyed digest is stored.',
        body: doNotContactSchema,
        response: { 200: doNotContactCountSchema },
      },
    },
    async (request) => {
      const actor = actorOfRequest(request);
      await setDoNotContact(deps, actor, request.body.phone, request.body.listed);
      return { numbers: await countDoNotContact(deps, actor) };
    },
  );
}
