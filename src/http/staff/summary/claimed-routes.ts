import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { compareClaimed, type ClaimedView } from '../../../operations/summary/claimed.ts';
import { getReport } from '../../../operations/summary/summary.ts';
import { actorOfRequest } from '../../plugins/access.ts';
import { readUpload, uploads } from '../../plugins/uploads.ts';
import type { PageProblem } from '../page-view.ts';
import { attempt, contextOf, placeOf, type PagesOptions } from '../pages.ts';
import { claimedPage } from './claimed-view.ts';

const base = '/campaigns/:campaign/counties/:county';
const longestAliases = 1000;

/** A county's file is read, shown beside the survey's figures, and not stored. */
export async function claimedPages(app: FastifyInstance, { deps }: PagesOptions): Promise<void> {
  async function show(
    request: FastifyRequest,
    reply: FastifyReply,
    o: { readonly view?: ClaimedView; readonly aliases?: string; readonly problem?: PageProblem } = {},
  ) {
    const { campaign, county } = await placeOf(deps, request);
    const { view = null, aliases = '', problem } = o;
    return claimedPage(contextOf(request, reply), {
      campaign,
      county,
      view,
      aliases,
      ...(problem && { problem }),
    });
  }
  app.get(`${base}/claimed`, { config: { who: 'summary.view' } }, async (request, reply) => {
    const { id, code } = await placeOf(deps, request);
    // Not before there are figures to compare with.
    await getReport(deps, actorOfRequest(request), id, code);
    return reply.html(await show(request, reply));
  });
  await app.register(async (scope) => {
    await scope.register(uploads);
    scope.post(
      `${base}/claimed`,
      { config: { who: 'summary.view', upload: true } },
      async (request, reply) => {
        let aliases = '';
        return attempt(
          reply,
          async () => {
            const { id, code } = await placeOf(deps, request);
            const { fields, ...upload } = await readUpload(request, reply);
            aliases = (fields['aliases'] ?? '').slice(0, longestAliases);
            const view = await compareClaimed(deps, actorOfRequest(request), id, code, upload, aliases);
            return show(request, reply, { view, aliases });
          },
          (problem) => show(request, reply, { aliases, problem }),
        );
      },
    );
  });
}
