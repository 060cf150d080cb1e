import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '../../../domain/errors.ts';
import { largestLogo, type Settings } from '../../../domain/model/settings.ts';
import { changeSettings, viewSettings } from '../../../operations/service/settings.ts';
import { actorOfRequest, anyone } from '../../plugins/access.ts';
import { readUpload, uploads } from '../../plugins/uploads.ts';
import { attempt, contextOf, formOf, sayDone, textOf, type PagesOptions } from '../pages.ts';
import type { PageProblem } from '../page-view.ts';
import { settingsPage, type SettingsValues } from './view.ts';

const valuesOf = (s: Settings): SettingsValues => ({ ...s, storageMonths: String(s.storageMonths) });

/** One byte more than the limit of a logo. */
async function readBytes(source: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of source) {
    if (length <= largestLogo) parts.push(part);
    length += part.length;
  }
  return new Uint8Array(Buffer.concat(parts));
}

export async function settingsPages(app: FastifyInstance, { deps }: PagesOptions): Promise<void> {
  const edit = { config: { who: 'settings.edit' } } as const;
  async function show(
    request: FastifyRequest,
    reply: FastifyReply,
    values?: SettingsValues,
    problem?: PageProblem,
  ) {
    const settings = await viewSettings(deps, actorOfRequest(request));
    const { t } = request.page;
    const yes = (is: boolean) => t(is ? 'staff.trail.yes' : 'staff.trail.no-word');
    const { http } = deps;
    return settingsPage(contextOf(request, reply), {
      values: values ?? valuesOf(settings),
      hasLogo: settings.logo !== null,
      icpFallback: http.icpNumber,
      environment: [
        [t('staff.settings.public-url'), deps.publicUrl],
        [t('staff.settings.self-administered'), yes(http.selfAdministered)],
        [
          t('staff.settings.second-factor'),
          t(
            http.accounts?.secondFactor === 'required'
              ? 'staff.roles.factor-needed'
              : 'staff.roles.factor-free',
          ),
        ],
        [t('staff.settings.backups'), yes(deps.backupDir !== null)],
        [
          t('staff.settings.witnesses'),
          (deps.witnesses ?? []).map((w) => w.name).join(t('staff.list-comma')) || '–',
        ],
        [t('staff.settings.metrics'), yes(http.metricsToken !== null)],
      ],
      ...(problem && { problem }),
    });
  }
  app.get('/settings', edit, async (request, reply) => reply.html(await show(request, reply)));
  app.post('/settings', edit, async (request, reply) => {
    const form = formOf(request);
    const values: SettingsValues = {
      organisation: textOf(form, 'organisation'),
      phone: textOf(form, 'phone'),
      icpNumber: textOf(form, 'icpNumber'),
      storageMonths: textOf(form, 'storageMonths'),
    };
    return attempt(
      reply,
      async () => {
        const months = values.storageMonths.trim();
        const storageMonths = /^[0-9]{1,4}$/.test(months) ? Number(months) : Number.NaN;
        app.settings.put(await changeSettings(deps, actorOfRequest(request), { ...values, storageMonths }));
        sayDone(request, 'staff.settings.done');
        return '/staff/settings';
      },
      (problem) => show(request, reply, values, problem),
    );
  });
  app.post('/settings/logo/remove', edit, async (request, reply) => {
    app.settings.put(await changeSettings(deps, actorOfRequest(request), { logo: null }));
    sayDone(request, 'staff.settings.logo.removed');
    return reply.redirect('/staff/settings#logo', 303);
  });
  await app.register(async (scope) => {
    await scope.register(uploads);
    scope.post('/settings/logo', { config: { ...edit.config, upload: true } }, async (request, reply) =>
      attempt(
        reply,
        async () => {
          const { source } = await readUpload(request, reply);
          app.settings.put(
            await changeSettings(deps, actorOfRequest(request), { logo: await readBytes(source) }),
          );
          sayDone(request, 'staff.settings.logo.done');
          return '/staff/settings#logo';
        },
        (problem) => {
          // The only field that it has.
          const issues = problem.issues?.map((issue) => ({ ...issue, path: 'logo' })) ?? [];
          return show(request, reply, undefined, { ...problem, issues });
        },
      ),
    );
  });
  // The log-in page shows it too.
  app.get('/logo', anyone, async (_request, reply) => {
    const { logo } = app.settings.current;
    if (logo === null) throw new AppError('not-found', 'http.not-found');
    return reply
      .header('cache-control', 'private, max-age=86400')
      .type(logo.type)
      .send(Buffer.from(logo.base64, 'base64'));
  });
}
