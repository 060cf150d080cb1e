import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { safeFileName } from '../../../domain/file-name.ts';
import { campaignIdSchema, countyCodeSchema } from '../../../domain/model/ids.ts';
import { trailTopics, type TrailTopic } from '../../../domain/model/trail.ts';
import { trailCsv } from '../../../export/trail-csv.ts';
import { getCampaign } from '../../../operations/campaign/campaigns.ts';
import { eachTrailEntry, listTrail, trailNames, trailPageSize } from '../../../operations/trail.ts';
import { downloadAs } from '../../download.ts';
import { actorOfRequest } from '../../plugins/access.ts';
import { contextOf, fromDay, query, type PagesOptions } from '../pages.ts';
import { trailPage, type ShownFilter } from './view.ts';

const dayMs = 86_400_000;

/** As requested, and as passed to the storage; invalid days, counties or topics are ignored. */
function filterOf(request: FastifyRequest) {
  const shown: ShownFilter = {
    topic: query(request, 'topic'),
    actor: query(request, 'actor').slice(0, 64),
    campaign: query(request, 'campaign'),
    county: query(request, 'county'),
    from: query(request, 'from'),
    to: query(request, 'to'),
  };
  const day = (text: string) => {
    const end = fromDay(text);
    return Number.isNaN(end) ? null : end + 1000;
  };
  const first = day(shown.from);
  const campaign = campaignIdSchema.safeParse(shown.campaign);
  const county = countyCodeSchema.safeParse(shown.county);
  const before = Number(query(request, 'before'));
  return {
    shown,
    asked: {
      campaign: campaign.success ? campaign.data : null,
      county: county.success ? county.data : null,
      topic: Object.hasOwn(trailTopics, shown.topic) ? (shown.topic as TrailTopic) : null,
      actor: shown.actor.trim(),
      from: first === null ? null : first - dayMs,
      until: day(shown.to),
      before: Number.isSafeInteger(before) && before > 0 ? before : null,
    },
  };
}

export async function trailPages(app: FastifyInstance, { deps }: PagesOptions): Promise<void> {
  const view = { config: { who: 'trail.view' } } as const;
  app.get('/trail', view, async (request, reply) => {
    const actor = actorOfRequest(request);
    const { shown, asked } = filterOf(request);
    const campaign = asked.campaign === null ? null : await getCampaign(deps, actor, asked.campaign);
    const entries = await listTrail(deps, actor, asked);
    const last = entries.at(-1);
    return reply.html(
      trailPage(contextOf(request, reply), {
        entries,
        campaign,
        names: await trailNames(deps, actor),
        filter: shown,
        older: last !== undefined && entries.length === trailPageSize ? last.no : null,
      }),
    );
  });
  app.get('/trail.csv', view, async (request, reply) => {
    const actor = actorOfRequest(request);
    const { asked } = filterOf(request);
    if (asked.campaign !== null) await getCampaign(deps, actor, asked.campaign);
    const { t } = request.page;
    downloadAs(reply, safeFileName(t('staff.trail.file'), 'csv'));
    reply.type('text/csv; charset=utf-8');
    const names = await trailNames(deps, actor);
    return reply.send(Readable.from(trailCsv(t, eachTrailEntry(deps, actor, asked), names)));
  });
}
