/**
 * The public notice of a determination: its text, and the progress of the stages. Only during the notice period, and without
 * figures.
 */
import type { FastifyPluginAsync } from 'fastify';
import { z } from 'zod';
import { AppError } from '../../domain/errors.ts';
import { campaignIdSchema, countyCodeSchema } from '../../domain/model/ids.ts';
import { noticePage } from '../../html/notice.ts';
import { readNotice } from '../../operations/inspection/sheet.ts';
import type { HttpDeps } from '../deps.ts';
import { anyone } from '../plugins/access.ts';

const params = z.object({ campaign: campaignIdSchema, county: countyCodeSchema });

export function noticeRoutes(deps: HttpDeps): FastifyPluginAsync {
  return async (app) => {
    app.get('/notice/:campaign/:county', anyone, async (request, reply) => {
      const parsed = params.safeParse(request.params);
      if (!parsed.success) throw new AppError('not-found', 'http.not-found');
      const { county, campaign, notice, regime, stages } = await readNotice(
        deps,
        parsed.data.campaign,
        parsed.data.county,
      );
      const { t, language } = request.page;
      const text = (of: Readonly<Record<string, string>>) => of[language] ?? of['zh-CN'] ?? '';
      return reply.html(
        noticePage(request.page, {
          kind: 'respondent',
          title: t('inspection.notice.title', { county: county.name }),
          demo: campaign.demo,
          lines: [
            ...notice.text.split('\n'),
            t('inspection.notice.period', { from: notice.from, to: notice.to }),
            t('inspection.notice.contact-line', { contact: notice.contact }),
            t('inspection.notice.rules', { title: text(regime.title) }),
            ...regime.stages.map((stage) => {
              const outcome = stages[stage.id]?.conclusion?.outcome;
              const state = t(
                outcome === undefined ? 'inspection.notice.open' : `inspection.outcome.${outcome}`,
              );
              return t('inspection.notice.stage', { stage: text(stage.title), state });
            }),
          ],
        }),
      );
    });
  };
}
