import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { isExportable } from '../../../domain/code/decide-export.ts';
import { AppError } from '../../../domain/errors.ts';
import { countSlips, paperKinds, printCodes, shownAddress } from '../../../operations/code/paper.ts';
import { readLogStatus } from '../../../operations/evidence/witnesses.ts';
import { actorOfRequest } from '../../plugins/access.ts';
import { toMarkup } from '../../../html/html.ts';
import { paperPage, posterPage, sheetPage } from './view.ts';
import type { PageProblem } from '../page-view.ts';
import { attempt, contextOf, formOf, placeOf, textOf, type PagesOptions } from '../pages.ts';

const base = '/campaigns/:campaign/counties/:county';
const kindSchema = z.enum(paperKinds);

export async function paperPages(app: FastifyInstance, { deps }: PagesOptions): Promise<void> {
  async function show(request: FastifyRequest, reply: FastifyReply, problem?: PageProblem) {
    const { campaign, county, id, code } = await placeOf(deps, request);
    const slips = await countSlips(deps, actorOfRequest(request), id, code);
    return paperPage(contextOf(request, reply), {
      campaign,
      county,
      kinds: paperKinds.filter((kind) =>
        isExportable(campaign.state, kind === 'slips' ? kind : 'invitation'),
      ),
      slips,
      ...(problem && { problem }),
    });
  }
  app.get(`${base}/paper`, { config: { who: 'codes.export' } }, async (request, reply) =>
    reply.html(await show(request, reply)),
  );
  app.post(`${base}/paper`, { config: { who: 'codes.export' } }, async (request, reply) => {
    try {
      const kind = kindSchema.safeParse(textOf(formOf(request), 'kind'));
      if (!kind.success)
        throw new AppError('invalid', 'staff.paper.choose', {
          issues: [{ path: 'kind', message: 'staff.paper.choose' }],
        });
      const { id, code } = await placeOf(deps, request);
      const page = await printCodes(
        deps,
        actorOfRequest(request),
        { campaign: id, county: code, kind: kind.data },
        (sheet) => toMarkup(sheetPage(request.page, app.assets.href('print.css'), sheet)),
      );
      return await reply.type('text/html; charset=utf-8').send(page);
    } catch (error) {
      return attempt(
        reply,
        async () => {
          throw error;
        },
        (problem) => show(request, reply, problem),
      );
    }
  });
  app.get(`${base}/poster`, { config: { who: 'codes.export' } }, async (request, reply) => {
    const { campaign, county, id, code } = await placeOf(deps, request);
    return reply.html(
      posterPage(request.page, app.assets.href('print.css'), {
        campaign,
        county,
        address: shownAddress(deps),
        link: `${deps.publicUrl}/`,
        log: await readLogStatus(deps, id, code),
      }),
    );
  });
}
