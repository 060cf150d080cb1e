/** Sending by the service itself: compose, check, schedule, watch. Long because each page has its form beside it. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '../../../domain/errors.ts';
import { may } from '../../../domain/campaign/permissions.ts';
import { sendingCommands } from '../../../domain/messaging/decide-sending.ts';
import { daytime, lastNoticeAt, narrowed, nextOpening } from '../../../domain/messaging/send-window.ts';
import { reminderGap } from '../../../domain/messaging/outbox.ts';
import { fillSms } from '../../../domain/messaging/sms-text.ts';
import type { SendingKind } from '../../../domain/model/sending.ts';
import { listExports } from '../../../operations/code/codes.ts';
import { countDoNotContact, setDoNotContact } from '../../../operations/message/numbers.ts';
import { viewCampaignSendings } from '../../../operations/message/overview.ts';
import { countReplies } from '../../../operations/message/replies.ts';
import {
  commandSending,
  listChannels,
  planSendings,
  previewTexts,
  scheduleSendings,
  sendTest,
  textKindOf,
  textKinds,
  viewSendings,
  type SendingRequest,
  type TextKind,
} from '../../../operations/message/schedule.ts';
import { messagingOf } from '../../../operations/message/settings.ts';
import { textValues } from '../../../operations/message/text.ts';
import { confirmation } from '../../../html/confirm.ts';
import { actorOfRequest } from '../../plugins/access.ts';
import { assertConfirmed } from '../confirmed.ts';
import { countyFrame } from '../frame-view.ts';
import { sendLive } from '../live.ts';
import type { PageProblem } from '../page-view.ts';
import {
  attempt,
  campaignOf,
  contextOf,
  formOf,
  fromLocal,
  param,
  placeOf,
  readNumber,
  sayDone,
  textOf,
  toLocal,
  type Form,
  type PagesOptions,
} from '../pages.ts';
import {
  composeFields,
  composePage,
  reviewPage,
  sendingPath,
  type ComposeField,
  type ComposeValues,
} from './compose-view.ts';
import { campaignSendingsPage } from './campaign-view.ts';
import { percentOf, progressText, sendingPage, sendingsPage } from './watch-view.ts';

const base = '/campaigns/:campaign/counties/:county/sending';
const hour = 3_600_000;
const send = { config: { who: 'messages.send' } } as const;
const view = { config: { who: 'messages.view' } } as const;

const followsInvitation: ReadonlySet<SendingKind> = new Set(['invitation', 'reminder', 'last-notice']);

export async function messagePages(app: FastifyInstance, { deps }: PagesOptions): Promise<void> {
  const actorOf = actorOfRequest;
  const here = (request: FastifyRequest) => sendingPath(param(request, 'campaign'), param(request, 'county'));

  function windowOf(channel: string) {
    const { channels, window } = messagingOf(deps);
    return narrowed(window, channels.find((c) => c.name === channel)?.capabilities.window);
  }

  /** The default of a survey: invite at the next opening, and send three reminders before the last notice. */
  async function suggested(request: FastifyRequest): Promise<ComposeValues> {
    const { campaign, id, code } = await placeOf(deps, request);
    const { sendings } = await viewSendings(deps, actorOf(request), id, code);
    const planned = sendings.filter((s) => s.state !== 'cancelled');
    const others = campaign.counties.filter((c) => c.code !== code);
    const scheduled = await Promise.all(others.map((c) => deps.storage.listSendings(id, c.code)));
    // One plan for all fits only if none has its own.
    const isFirst = planned.length === 0 && scheduled.every((list) => list.length === 0);
    const channel = listChannels(deps)[0]?.name ?? '';
    const window = daytime(windowOf(channel));
    // For reminded contacts, the invitation went another way: by a list of codes, or by letter. An invitation after a reminder is
    // refused.
    const isInvited = planned.some(({ kind }) => followsInvitation.has(kind));
    const nextHour = Math.ceil((deps.now() + 10 * 60_000) / hour) * hour;
    const first = nextOpening(window, nextHour);
    const latest = lastNoticeAt(window, campaign.closesAt) - reminderGap;
    const reminders: string[] = [];
    const known = planned.filter((s) => s.kind === 'reminder').length;
    for (let i = 0, at = first; i < 3 - known; i++) {
      at = nextOpening(window, at + reminderGap + 24 * hour);
      if (at > latest) break;
      reminders.push(toLocal(at));
    }
    return {
      ...{
        channel,
        signature: campaign.commissioner,
        scope: isFirst ? 'all' : 'county',
        perDay: '',
        price: '',
      },
      invitation: isInvited ? '' : toLocal(first),
      ...{ replacement: '', late: '' },
      ...{ reminder1: reminders[0] ?? '', reminder2: reminders[1] ?? '', reminder3: reminders[2] ?? '' },
      notice: planned.some((s) => s.kind === 'last-notice') ? '' : 'yes',
      ...{ 'text-invitation': '', 'text-reminder': '', 'text-notice': '' },
    };
  }

  const valuesOf = (form: Form): ComposeValues =>
    Object.fromEntries(composeFields.map((name) => [name, textOf(form, name).trim()])) as Record<
      ComposeField,
      string
    >;

  /** Position of each wave of the request in the form. */
  const timed: readonly (readonly [SendingKind, ComposeField])[] = [
    ['invitation', 'invitation'],
    ['replacement', 'replacement'],
    ['late', 'late'],
    ['reminder', 'reminder1'],
    ['reminder', 'reminder2'],
    ['reminder', 'reminder3'],
  ];

  function requestOf(
    place: Awaited<ReturnType<typeof placeOf>>,
    values: ComposeValues,
  ): { readonly asked: SendingRequest; readonly fields: readonly ComposeField[] } {
    const used = timed.filter(([, name]) => values[name] !== '');
    const waves = used.map(([kind, name]) => ({ kind, dueAt: fromLocal(values[name]) }));
    const number = (text: string, by: number) =>
      text === '' ? null : Math.round(readNumber(text) * by * 1e6) / 1e6;
    const texts: Partial<Record<TextKind, string>> = {};
    for (const kind of textKinds) if (values[`text-${kind}`] !== '') texts[kind] = values[`text-${kind}`];
    const isAll = values.scope === 'all' && place.campaign.counties.length > 1;
    return {
      fields: [...used.map(([, name]) => name), ...(values.notice === 'yes' ? (['notice'] as const) : [])],
      asked: {
        ...{ campaign: place.id, county: isAll ? null : place.code, channel: values.channel, texts },
        ...(values.signature !== '' && { signature: values.signature }),
        perDay: number(values.perDay, 1),
        price: number(values.price, 1000),
        waves: [
          ...waves,
          ...(values.notice === 'yes' ? [{ kind: 'last-notice' as const, dueAt: null }] : []),
        ],
      },
    };
  }

  /** Faults stand beside the fields of this form. */
  function inForm(problem: PageProblem, fields: readonly ComposeField[]): PageProblem {
    const issues = (problem.issues ?? []).map((issue) => {
      const wave = /^waves\[(\d+)\]/.exec(issue.path);
      if (wave) return { ...issue, path: fields[Number(wave[1])] ?? 'invitation' };
      if (issue.path === 'waves') return { ...issue, path: 'invitation' };
      const text = /^texts\.(\w+)$/.exec(issue.path);
      return text ? { ...issue, path: `text-${text[1]}` } : issue;
    });
    return { ...problem, issues };
  }

  async function showCompose(
    request: FastifyRequest,
    reply: FastifyReply,
    values: ComposeValues,
    problem?: PageProblem,
  ) {
    const { campaign, county, id, code } = await placeOf(deps, request);
    const exports = await listExports(deps, actorOf(request), id, code);
    const window = windowOf(values.channel);
    return composePage(contextOf(request, reply), {
      ...{ campaign, county, values, window },
      channels: listChannels(deps),
      noticeAt: lastNoticeAt(window, campaign.closesAt),
      counties: campaign.counties.length,
      wasExported: exports.some((e) => e.kind === 'invitation'),
      ...(problem && { problem }),
    });
  }

  async function showReview(
    request: FastifyRequest,
    reply: FastifyReply,
    values: ComposeValues,
    problem?: PageProblem,
    phone = '',
  ) {
    const place = await placeOf(deps, request);
    const { asked } = requestOf(place, values);
    const actor = actorOf(request);
    const kinds = [...new Set(asked.waves.map((w) => textKindOf(w.kind)))];
    const texts = await previewTexts(deps, actor, { ...asked, county: place.code }, kinds);
    return reviewPage(contextOf(request, reply), {
      ...{ campaign: place.campaign, county: place.county, values, texts, test: { phone } },
      channel: listChannels(deps).find((c) => c.name === values.channel)!,
      planned: await planSendings(deps, actor, asked),
      ...(problem && { problem }),
    });
  }

  async function showList(request: FastifyRequest, reply: FastifyReply, problem?: PageProblem) {
    const { id, code } = await placeOf(deps, request);
    const actor = actorOf(request);
    const { campaign, county, sendings } = await viewSendings(deps, actor, id, code);
    return sendingsPage(contextOf(request, reply), {
      ...{ campaign, county, sendings },
      hasChannel: listChannels(deps).length > 0,
      barred: may(actor, 'messages.send') ? await countDoNotContact(deps, actor) : null,
      replies: may(actor, 'messages.send') ? await countReplies(deps, actor) : null,
      isDemo: deps.phones !== undefined,
      ...(problem && { problem }),
    });
  }

  app.get('/campaigns/:campaign/sendings', view, async (request, reply) => {
    const { id } = await campaignOf(deps, request);
    const shown = await viewCampaignSendings(deps, actorOf(request), id);
    return reply.html(campaignSendingsPage(contextOf(request, reply), shown));
  });

  app.get(base, view, async (request, reply) => reply.html(await showList(request, reply)));

  app.get(`${base}/new`, send, async (request, reply) => {
    if (listChannels(deps).length === 0) return reply.redirect(here(request), 303);
    return reply.html(await showCompose(request, reply, await suggested(request)));
  });

  app.post(`${base}/new`, send, async (request, reply) => {
    const form = formOf(request);
    const values = valuesOf(form);
    if (form['edit'] !== undefined) return reply.html(await showCompose(request, reply, values));
    const { fields } = requestOf(await placeOf(deps, request), values);
    return attempt(
      reply,
      () => showReview(request, reply, values),
      (problem) => showCompose(request, reply, values, inForm(problem, fields)),
    );
  });

  app.post(base, send, async (request, reply) => {
    const form = formOf(request);
    const values = valuesOf(form);
    const place = await placeOf(deps, request);
    const { asked, fields } = requestOf(place, values);
    return attempt(
      reply,
      async () => {
        assertConfirmed(form);
        const made = await scheduleSendings(deps, actorOf(request), asked);
        sayDone(request, 'sending.done.scheduled', { waves: made.length });
        return here(request);
      },
      (problem) =>
        problem.message === 'staff.confirm.needed'
          ? showReview(request, reply, values, problem)
          : showCompose(request, reply, values, inForm(problem, fields)),
    );
  });

  app.post(`${base}/test`, send, async (request, reply) => {
    const form = formOf(request);
    const values = valuesOf(form);
    const phone = textOf(form, 'phone');
    const place = await placeOf(deps, request);
    const { asked } = requestOf(place, values);
    return attempt(
      reply,
      async () => {
        const kind = textKindOf(asked.waves[0]?.kind ?? 'invitation');
        const { to } = await sendTest(deps, actorOf(request), { ...asked, county: place.code, kind, phone });
        sayDone(request, 'sending.done.test', { to });
        return showReview(request, reply, values);
      },
      (problem) => showReview(request, reply, values, problem, phone),
    );
  });

  app.post(`${base}/barred`, send, async (request, reply) =>
    attempt(
      reply,
      async () => {
        const form = formOf(request);
        const isBarred = textOf(form, 'bar') !== 'no';
        await setDoNotContact(deps, actorOf(request), textOf(form, 'phone'), isBarred);
        sayDone(request, isBarred ? 'sending.done.barred' : 'sending.done.unbarred');
        return here(request);
      },
      (problem) => showList(request, reply, problem),
    ),
  );

  async function sendingOf(request: FastifyRequest) {
    const { id, code } = await placeOf(deps, request);
    const shown = await viewSendings(deps, actorOf(request), id, code);
    const sending = shown.sendings.find((s) => String(s.no) === param(request, 'no'));
    if (!sending) throw new AppError('not-found', 'sending.not-found');
    return { ...shown, sending, id, code };
  }

  async function showOne(request: FastifyRequest, reply: FastifyReply, problem?: PageProblem) {
    const { campaign, county, sending, isDetailed, id, code } = await sendingOf(request);
    const values = textValues(deps, campaign, county, sending.signature);
    return sendingPage(contextOf(request, reply), {
      ...{ campaign, county, sending, isDetailed },
      reporting: isDetailed ? (await deps.storage.readStrata(id, code)).reporting : [],
      text: fillSms(sending.template, values),
      address: values.address,
      script: app.assets.href('live.js'),
      ...(problem && { problem }),
    });
  }
  app.get(`${base}/:no`, view, async (request, reply) => reply.html(await showOne(request, reply)));
  app.get(`${base}/:no/live`, view, async (request, reply) => {
    await sendingOf(request);
    return sendLive(reply, async () => {
      const { sending } = await sendingOf(request);
      const isOver = sending.endedAt !== null || sending.state === 'paused' || sending.counts === null;
      return {
        percent: percentOf(sending),
        text: progressText({ page: request.page }, sending),
        done: isOver,
      };
    });
  });

  for (const command of sendingCommands)
    app.post(`${base}/:no/${command}`, send, async (request, reply) =>
      attempt(
        reply,
        async () => {
          const { sending, campaign, county, id, code } = await sendingOf(request);
          const form = formOf(request);
          // A sent message cannot be called back, and a cancelled one is not sent.
          if (command === 'cancel' && textOf(form, 'confirmed') !== 'yes') {
            const c = contextOf(request, reply);
            const { t } = c.page;
            const isAsked = form['asked'] !== undefined;
            return countyFrame(
              c,
              { campaign, county },
              {
                title: t('sending.cancel'),
                tab: 'sending',
                problem: isAsked
                  ? {
                      message: 'staff.confirm.needed',
                      issues: [{ path: 'confirmed', message: 'staff.confirm.unchecked' }],
                    }
                  : null,
                body: confirmation(c, {
                  action: `${here(request)}/${sending.no}/cancel`,
                  numbers: [t(`sending.kind.${sending.kind}`)],
                  consequence: t('sending.cancel.consequence'),
                  people: 1,
                  submit: t('sending.cancel.do'),
                  cancel: { href: `${here(request)}/${sending.no}`, text: t('staff.confirm.cancel') },
                  hidden: { asked: '1' },
                }),
              },
            );
          }
          await commandSending(deps, actorOf(request), id, code, sending.no, command);
          sayDone(request, `sending.done.${command}`);
          return `${here(request)}/${sending.no}`;
        },
        (problem) => showOne(request, reply, problem),
      ),
    );
}
