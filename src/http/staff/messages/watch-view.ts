/** Scheduled sendings and their results: states over time, by stratum and channel, failures by reason. */
import { formatYuan } from '../../../domain/messaging/cost.ts';
import { sendingCommands, mayCommand } from '../../../domain/messaging/decide-sending.ts';
import { isSettled, messageStates, type MessageState } from '../../../domain/messaging/outbox.ts';
import type { MessageCount, SendingState } from '../../../domain/model/sending.ts';
import type { ReportingStratum } from '../../../domain/frame/strata.ts';
import { actionForm, field, postForm } from '../../../html/form.ts';
import { html, type Content, type Html } from '../../../html/html.ts';
import { pagedTable } from '../../../html/paging.ts';
import {
  alertBox,
  card,
  emptyState,
  facts,
  grid,
  liveHead,
  progressBar,
  tag,
  type Tone,
} from '../../../html/parts.ts';
import { smsBubble } from '../../../html/sms.ts';
import { formatCount, table } from '../../../html/table.ts';
import type { WatchedSending } from '../../../operations/message/schedule.ts';
import { stratumName, type Of } from '../fieldwork/shared-view.ts';
import { countyFrame, countyPath } from '../frame-view.ts';
import { timeTag, type StaffContext } from '../page-view.ts';
import { channelName, sendingPath } from './compose-view.ts';

export const tones: Readonly<Record<SendingState, Tone>> = {
  planned: 'neutral',
  filling: 'ok',
  running: 'ok',
  paused: 'warn',
  stopping: 'warn',
  finished: 'ok',
  cancelled: 'bad',
};

/** Messages by state. */
function tally(counts: readonly MessageCount[]): ReadonlyMap<MessageState, number> {
  const by = new Map<MessageState, number>();
  for (const { state, messages } of counts) by.set(state, (by.get(state) ?? 0) + messages);
  return by;
}
export const sumOf = (by: ReadonlyMap<MessageState, number>, ...states: readonly MessageState[]) =>
  states.reduce((n, s) => n + (by.get(s) ?? 0), 0);

export const waiting = ['queued', 'sending'] as const;
/** Submitted to the gateway, and not reported as lost. */
export const taken = ['sent', 'delivered'] as const;
export const lost = ['failed', 'wrong-number', 'opted-out', 'expired'] as const;

/** Share of finished messages; null: unknown or hidden. */
export function percentOf(s: WatchedSending): number | null {
  if (s.counts === null || s.audience === null) return null;
  const all = s.counts.reduce((n, c) => n + c.messages, 0);
  const settled = s.counts.filter((c) => isSettled(c.state)).reduce((n, c) => n + c.messages, 0);
  return all === 0 ? 100 : (settled / all) * 100;
}

const isBusy = (s: WatchedSending) =>
  s.state === 'filling' || s.state === 'running' || s.state === 'stopping';

export function sendingsPage(
  c: StaffContext,
  o: Of & {
    readonly sendings: readonly WatchedSending[];
    readonly hasChannel: boolean;
    /** Numbers on the do-not-contact list; null: not for this reader. */
    readonly barred: number | null;
    /** null: not for this reader. */
    readonly replies: { readonly optOuts: number; readonly others: number } | null;
    readonly isDemo: boolean;
  },
): Html {
  const { t } = c.page;
  const base = sendingPath(o.campaign.id, o.county.code);
  const maySend = c.may('messages.send');
  const isOpen = o.campaign.state === 'open';
  return countyFrame(c, o, {
    title: t('staff.page.sending'),
    tab: 'sending',
    problem: o.problem,
    cards: true,
    body: html`${
      maySend &&
      !o.hasChannel &&
      alertBox(
        'warn',
        t('sending.none.word'),
        html`${t('sending.none.about')}${t('sentence.gap')}<a
            href="${countyPath(o.campaign.id, o.county.code)}/messages"
            >${t('staff.page.messages')}</a
          >`,
      )
    }${grid(
      card({
        title: t('sending.list'),
        aside:
          maySend &&
          o.hasChannel &&
          isOpen &&
          html`<a class="button" href="${base}/new">${t('sending.compose')}</a>`,
        body:
          o.sendings.length === 0
            ? emptyState(
                t('sending.list.none'),
                html`<p>${t(maySend ? 'sending.list.about' : 'sending.list.bound')}</p>`,
              )
            : html`<p class="quiet">${t(maySend ? 'sending.list.about' : 'sending.list.bound')}</p>
                ${sendingTable(c, o.sendings, base)}`,
      }),
      // Phones show codes, which no account bound to a county may see.
      o.isDemo &&
        maySend &&
        card({
          title: t('sending.demo'),
          body: html`<p>${t('sending.demo.about')}</p>
            <p><a href="/demo/phones">${t('sending.demo.open')}</a></p>`,
        }),
      maySend &&
        o.barred !== null &&
        card({
          title: t('sending.barred'),
          body: html`<p class="quiet">${t('sending.barred.about', { numbers: formatCount(o.barred) })}</p>
            ${
              o.replies !== null &&
              o.replies.optOuts + o.replies.others > 0 &&
              html`<p class="quiet">
                ${t('sending.replies', {
                  count: formatCount(o.replies.optOuts + o.replies.others),
                  optOuts: formatCount(o.replies.optOuts),
                  others: formatCount(o.replies.others),
                })}
              </p>`
            }
            ${postForm(
              c,
              { action: `${base}/barred`, narrow: true, problem: o.problem },
              (refused) =>
                html`${field(
                    c,
                    {
                      name: 'phone',
                      type: 'tel',
                      label: t('sending.barred.phone'),
                      extra: { autocomplete: 'off' },
                    },
                    refused,
                  )}<button name="bar" value="yes">${t('sending.barred.add')}</button>
                  <button class="secondary" name="bar" value="no">${t('sending.barred.remove')}</button>`,
            )}`,
        }),
    )}`,
  });
}

function sendingTable(c: StaffContext, sendings: readonly WatchedSending[], base: string): Html {
  const { t } = c.page;
  return pagedTable(c, {
    caption: t('sending.list'),
    path: base,
    stack: true,
    columns: [
      { text: t('sending.column.what') },
      { text: t('sending.column.when') },
      { text: t('sending.channel') },
      { text: t('sending.column.state') },
      { text: t('sending.column.contacts'), number: true },
      { text: t('sending.column.taken'), number: true },
      { text: t('sending.column.delivered'), number: true },
      { text: t('sending.column.lost'), number: true },
    ],
    items: sendings,
    row: (s): readonly Content[] => {
      const by = s.counts && tally(s.counts);
      const shown = (...states: readonly MessageState[]) =>
        by === null ? t('sending.hidden') : formatCount(sumOf(by, ...states));
      return [
        html`<a href="${base}/${s.no}">${t(`sending.kind.${s.kind}`)}</a>`,
        timeTag(s.startedAt ?? s.dueAt),
        channelName(c, s.channel),
        tag(tones[s.state], t(`sending.state.${s.state}`)),
        s.contacts === null ? '–' : formatCount(s.contacts),
        shown(...taken),
        shown('delivered'),
        shown(...lost),
      ];
    },
  });
}

export function sendingPage(
  c: StaffContext,
  o: Of & {
    readonly sending: WatchedSending;
    readonly isDetailed: boolean;
    readonly reporting: readonly ReportingStratum[];
    readonly text: string;
    readonly address: string;
    readonly script: string;
  },
): Html {
  const { t } = c.page;
  const { sending: s } = o;
  const base = sendingPath(o.campaign.id, o.county.code);
  const here = `${base}/${s.no}`;
  const percent = percentOf(s);
  const segments = s.counts?.reduce((n, x) => n + x.segments, 0) ?? 0;
  const repeats = s.counts?.reduce((n, x) => n + x.repeats, 0) ?? 0;
  const commands =
    c.may('messages.send') && o.campaign.state === 'open'
      ? sendingCommands.filter((command) => mayCommand(s.state, command))
      : [];
  return countyFrame(c, o, {
    title: t(`sending.kind.${s.kind}`),
    tab: 'sending',
    under: [{ href: base, text: t('staff.page.sending') }],
    problem: o.problem,
    cards: true,
    head: isBusy(s) && liveHead(o.script, 5),
    body: grid(
      card({
        title: t('sending.progress'),
        aside: tag(tones[s.state], t(`sending.state.${s.state}`)),
        body: html`${
          s.startedAt !== null &&
          percent !== null &&
          progressBar({
            label: t(`sending.state.${s.state}`),
            percent,
            text: progressText(c, s),
            live: isBusy(s) ? `${here}/live` : undefined,
          })
        }${facts([
          [t('sending.channel'), channelName(c, s.channel)],
          [t('sending.column.when'), timeTag(s.dueAt)],
          s.startedAt !== null && [t('sending.started'), timeTag(s.startedAt)],
          s.endedAt !== null && [t('sending.ended'), timeTag(s.endedAt)],
          [t('sending.by'), html`${s.by} ${timeTag(s.at)}`],
          s.contacts !== null && [t('sending.column.contacts'), formatCount(s.contacts)],
          s.counts !== null && s.startedAt !== null && [t('sending.column.segments'), formatCount(segments)],
          s.counts !== null &&
            s.price !== null &&
            s.startedAt !== null && [
              t('sending.cost-so-far'),
              t('sending.yuan', { yuan: formatYuan(segments * s.price) }),
            ],
          repeats > 0 && [t('sending.repeats'), formatCount(repeats)],
        ])}${repeats > 0 && html`<p class="quiet">${t('sending.repeats.about')}</p>`}${
          s.counts === null && html`<p class="quiet">${t('sending.hidden.about')}</p>`
        }${
          commands.length > 0 &&
          html`<div class="acts">
            ${commands.map((command) =>
              actionForm(c, `${here}/${command}`, t(`sending.command.${command}`), {
                secondary: command !== 'resume',
              }),
            )}
          </div>`
        }`,
      }),
      card({ title: t('sending.text'), span: 6, body: smsBubble(o.text, o.address) }),
      s.counts !== null &&
        s.counts.length > 0 &&
        card({ title: t('sending.reasons'), span: 6, body: reasonTable(c, s.counts) }),
      o.isDetailed &&
        s.counts !== null &&
        s.counts.length > 0 && [
          card({ title: t('sending.by-day'), body: dayTable(c, s.counts) }),
          card({
            title: t('sending.by-stratum'),
            body: html`<p class="quiet">${t('sending.by-stratum.about')}</p>
              ${stratumTable(c, s, o.reporting)}`,
          }),
        ],
    ),
  });
}

export function progressText(c: Pick<StaffContext, 'page'>, s: WatchedSending): string {
  const by = tally(s.counts ?? []);
  return c.page.t('sending.progress.text', {
    waiting: formatCount(sumOf(by, ...waiting)),
    taken: formatCount(sumOf(by, ...taken)),
    delivered: formatCount(sumOf(by, 'delivered')),
    lost: formatCount(sumOf(by, ...lost)),
  });
}

/** States that occur, in their order. */
const occurring = (counts: readonly MessageCount[]) =>
  messageStates.filter((state) => counts.some((x) => x.state === state));

function stateColumns(c: StaffContext, states: readonly MessageState[]) {
  return states.map((state) => ({ text: c.page.t(`sending.message.${state}`), number: true }));
}

function reasonTable(c: StaffContext, counts: readonly MessageCount[]): Html {
  const { t } = c.page;
  const by = new Map<string, number>();
  for (const { state, reason, messages } of counts) {
    if (!(lost as readonly string[]).includes(state)) continue;
    const name = `${state} ${reason ?? ''}`;
    by.set(name, (by.get(name) ?? 0) + messages);
  }
  if (by.size === 0) return html`<p>${t('sending.reasons.none')}</p>`;
  return table({
    caption: t('sending.reasons'),
    columns: [
      { text: t('sending.column.state') },
      { text: t('sending.column.reason') },
      { text: t('sending.column.messages'), number: true },
    ],
    rows: [...by]
      .sort(([, a], [, b]) => b - a)
      .map(([name, messages]) => {
        const [state = '', reason = ''] = name.split(' ');
        return [
          t(`sending.message.${state}`),
          reason === '' ? '–' : t(`sending.reason.${reason}`),
          formatCount(messages),
        ];
      }),
  });
}

function dayTable(c: StaffContext, counts: readonly MessageCount[]): Html {
  const { t } = c.page;
  const states = occurring(counts);
  const days = [...new Set(counts.map((x) => x.day))].sort();
  return table({
    caption: t('sending.by-day'),
    columns: [{ text: t('sending.column.day') }, ...stateColumns(c, states)],
    rows: days.map((day) => {
      const by = tally(counts.filter((x) => x.day === day));
      return [day, ...states.map((state) => formatCount(by.get(state) ?? 0))];
    }),
  });
}

function stratumTable(c: StaffContext, s: WatchedSending, reporting: readonly ReportingStratum[]): Html {
  const { t } = c.page;
  const counts = s.counts ?? [];
  const states = occurring(counts);
  const contacts = new Map<number, number>();
  for (const a of s.audience ?? [])
    contacts.set(a.reportingStratum, (contacts.get(a.reportingStratum) ?? 0) + a.contacts);
  return pagedTable(c, {
    list: 'units',
    search: {
      label: t('list.find.unit'),
      textOf: ([no]) => {
        const stratum = reporting.find((r) => r.no === no);
        return stratum ? stratumName(c, stratum) : '';
      },
    },
    caption: t('sending.by-stratum'),
    columns: [
      { text: t('sending.column.stratum') },
      { text: t('staff.field.groups') },
      { text: t('sending.column.contacts'), number: true },
      ...stateColumns(c, states),
    ],
    items: [...contacts],
    row: ([no, n]) => {
      const stratum = reporting.find((r) => r.no === no);
      const by = tally(counts.filter((x) => x.reportingStratum === no));
      return [
        stratum ? stratumName(c, stratum) : '–',
        stratum ? t(`staff.group.${stratum.group}`) : '–',
        formatCount(n),
        ...states.map((state) => formatCount(by.get(state) ?? 0)),
      ];
    },
  });
}
