import type { FastifyError, FastifyInstance, FastifyRequest } from 'fastify';
import { AppError } from '../../domain/errors.ts';
import { pageOfForm, statusOf } from '../plugins/errors.ts';
import { answerOnce } from '../plugins/once.ts';
import { html } from '../../html/html.ts';
import { staffPage } from './page-view.ts';
import { accountPages } from './account/routes.ts';
import { oidcPages } from './account/oidc.ts';
import { isForm, keptOfBody, readKept } from './account/kept-form.ts';
import { keptPage, logInPage } from './account/view.ts';
import { actionPages } from './campaign/action-routes.ts';
import { campaignPages } from './campaign/routes.ts';
import { controlPages } from './control/routes.ts';
import { drawPages } from './fieldwork/draw-routes.ts';
import { fieldworkPages } from './fieldwork/routes.ts';
import { messagePages } from './messages/routes.ts';
import { rollPages } from './roll/routes.ts';
import { entryPages } from './entry/routes.ts';
import { evidencePages } from './evidence/routes.ts';
import { claimedPages } from './summary/claimed-routes.ts';
import { figurePages } from './summary/routes.ts';
import { paperPages } from './paper/routes.ts';
import { setupCountiesPages } from './setup/counties-routes.ts';
import { setupPages } from './setup/routes.ts';
import { setupQuotasPages } from './setup/quotas-routes.ts';
import { setupTextsPages } from './setup/texts-routes.ts';
import { contextOf, type PagesOptions } from './pages.ts';
import { inspectionPages } from './inspection/routes.ts';
import { helpPages } from './help/routes.ts';
import { healthPages } from './health/routes.ts';
import { programsPages } from './programs/routes.ts';
import { settingsPages } from './settings/routes.ts';
import { templatePages } from './template/routes.ts';
import { trailPages } from './trail/routes.ts';
import { errorWords } from '../../texts/error-words.ts';

/** For signed-in users: texts that exceed their field's limit are shown again, with the fault beside them, rather than lost. */
const formLimit = 4 * 1024 * 1024;

export async function staffPages(
  app: FastifyInstance,
  { deps, throttle, apiDocument }: PagesOptions,
): Promise<void> {
  // Pages send forms. JSON could contain values that no form can (null, objects), and the handlers read fields as texts.
  app.removeContentTypeParser('application/json');
  answerOnce(app);
  app.addHook('onRoute', (route) => {
    if (route.config?.who !== 'public') route.bodyLimit ??= formLimit;
  });
  app.setErrorHandler(async (error: FastifyError | AppError, request, reply) => {
    if (!(error instanceof AppError) || statusOf[error.kind] >= 500) throw error;
    // Refused before the session was read (a form from another site): no staff page can be made.
    if (!hasSession(request)) throw error;
    const step = /^account\.step\.(.*)$/.exec(error.message)?.[1];
    if (step !== undefined)
      return reply.redirect(step === 'password' ? '/staff/account' : '/staff/account/second-factor', 303);
    if (error.kind === 'unauthenticated' && request.method === 'GET')
      return reply.redirect(`/staff/login?next=${encodeURIComponent(request.url)}`, 303);
    if (error.kind === 'unauthenticated' && isForm(request)) {
      const kept = await readKept(request);
      if (kept !== null)
        return reply.code(statusOf.unauthenticated).html(
          logInPage(contextOf(request, reply), {
            ...{ login: '', kept, provider: deps.http.oidc },
            next: kept.page,
          }),
        );
    }
    if (error.message === 'csrf.failed' && request.actor !== null) {
      const kept = keptOfBody(request);
      if (kept !== null)
        return reply.code(statusOf.forbidden).html(keptPage(contextOf(request, reply), kept, 'stale'));
    }
    const c = contextOf(request, reply);
    const { t } = c.page;
    const status = statusOf[error.kind];
    // A file cannot be kept in a page.
    const lost = error.kind === 'unauthenticated' ? pageOfForm(request) : null;
    const sentence = lost
      ? t(request.routeOptions.config.upload === true ? 'login.needed.file' : 'login.needed.form')
      : errorWords(t, error.message, error.params);
    return reply.code(status).html(
      staffPage(c, {
        title: t(`http.status.${status}`),
        body: html`<p>${sentence}</p>
          <p>
            <a
              href="${c.user !== null ? '/staff' : lost ? `/staff/login?next=${encodeURIComponent(lost)}` : '/staff/login'}"
              >${t(c.user === null ? 'staff.log-in' : 'staff.back-home')}</a
            >
          </p>`,
      }),
    );
  });
  for (const part of [
    accountPages,
    oidcPages,
    helpPages,
    campaignPages,
    actionPages,
    setupPages,
    setupCountiesPages,
    setupTextsPages,
    setupQuotasPages,
    templatePages,
    rollPages,
    fieldworkPages,
    drawPages,
    messagePages,
    paperPages,
    entryPages,
    figurePages,
    claimedPages,
    evidencePages,
    inspectionPages,
    controlPages,
    trailPages,
    healthPages,
    settingsPages,
    programsPages,
  ])
    await app.register(part, { deps, throttle, apiDocument });
}

function hasSession(request: FastifyRequest): boolean {
  return Boolean(request.session as unknown);
}
