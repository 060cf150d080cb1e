/**
 * The page behind a school's upload link: one school sends its own roll, without an account, and sees only what it has just sent.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '../../../domain/errors.ts';
import { openUploadLink, receiveBySchool } from '../../../operations/frame/upload-links.ts';
import { postForm, tableField, type PageProblem } from '../../../html/form.ts';
import { attributes, html, type Content, type Html } from '../../../html/html.ts';
import { takesFocus } from '../../../html/parts.ts';
import type { HttpDeps } from '../../deps.ts';
import { statusOf } from '../../plugins/errors.ts';
import { answerWithin, readUploads, uploads } from '../../plugins/uploads.ts';
import { formatCount, staffPage, timeTag, type StaffContext } from '../page-view.ts';
import { contextOf, param, problemFrom } from '../pages.ts';

/** By network: a school tries a few times, a guesser thousands of times. */
const perMinute = 30;
const open = {
  config: { who: 'public', rateLimit: { max: perMinute, timeWindow: 60_000 } },
} as const;

export async function uploadLinkPages(
  app: FastifyInstance,
  { deps }: { readonly deps: HttpDeps },
): Promise<void> {
  /** Whatever the fault of the link, the response is the same. */
  async function linkOf(request: FastifyRequest) {
    try {
      return await openUploadLink(deps, param(request, 'token'));
    } catch (error) {
      await app.limits.countMiss(request);
      throw error;
    }
  }
  async function show(
    request: FastifyRequest,
    reply: FastifyReply,
    sent: readonly { readonly name: string; readonly rows: number; readonly fault: Content }[] = [],
    problem?: PageProblem,
  ) {
    const link = await linkOf(request);
    // The address is a secret: it is not cached, and not sent to another page.
    reply.header('cache-control', 'no-store').header('referrer-policy', 'no-referrer');
    return schoolUploadPage(contextOf(request, reply), {
      school: link.school.name,
      county: link.county.name,
      campaign: link.campaign.name,
      commissioner: link.campaign.commissioner,
      demo: link.campaign.demo,
      expiresAt: link.expiresAt,
      action: `/u/${param(request, 'token')}`,
      sent,
      ...(problem && { problem }),
    });
  }
  app.get('/:token', open, async (request, reply) => reply.html(await show(request, reply)));
  await app.register(async (scope) => {
    await scope.register(uploads);
    scope.post('/:token', { config: { ...open.config, upload: true } }, async (request, reply) => {
      await linkOf(request);
      const sent: { name: string; rows: number; fault: Content }[] = [];
      try {
        for await (const { fileName, source } of readUploads(request, reply)) {
          const reading = await receiveBySchool(deps, param(request, 'token'), { fileName, source });
          const done = reading.done.catch(() => null);
          await answerWithin({ received: reading.received, done });
          const file = await deps.storage.findRollFile(reading.id);
          const { t } = request.page;
          const fault = file?.content?.fault;
          sent.push({
            name: file?.fileName ?? '',
            rows: (file?.content?.sheets ?? []).reduce((n, s) => n + s.rows, 0),
            fault: fault ? t(fault.message, fault.params) : null,
          });
        }
      } catch (error) {
        if (
          !(error instanceof AppError) ||
          !['invalid', 'conflict', 'too-many', 'too-large'].includes(error.kind)
        )
          throw error;
        return reply
          .code(statusOf[error.kind])
          .html(await show(request, reply, sent, problemFrom(request, error)));
      }
      return reply.html(await show(request, reply, sent));
    });
  });
}

function schoolUploadPage(
  c: StaffContext,
  o: {
    readonly school: string;
    readonly county: string;
    readonly campaign: string;
    readonly commissioner: string;
    readonly demo: boolean;
    readonly expiresAt: number;
    readonly action: string;
    readonly sent: readonly { readonly name: string; readonly rows: number; readonly fault: Content }[];
    readonly problem?: PageProblem;
  },
): Html {
  const { t } = c.page;
  return staffPage(
    { ...c, user: null, here: '/staff' },
    {
      title: t('staff.upload-page.title', { school: o.school }),
      subtitle: html`${o.campaign} · ${o.county} · ${o.commissioner}`,
      isRoot: true,
      demo: o.demo,
      problem: o.problem,
      body: html`${
          o.sent.length > 0 &&
          html`<h2>${t('staff.upload-page.received')}</h2>
            <ul role="status" ${attributes(takesFocus)}>
              ${o.sent.map(
                (f) =>
                  html`<li>
                    ${f.name}${t('staff.colon')}${f.fault === null ? t('staff.upload-page.rows', { rows: formatCount(f.rows) }) : html`<span class="bad">${f.fault}</span>`}
                  </li>`,
              )}
            </ul>
            <p>${t('staff.upload-page.after')}</p>`
        }
        ${postForm(
          c,
          { action: o.action, upload: true, narrow: true, problem: o.problem },
          (refused) =>
            html`${tableField(
                c,
                {
                  name: 'file',
                  path: 'files',
                  label: t('staff.files.choose'),
                  hint: t('staff.upload-page.hint'),
                  multiple: true,
                },
                refused,
              )}<button>${t('staff.upload-page.send')}</button>`,
        )}
        <p class="quiet">${t('staff.upload-links.until')} ${timeTag(o.expiresAt)}</p>`,
    },
  );
}
