/** The step of rolls and quotas: what would be drawn now, and how many codes a number of answers needs. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { draftVersion } from '../../../domain/campaign/decide-draft.ts';
import { AppError } from '../../../domain/errors.ts';
import { countyCodeSchema } from '../../../domain/model/ids.ts';
import { raiseOf } from '../../../domain/scoring/rules/quota-rule.ts';
import { getProfile } from '../../../operations/campaign/lookup.ts';
import { raiseToNeed, restoreQuotas, viewNeed, viewQuotas } from '../../../operations/campaign/quotas.ts';
import { actorOfRequest } from '../../plugins/access.ts';
import type { PageProblem } from '../page-view.ts';
import {
  attempt,
  campaignOf,
  contextOf,
  formOf,
  query,
  sayDone,
  textOf,
  type PagesOptions,
} from '../pages.ts';
import { formatCount } from '../page-view.ts';
import { quotasPage } from './steps-view.ts';

const base = '/campaigns/:campaign/setup/quotas';
const edit = { config: { who: 'campaign.edit' } } as const;

export async function setupQuotasPages(app: FastifyInstance, { deps }: PagesOptions): Promise<void> {
  async function show(request: FastifyRequest, reply: FastifyReply, problem?: PageProblem) {
    const campaign = await campaignOf(deps, request);
    const actor = actorOfRequest(request);
    const { counties } = campaign;
    const profile = await getProfile(deps, campaign.profile);
    const county = counties.find((one) => one.code === query(request, 'county')) ?? counties[0];
    const isFixed = campaign.state !== 'draft' || counties.some((one) => one.frameState !== 'preparing');
    const version = isFixed ? null : draftVersion(campaign);
    const hasQuotas = profile.quota.kind === 'per-mille' || profile.quota.kind === 'tiers';
    const typed = { valid: query(request, 'valid'), of100: query(request, 'of100') };
    const asked = problem === undefined && request.method === 'GET' ? typed : {};
    return quotasPage(contextOf(request, reply), {
      ...{ campaign, problem },
      counties: await viewQuotas(deps, actor, campaign.id),
      raised: raiseOf(profile) === null ? null : version,
      need:
        county === undefined || !hasQuotas
          ? null
          : {
              ...{ county, counties, version, areSeveral: counties.length > 1 },
              need: await viewNeed(deps, actor, campaign.id, county.code, asked),
              typed: problem === undefined ? undefined : typed,
            },
    });
  }
  app.get(base, edit, async (request, reply) =>
    attempt(
      reply,
      () => show(request, reply),
      (problem) => show(request, reply, problem),
    ),
  );

  app.post(`${base}/raise`, edit, async (request, reply) =>
    attempt(
      reply,
      async () => {
        const form = formOf(request);
        const { id } = await campaignOf(deps, request);
        const county = countyCodeSchema.safeParse(textOf(form, 'county'));
        if (!county.success) throw new AppError('not-found', 'http.not-found');
        const question = { valid: Number(textOf(form, 'valid')), of100: Number(textOf(form, 'of100')) };
        const need = await raiseToNeed(
          deps,
          actorOfRequest(request),
          { campaign: id, county: county.data, question, version: textOf(form, 'version') },
          (planned, name) => {
            const text = (language: 'zh-CN' | 'en') =>
              app.pageContext(language).t('staff.plan.note', {
                ...{ county: name, count: planned.toIssue, rule: planned.byRule ?? 0 },
                ...planned.question,
              });
            return { 'zh-CN': text('zh-CN'), en: text('en') };
          },
        );
        sayDone(request, 'staff.plan.done', { count: formatCount(need.toIssue) });
        const { valid, of100 } = need.question;
        return `/staff/campaigns/${id}/setup/quotas?county=${county.data}&valid=${valid}&of100=${of100}`;
      },
      (problem) => show(request, reply, problem),
    ),
  );

  app.post(`${base}/restore`, edit, async (request, reply) =>
    attempt(
      reply,
      async () => {
        const { id } = await campaignOf(deps, request);
        await restoreQuotas(deps, actorOfRequest(request), id, textOf(formOf(request), 'version'));
        sayDone(request, 'staff.plan.restored');
        return `/staff/campaigns/${id}/setup/quotas`;
      },
      (problem) => show(request, reply, problem),
    ),
  );
}
