/** The draw of a county: dice, result, and progress. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { readDice } from '../../../domain/frame/sample.ts';
import { toHex } from '../../../domain/hash.ts';
import { drawSample, readDrawPercent, resumeDraw, viewDraw } from '../../../operations/draw/draw.ts';
import { confirmedField } from '../../../html/confirm.ts';
import { actorOfRequest as actorOf } from '../../plugins/access.ts';
import { answerWithin } from '../../plugins/uploads.ts';
import { sendLive } from '../live.ts';
import type { PageProblem } from '../page-view.ts';
import { attempt, contextOf, formOf, param, placeOf, sayDone, textOf, type PagesOptions } from '../pages.ts';
import { confirmDrawPage, drawPage } from './draw-view.ts';

const base = '/campaigns/:campaign/counties/:county';

export async function drawPages(app: FastifyInstance, { deps }: PagesOptions): Promise<void> {
  const here = (request: FastifyRequest) =>
    `/staff/campaigns/${param(request, 'campaign')}/counties/${param(request, 'county')}`;

  async function showDraw(request: FastifyRequest, reply: FastifyReply, dice: string, problem?: PageProblem) {
    const { campaign, id, code } = await placeOf(deps, request);
    const { county, sampling, reporting } = await viewDraw(deps, actorOf(request), id, code);
    return drawPage(contextOf(request, reply), {
      campaign,
      county,
      dice,
      script: app.assets.href('live.js'),
      percent: await readDrawPercent(deps, id, code),
      view: {
        root: county.frame && toHex(county.frame.root),
        frozenAt: county.frame && county.frame.frozenAt,
        draw: county.draw && { ...county.draw, seed: toHex(county.draw.seed) },
        sampling,
        reporting,
      },
      ...(problem && { problem }),
    });
  }
  /** A large roll takes time; the following page shows the progress of the draw. */
  async function begin(request: FastifyRequest, done: Promise<unknown>): Promise<void> {
    let isAnswered = false;
    done.catch((err: unknown) => {
      // Before that, the page says it.
      if (isAnswered) deps.log.error({ err, url: request.url }, 'draw.failed');
    });
    await answerWithin({ received: Promise.resolve(), done });
    isAnswered = true;
    const { county } = await placeOf(deps, request);
    if (county.frameState === 'drawn') sayDone(request, 'staff.done.draw');
  }
  app.get(`${base}/draw/live`, { config: { who: 'draw.view' } }, async (request, reply) => {
    const { id, code } = await placeOf(deps, request);
    return sendLive(reply, async () => {
      const percent = await readDrawPercent(deps, id, code);
      return { percent: percent ?? 100, text: request.page.t('staff.draw.running'), done: percent === null };
    });
  });
  app.get(`${base}/draw`, { config: { who: 'draw.view' } }, async (request, reply) =>
    reply.html(await showDraw(request, reply, '')),
  );
  app.post(`${base}/draw`, { config: { who: 'draw.seed' } }, async (request, reply) => {
    const form = formOf(request);
    const dice = textOf(form, 'dice');
    return attempt(
      reply,
      async () => {
        const { campaign, county, id, code } = await placeOf(deps, request);
        if (form[confirmedField] === undefined && county.frameState === 'frozen') {
          // A confirmation with the dice: there is only one draw.
          readDice(dice);
          return confirmDrawPage(contextOf(request, reply), {
            campaign,
            county,
            dice,
            isAsked: form['asked'] !== undefined,
          });
        }
        await begin(request, drawSample(deps, actorOf(request), id, code, dice));
        return `${here(request)}/draw`;
      },
      (problem) => showDraw(request, reply, dice, problem),
    );
  });
  app.post(`${base}/draw/resume`, { config: { who: 'draw.resume' } }, async (request, reply) =>
    attempt(
      reply,
      async () => {
        const { id, code } = await placeOf(deps, request);
        await begin(request, resumeDraw(deps, actorOf(request), id, code));
        return `${here(request)}/draw`;
      },
      (problem) => showDraw(request, reply, '', problem),
    ),
  );
}
